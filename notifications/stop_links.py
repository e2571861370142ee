"""The link in a message that ends such messages; it names the message, so no address stands in it."""

from django.conf import settings

from logistics_portal.kernel import tokens

from . import kinds
from .channels.base import Channel
from .models import Message

PURPOSE = "unsubscribe"
PATH = "/mail/stop"


def ways_to_stop(message: Message, channel: Channel) -> dict[str, object]:
    """The fact ``unsubscribe`` for a message's words and headers; nothing where it can't or needn't be ended."""
    if not channel.can_be_unsubscribed or kinds.of(message.kind).is_necessary:
        return {}
    return {"unsubscribe": f"{settings.BASE_URL}{PATH}/{tokens.make_token(PURPOSE, message.pk)}/"}
