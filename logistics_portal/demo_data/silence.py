"""Where the story's messages go wrong: a phone that is off, a slow provider. The demo's own phone never fails."""

from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from logistics_portal.kernel import work
from logistics_portal.kernel.models import Bell
from logistics_portal.kernel.state import transition
from notifications.models import MESSAGE_TRANSITIONS, Message

from .people import PEOPLE

AFTER_THE_STORY = timedelta(days=1000)
_OFF = PEOPLE[7].phone
_SLOW = PEOPLE[21].phone


def interfere() -> None:
    """Settle queued SMS to the phones that are off or slow before the demo's phone takes them; timers run on."""
    hold_timers()
    queued = Message.objects.filter(channel="sms", status=Message.Status.QUEUED, address__in=(_OFF, _SLOW))
    for message in queued.order_by("pk"):
        if message.address == _OFF:
            now = timezone.now()
            why = "Undeliverable: SMS: the handset can't be reached (30003)"
            changes = {"failed_at": now, "error_code": "30003", "last_error": why, "due_at": None, "attempts": 1}
            transition(message, Message.Status.FAILED, allowed=MESSAGE_TRANSITIONS, **changes)
        else:
            now = timezone.now()
            changes = {"sent_at": now, "done_at": now, "provider_id": f"demo-slow-{message.pk}"}
            transition(message, Message.Status.SENT, allowed=MESSAGE_TRANSITIONS, **changes)


def hold_timers() -> None:
    """Workers ask the server's clock what is due, which is ahead of the story's: what is to wait there, waits."""
    waiting = Message.objects.filter(status=Message.Status.QUEUED, attempts=0)
    waiting.filter(wanted_at__gt=timezone.now()).update(due_at=F("wanted_at") + AFTER_THE_STORY)
    waiting.filter(wanted_at__lte=timezone.now(), due_at__gt=F("wanted_at")).update(due_at=F("wanted_at"))


def free_timers() -> None:
    """The story is over: what still waits, waits by the server's clock."""
    waiting = Message.objects.filter(status=Message.Status.QUEUED, attempts=0, due_at__gt=F("wanted_at"))
    waiting.update(due_at=F("wanted_at"))


def hold_bells(now: datetime) -> None:
    """Have the bells count as rung for a while: nobody is there to hear them, and each ring would be written down."""
    Bell.objects.bulk_create((Bell(kind=kind) for kind in work.KINDS), ignore_conflicts=True)
    Bell.objects.update(rung_at=now + timedelta(days=1))


def forget_news() -> None:
    """Leave what is queued unwritten."""
    Message.objects.filter(status=Message.Status.QUEUED, attempts=0).delete()


def delay_one() -> None:
    """One message still waits for its provider when the story ends."""
    free_timers()
    last = Message.objects.filter(channel="sms", status=Message.Status.DELIVERED).order_by("-pk").first()
    if last is None:
        return
    copied = ("merchant_id", "order_id", "kind", "subject_id", "channel", "address", "language")
    Message.objects.create(
        fact=f"{last.fact}:again-1",
        due_at=timezone.now() + timedelta(hours=1),
        attempts=2,
        last_error="TryLater: SMS: Twilio did not take the message (20429)",
        **{name: getattr(last, name) for name in copied},
    )
