"""How people are reached: the channels, their settings, and the addresses that each of them knows of a person."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings

from logistics_portal.kernel.discover import discover

from ..channels.base import Channel, Config
from ..models import Message
from .telling import Telling

CHANNELS: dict[str, Channel] = discover("notifications.channels", "Channel")


class AddressBook(Protocol):
    """Where a channel's addresses are kept, for channels that are reached neither by number nor by mailbox.

    ``addresses`` and ``targets`` get many rows and ask the database a fixed number of times. An address has up to 254
    characters.
    """

    def addresses(self, tellings: Sequence[Telling]) -> Sequence[Sequence[str]]:
        """The addresses of each telling's person, in the order of ``tellings``; none where they have none."""

    def held_by(self, number: str) -> Mapping[str, str]:
        """Every address that the holder of a number (E.164) has, and what they know it by."""

    def targets(self, messages: Sequence[Message]) -> Mapping[UUID, Mapping[str, Any]]:
        """By message, what the channel's client needs to reach the address (`Outgoing.target`), where there is any.

        Called in the transaction in which the messages are gathered for sending, in one batch.
        """

    def forget(self, address: str) -> None:
        """Nothing arrives at an address any more. Called in a transaction."""

    def renew_access(self, target: Mapping[str, Any]) -> None:
        """The provider did not take the token in a target that `targets` gave. Called in a transaction."""


# By channel. A channel that has a book registers it here when its app is ready: `BOOKS["push"] = PushBook()`.
BOOKS: dict[str, AddressBook] = {}


def addresses_of(tellings: Sequence[Telling], channel: str) -> list[tuple[str, ...]]:
    """Where each telling's person is reached over a channel, in the order of ``tellings``."""
    if book := BOOKS.get(channel):
        return [tuple(found) for found in book.addresses(tellings)]
    field = CHANNELS[channel].address_field
    return [(address,) if (address := getattr(telling.recipient, field)) else () for telling in tellings]


def config_of(channel: Channel) -> Config:
    return {name: getattr(settings, name) for name in channel.setting_names}


def is_shown_here(channel: Channel, config: Config) -> bool:
    """Whether the demo's own phone and mailbox stand in for the world: without an account only."""
    return settings.DEMO_INBOX and not channel.has_account(config)
