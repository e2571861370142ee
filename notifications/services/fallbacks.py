"""What one channel could not deliver goes out over the next."""

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone

from logistics_portal.kernel.bulk import insert_rows
from logistics_portal.kernel.work import ring

from ..models import Message

ON_ITS_WAY = (Message.Status.QUEUED, Message.Status.SENT, Message.Status.DELIVERED)


def fall_back(messages: Sequence[Message]) -> set[UUID]:
    """Queue each of ``messages``, which failed or may not go out, over its next channel.

    Returns the ids of those for which nobody has to act: they go on, or another address of the person's over the same
    channel has the news already.
    """
    trying = [message for message in messages if message.fallbacks]
    if not trying:
        return set()
    same_news = Message.objects.filter(fact__in={message.fact for message in trying}, status__in=ON_ITS_WAY)
    same_news = same_news.exclude(pk__in=[message.pk for message in messages])
    reached = set(same_news.values_list("fact", "channel"))
    going = [message for message in trying if (message.fact, message.channel) not in reached]
    rows = [row for message in going for row in _next(message)]
    if insert_rows(Message, rows, ignore_conflicts=True):
        ring(Message)
    return {message.pk for message in trying}


def _next(message: Message) -> list[Message]:
    now = timezone.now()
    channel = message.fallbacks[0][0]
    later = [pair for pair in message.fallbacks if pair[0] != channel]
    copied = ("merchant_id", "order_id", "kind", "subject_id", "fact", "language", "also_about", "is_urgent")
    return [
        Message(
            channel=channel,
            address=address,
            fallbacks=later,
            instead_of_id=message.pk,
            wanted_at=now,
            due_at=now,
            **{name: getattr(message, name) for name in copied},
        )
        for code, address in message.fallbacks
        if code == channel
    ]
