"""What a channel is: a client of one provider that carries a finished message to one address.

A channel knows no database, clock or settings: what it needs of the settings it names, and gets with every call. It has
no wording of its own either; a kind of message goes out over a channel when `templates/messages/<kind>/<code>.en.txt`
exists.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    sent_as: str = ""  # the merchant's own number, messaging service or name in SMS; "" for the portal's
    reply_to: str = ""
    kind: str = ""
    language: str = ""
    is_urgent: bool = False
    about: str = ""  # the row that it tells of: where a channel can do that, newer news of it replace the older
    link: str = ""  # what opens when it is tapped
    target: Mapping[str, str] = field(default_factory=dict)  # what the address stands for, where it names a row of ours
    facts: Mapping[str, str] = field(default_factory=dict)  # for channels that fill fields of a provider's own template
    unsubscribe: str = ""  # the link that ends such messages by one click; "" where they can't be ended


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
    is_dead: bool = False  # nothing can reach the address any more
    is_opt_out: bool = False  # its holder told the provider that they want no more messages
    address: str = ""  # whom it is about, where the provider says


@dataclass(frozen=True, slots=True)
class Call:
    """A provider's request to one of our doors, as it came in."""

    url: str  # in full, as the provider knows it: signatures are made over it
    headers: Mapping[str, str]
    body: bytes
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Inbound:
    """What somebody wrote to us."""

    provider_id: str
    address: str
    text: str
    written_to: tuple[str, ...] = ()  # our number and, where it is in one, our messaging service
    opt_out: str = ""  # "stop", "start" or "help" where the provider understood that, and answered it itself


class Undeliverable(GiveUp):
    """This message will never go out this way; ``code`` is the provider's own. Its text is logged: no address in it."""

    def __init__(self, code: object, why: str) -> None:
        super().__init__(f"{why} ({code})")
        self.code = str(code)


class DeadAddress(Undeliverable):
    """Nothing can reach this address: invalid, unreachable, or its holder wants no messages."""


class OptedOut(DeadAddress):
    """The holder of this address told the provider that they want no messages."""


class TryLater(Exception):
    """The provider didn't take the message now; the next try may succeed."""

    def __init__(self, code: object, why: str) -> None:
        super().__init__(f"{why} ({code})")
        self.code = str(code)


class StaleToken(TryLater):
    """The provider does not take the token that the address's book gave: the next try needs another one."""


class NotSigned(Exception):
    """A callback that the provider didn't sign."""


class Unreadable(Exception):
    """A provider's request that doesn't keep to its own format."""


Config = Mapping[str, str]


class Channel:
    """Base of every ``notifications/channels/<code>.py``: ``class Channel(base.Channel)``."""

    code: str  # set by discovery: the file's name
    label: str = ""  # what people call it
    address_field = ""  # which address of a recipient this channel uses: "phone", "email", "push" or "wechat"
    setting_names: tuple[str, ...] = ()  # the settings that make up its `Config`
    has_html = False
    can_be_unsubscribed = False  # whether its messages carry a link that ends them
    can_find = False  # whether `find` can tell what the provider took already
    rings = True  # whether it may wake its receiver: such messages keep to quiet hours
    is_paid = False  # whether each message costs money: such messages keep to a budget

    def has_account(self, config: Config) -> bool:
        """Whether messages can leave the house; without an account the demo shows them itself."""
        raise NotImplementedError

    def parts(self, text: str) -> int:
        """How many parts of a text the provider bills; 0 where it bills none."""
        return 0

    def send(self, outgoing: Outgoing, config: Config) -> Sent:
        """Hand the message to the provider.

        Raises:
            Undeliverable: trying again is useless.
            TryLater: it was not taken; any other exception means that too, or that nobody knows.
        """
        raise NotImplementedError

    def for_demo(self, outgoing: Outgoing) -> str:
        """What the demo shows of a message besides its subject."""
        return outgoing.text

    def find(self, outgoing: Outgoing, config: Config, *, since: datetime) -> list[Sent]:
        """What the provider took since then that looks just like ``outgoing``: asked before a try is repeated."""
        return []

    def read_callback(self, url: str, form: Mapping[str, str], signature: str, config: Config) -> Callback:
        """What a provider's callback says.

        Raises:
            NotSigned: it wasn't the provider.
        """
        raise NotSigned(f"{self.code} takes no callbacks")

    def read_inbound(self, url: str, form: Mapping[str, str], signature: str, config: Config) -> Inbound:
        """What somebody wrote to us over this channel.

        Raises:
            NotSigned: it wasn't the provider.
        """
        raise NotSigned(f"{self.code} takes no messages")

    def read_events(self, provider: str, call: Call, config: Config) -> list[Callback]:
        """What one of several providers tells of messages, many in one request.

        Raises:
            NotSigned: it wasn't the provider, or we use another.
            Unreadable: it was, and it can't be read.
        """
        raise NotSigned(f"{self.code} takes no events")
