"""What people want to hear and how, and the addresses that are not written to."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

import customers.services
from customers.models import PhoneNumber

from .. import kinds
from ..models import ChannelOrder, ClosedAddress, Preference
from .reach import BOOKS, CHANNELS

SMS, EMAIL = "sms", "email"
WHY_MAX = 200
Reason = ClosedAddress.Reason


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked for of some numbers and addresses, read at once; see `wishes_of`."""

    closed: dict[tuple[str, str], set[str]] = field(default_factory=dict)  # (channel, address) → reasons
    preferences: dict[tuple[str, str, str], bool] = field(default_factory=dict)  # (number, channel, kind)
    orders: dict[str, tuple[str, ...]] = field(default_factory=dict)  # number → channels

    def may_write(self, channel: str, address: str, kind: str) -> bool:
        """Whether a message of this kind may go to an address. What the law or a person's own act asks for may."""
        reasons = self.closed.get((channel, _plain(channel, address)), set())
        return not reasons or kinds.of(kind).is_necessary

    def is_wanted(self, number: str, channel: str, kind: str) -> bool:
        """Whether the holder of a number wants this kind over this channel: unless they said otherwise."""
        if kinds.of(kind).is_necessary:
            return True
        general = self.preferences.get((number, channel, ""), True)
        return self.preferences.get((number, channel, kind), general)

    def in_order(self, number: str, channels: Sequence[str]) -> list[str]:
        """``channels``, those first that the holder of the number wants tried first."""
        first = [channel for channel in self.orders.get(number, ()) if channel in channels]
        return first + [channel for channel in channels if channel not in first]


def wishes_of(numbers: Collection[str], addresses: Collection[str]) -> Wishes:
    """What holders of ``numbers`` asked for, and which of ``addresses`` are closed; a statement a table."""
    wishes = Wishes()
    asked = {*addresses, *(address.lower() for address in addresses)}
    for row in ClosedAddress.objects.standing().filter(address__in=asked):
        wishes.closed.setdefault((row.channel, row.address), set()).add(row.reason)
    if numbers:
        for wish in Preference.objects.filter(number__in=list(numbers)):
            wishes.preferences[(str(wish.number), wish.channel, wish.kind)] = wish.is_wanted
        for chosen in ChannelOrder.objects.filter(number__in=list(numbers)):
            wishes.orders[str(chosen.number)] = tuple(chosen.channels)
    return wishes


def stop_messages(*, number: str, why: str = "") -> None:
    """The holder of ``number`` (E.164) wants no SMS any more; codes that they ask for still come."""
    _close(SMS, number, Reason.STOPPED, why)


def start_messages(*, number: str) -> None:
    """The holder of ``number`` (E.164) wants SMS again."""
    _open(SMS, number, (Reason.STOPPED,))


def stop_email(*, address: str, why: str = "") -> None:
    """The holder of an email address wants no mail any more."""
    _close(EMAIL, _plain(EMAIL, address), Reason.STOPPED, why)


def start_email(*, address: str) -> None:
    _open(EMAIL, _plain(EMAIL, address), (Reason.STOPPED,))


def stop_address(*, channel: str, address: str, why: str = "") -> None:
    """The holder of an address told a provider that they want no messages there any more."""
    _close(channel, _plain(channel, address), Reason.STOPPED, why)


def mark_address_dead(*, channel: str, address: str, why: str = "") -> None:
    """Nothing arrives at ``address``: it is not written to any more until it is revived. A number is doubted, too."""
    with transaction.atomic():
        _close(channel, _plain(channel, address), Reason.DEAD, why)
        if book := BOOKS.get(channel):
            book.forget(address)
        if CHANNELS[channel].address_field == "phone":
            customers.services.doubt_number(number=address, reason=PhoneNumber.Doubt.BOUNCED)


def revive_address(*, channel: str, address: str) -> None:
    """The address is written to again: something arrived there, its holder proved it, or staff say so."""
    _open(channel, _plain(channel, address), (Reason.DEAD,))


def reopen_address(*, closed: ClosedAddress) -> None:
    """Staff were asked by the holder to write to an address again."""
    _open(closed.channel, closed.address, (closed.reason,))


def is_stopped(*, number: str) -> bool:
    """Whether the holder of ``number`` (E.164) said that they want no SMS."""
    return ClosedAddress.objects.standing().filter(channel=SMS, address=number, reason=Reason.STOPPED).exists()


def set_preference(*, number: str, channel: str, kind: str = "", is_wanted: bool) -> None:
    """What the holder of ``number`` (E.164) wants over a channel; ``kind`` "" stands for every kind.

    Raises:
        KeyError: there is no such channel or kind.
    """
    code = CHANNELS[channel].code
    named = kinds.of(kind).code if kind else ""
    Preference.objects.update_or_create(
        number=number, channel=code, kind=named, defaults={"is_wanted": is_wanted, "set_at": timezone.now()}
    )


def set_channel_order(*, number: str, channels: Iterable[str]) -> None:
    """Which channels the holder of ``number`` (E.164) wants tried first.

    Raises:
        KeyError: there is no such channel.
    """
    wanted = list(dict.fromkeys(CHANNELS[channel].code for channel in channels))
    ChannelOrder.objects.update_or_create(number=number, defaults={"channels": wanted, "set_at": timezone.now()})


def _close(channel: str, address: str, reason: Reason, why: str) -> None:
    ClosedAddress.objects.bulk_create(
        [ClosedAddress(channel=channel, address=address, reason=reason, why=why[:WHY_MAX])], ignore_conflicts=True
    )


def _open(channel: str, address: str, reasons: Iterable[str]) -> None:
    standing = ClosedAddress.objects.standing().filter(channel=channel, address=address, reason__in=list(reasons))
    standing.update(reopened_at=timezone.now())


def _plain(channel: str, address: str) -> str:
    """An email address as it is compared: people and providers write it in any case."""
    return address.strip().lower() if channel == EMAIL else address
