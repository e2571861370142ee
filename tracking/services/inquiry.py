"""One question at once, because a person wants to see the answer."""

from django.utils import timezone

from logistics_portal.kernel.calls import call_one
from logistics_portal.kernel.work import KINDS

from ..models import Parcel, Poll
from .asking import Inquiry, Reply
from .polls import UnableToAsk, ask_now, poll_of


def ask_about(*, parcel: Parcel) -> tuple[Inquiry, Reply]:
    """Ask a parcel's carrier at once, out of turn but not more often than it allows; the answer is kept and read.

    Raises:
        UnableToAsk: no account may ask, the carrier allows for this number only later, or a worker is at it.
    """
    poll = poll_of(parcel)
    soonest = ask_now(poll=poll)
    if soonest > timezone.now():
        raise UnableToAsk(f"The carrier allows the next question about {parcel} at {soonest:%Y-%m-%d %H:%M} UTC.")
    result = call_one(KINDS[Poll._meta.label_lower], poll.pk)
    if result is None:
        raise UnableToAsk("A worker asks about it already, or its account has no turn left: see its questions.")
    return result.errand.task, result.answer
