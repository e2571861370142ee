"""What a channel is: a client of one provider that carries a finished message to one address.

A channel knows no database, clock or settings: what it needs of the settings it names, and gets with every call. It has
no wording of its own either; a kind of message goes out over a channel when `templates/messages/<kind>/<code>.en.txt`
exists.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from logistics_portal.kernel.work import GiveUp


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message ready to go. ``idempotency_key`` is the same at every try of one message."""

    address: str
    text: str
    idempotency_key: str
    subject: str = ""
    html: str = ""
    sender: str = ""  # the name the receiver knows: the merchant's
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took the message, and calls it ``provider_id`` from here on."""

    provider_id: str


class Outcome(StrEnum):
    """What a provider's word about a message means to us."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Callback:
    """What a provider told of a message afterwards; ``idempotency_key`` when it repeats ours."""

    provider_id: str
    status: str
    outcome: Outcome
    error_code: str = ""
    why: str = ""  # what the error code means, where it is known
    idempotency_key: str = ""
    content: Mapping[str, str] | None = None


class Undeliverable(GiveUp):
    """This message will never go out this way; ``code`` is the provider's own. Its text is logged: no address in it."""

    def __init__(self, code: object, why: str) -> None:
        super().__init__(f"{why} ({code})")
        self.code = str(code)


class DeadAddress(Undeliverable):
    """Nothing can reach this address: invalid, unreachable, or its holder wants no messages."""


class TryLater(Exception):
    """The provider didn't take the message now; the next try may succeed."""

    def __init__(self, code: object, why: str) -> None:
        super().__init__(f"{why} ({code})")
        self.code = str(code)


class NotSigned(Exception):
    """A callback that the provider didn't sign."""


Config = Mapping[str, str]


class Channel:
    """Base of every ``notifications/channels/<code>.py``: ``class Channel(base.Channel)``."""

    code: str  # set by discovery: the file's name
    address_field = ""  # which address of a recipient this channel uses: "phone" or "email"
    setting_names: tuple[str, ...] = ()  # the settings that make up its `Config`
    has_html = False
    can_find = False  # whether `find` can tell what the provider took already

    def has_account(self, config: Config) -> bool:
        """Whether messages can leave the house; without an account the demo shows them itself."""
        raise NotImplementedError

    def send(self, outgoing: Outgoing, config: Config) -> Sent:
        """Hand the message to the provider.

        Raises:
            Undeliverable: trying again is useless.
            TryLater: it was not taken; any other exception means that too, or that nobody knows.
        """
        raise NotImplementedError

    def find(self, outgoing: Outgoing, config: Config, *, since: datetime) -> list[Sent]:
        """What the provider took since then that looks just like ``outgoing``: asked before a try is repeated."""
        return []

    def read_callback(self, url: str, form: Mapping[str, str], signature: str, config: Config) -> Callback:
        """What a provider's callback says.

        Raises:
            NotSigned: it wasn't the provider.
        """
        raise NotSigned(f"{self.code} takes no callbacks")
