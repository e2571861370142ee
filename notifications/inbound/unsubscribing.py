"""The link in a mail that ends such mails: by one click of the mail program (RFC 8058), or on a page that asks first.

The link names the message that it came in, so no address stands in it, and whoever forwards a mail forwards no more
than the way to end these mails.
"""

from logistics_portal.kernel import tokens

from .. import services
from ..models import ClosedAddress, Message
from ..stop_links import PURPOSE


def message_of(token: str) -> Message | None:
    """The message that a link came in; None for a link that the portal didn't make."""
    message_id = tokens.read_token(token)
    if message_id is None or not tokens.token_holds(PURPOSE, token, message_id):
        return None
    return Message.objects.select_related("merchant__brand").filter(pk=message_id, channel="email").first()


def unsubscribe(*, message: Message) -> None:
    """Send no more mails to the address of this one, but what is necessary."""
    services.stop_email(address=message.address, why=PURPOSE)


def subscribe_again(*, message: Message) -> None:
    """Take `unsubscribe` back."""
    services.start_email(address=message.address)


def is_unsubscribed(message: Message) -> bool:
    standing = ClosedAddress.objects.standing().filter(channel=message.channel, address=message.address.lower())
    return standing.filter(reason=ClosedAddress.Reason.STOPPED).exists()
