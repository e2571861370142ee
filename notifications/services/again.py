"""Messages that failed are sent once more."""

from django.db import transaction
from django.utils import timezone

from logistics_portal.kernel.errors import DomainError
from logistics_portal.kernel.work import ring

from ..models import Message


class UnableToResend(DomainError):
    """Only a message that failed may be sent again."""

    code = "not_failed"


@transaction.atomic
def resend(*, message: Message) -> Message:
    """Send a failed message's news once more, as a new message: what happened to the first one stays on record.

    Raises:
        UnableToResend: it didn't fail.
    """
    row = Message.objects.select_for_update().get(pk=message.pk)
    if row.status != Message.Status.FAILED:
        raise UnableToResend("Only a message that failed can be sent again.")
    again = Message.objects.filter(fact__startswith=row.fact, channel=row.channel, address=row.address).count()
    copied = ("merchant_id", "order_id", "kind", "subject_id", "channel", "address", "language", "is_urgent")
    copy = Message.objects.create(fact=f"{row.fact}:again-{again}", **{name: getattr(row, name) for name in copied})
    Message.objects.filter(pk=row.pk, done_at__isnull=True).update(done_at=timezone.now(), due_at=None)
    ring(Message)
    return copy
