"""Messages are queued for facts: one a fact, channel and address."""

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from logistics_portal.kernel.work import ring

from .. import words
from ..channels.base import Channel
from ..models import Message
from .delegates import with_delegates
from .reach import CHANNELS
from .telling import Telling

FIRST = timedelta(days=1)  # urgent messages are due since long before the others, so they are claimed first


def queue_messages(tellings: Iterable[Telling]) -> None:
    """Queue one message a fact, channel and address, for customers and for who receives in their place.

    What is queued already stays as it is.
    """
    messages = [
        message
        for telling in with_delegates(tellings)
        for channel in CHANNELS.values()
        for message in _messages(telling, channel)
    ]
    if messages:
        Message.objects.bulk_create(messages, ignore_conflicts=True)
        ring(Message)


def _messages(telling: Telling, channel: Channel) -> list[Message]:
    to = telling.recipient
    address = getattr(to, channel.address_field)
    if not address or not words.is_told(telling.kind, channel.code):
        return []
    now = timezone.now()
    return [
        Message(
            merchant_id=to.merchant_id,
            order_id=to.order_id,
            kind=telling.kind,
            subject_id=telling.subject_id,
            fact=telling.fact,
            channel=channel.code,
            address=address,
            language=words.spoken(to.language),
            queued_at=now,
            due_at=now - FIRST if telling.is_urgent else now,
        )
    ]
