"""What people want to hear and how, and the addresses that are not written to."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import customers.services
from customers.models import PhoneNumber
from logistics_portal.kernel import tokens
from logistics_portal.kernel.errors import NotFound
from logistics_portal.kernel.limits import Limit, spend

from .. import groups, kinds
from ..models import ChannelOrder, ClosedAddress, PassedChoice, Preference
from ..stop_links import PURPOSE
from .reach import BOOKS, CHANNELS

SMS, EMAIL = "sms", "email"
WHY_MAX = 200
TURNED_ON_A_DAY = Limit("address-turned-on", 5, 24 * 3600)  # else two people could quarrel about a mailbox for ever
Reason = ClosedAddress.Reason


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked for of some numbers and addresses, read at once; see `wishes_of`."""

    closed: dict[tuple[str, str], set[str]] = field(default_factory=dict)  # (channel, address) → reasons
    preferences: dict[tuple[str, str, str], bool] = field(default_factory=dict)  # (number, channel, kind or group)
    orders: dict[str, tuple[str, ...]] = field(default_factory=dict)  # number → channels
    passed_off: set[tuple[UUID, str, str, str]] = field(default_factory=set)  # (merchant, number, channel, group)

    def may_write(self, channel: str, address: str, kind: str) -> bool:
        """Whether a message of this kind may go to an address. What the law or a person's own act asks for may."""
        reasons = self.closed.get((channel, _plain(channel, address)), set())
        return not reasons or kinds.of(kind).is_necessary

    def is_wanted(self, number: str, channel: str, kind: str) -> bool:
        """Whether the holder of a number wants this kind over this channel: unless they said otherwise."""
        if kinds.of(kind).is_necessary:
            return True
        asked = (kind, groups.GROUP_OF.get(kind, ""), "")
        said = (self.preferences.get((number, channel, name)) for name in asked)
        return next((answer for answer in said if answer is not None), True)

    def is_passed_off(self, merchant_id: UUID | None, number: str, channel: str, kind: str) -> bool:
        """Whether a merchant passed on that the holder of a number doesn't want this kind of it over this channel."""
        return (merchant_id, number, channel, groups.GROUP_OF.get(kind, "")) in self.passed_off

    def wants_some(self, number: str, channel: str, group: groups.Group) -> bool:
        """Whether they want any kind of a group over this channel."""
        return any(self.is_wanted(number, channel, kind) for kind in group.kinds)

    def in_order(self, number: str, channels: Sequence[str]) -> list[str]:
        """``channels``, those first that the holder of the number wants tried first."""
        first = [channel for channel in self.orders.get(number, ()) if channel in channels]
        return first + [channel for channel in channels if channel not in first]


@dataclass(frozen=True, slots=True)
class Changed:
    """What somebody's choices turned on and off: pairs of a group's and a channel's code."""

    on: tuple[tuple[str, str], ...] = ()
    off: tuple[tuple[str, str], ...] = ()


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
        for off in PassedChoice.objects.standing().filter(number__in=list(numbers), is_wanted=False):
            wishes.passed_off.add((off.merchant_id, str(off.number), off.channel, off.group))
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


@transaction.atomic
def save_wishes(*, number: str, wanted: Mapping[str, Collection[str]], first: str | None = None) -> Changed:
    """Keep what the holder of ``number`` (E.164) wants to hear over which channel.

    Args:
        wanted: by channel the groups of kinds that may come over it; its other groups may not. What was said before
            of these channels gives way, and other channels stay as they are.
        first: the channel to try first, "" to leave that to the merchants, None to leave it as it is.

    Raises:
        KeyError: there is no such channel or group.
    """
    asked = {
        (groups.BY_CODE[group].code, CHANNELS[channel].code)
        for channel, some in wanted.items()
        for group in {*some, *groups.BY_CODE}
    }
    before = wishes_of({number}, ())
    had = {pair for pair in asked if before.wants_some(number, pair[1], groups.BY_CODE[pair[0]])}
    has = {(group, channel) for group, channel in asked if group in wanted[channel]}
    said = Preference.objects.filter(number=number, channel__in=list(wanted))
    said.exclude(kind__in=list(groups.BY_CODE)).delete()
    Preference.objects.bulk_create(
        [
            Preference(number=number, channel=channel, kind=group, is_wanted=(group, channel) in has)
            for group, channel in sorted(asked)
        ],
        update_conflicts=True,
        unique_fields=["number", "channel", "kind"],
        update_fields=["is_wanted", "set_at"],
    )
    if first is not None:
        _try_first(number, first, before)
    return Changed(on=tuple(sorted(has - had)), off=tuple(sorted(had - has)))


def _try_first(number: str, first: str, before: Wishes) -> None:
    if not first:
        ChannelOrder.objects.filter(number=number).delete()
        return
    set_channel_order(number=number, channels=[first, *before.orders.get(number, ())])


def may_turn_on(closed: ClosedAddress) -> bool:
    """Whether who proved the number that an address belongs to may have it written to again.

    Their number is theirs. A mailbox may be somebody else's, who told the provider that our mails are spam: who proved
    a number takes back only what the link in a mail did.
    """
    is_number = CHANNELS[closed.channel].address_field == "phone"
    return closed.reason == Reason.STOPPED and (is_number or closed.why == PURPOSE)


def turn_on_again(*, closed_id: UUID, own: Collection[tuple[str, str]]) -> ClosedAddress:
    """The holder of the addresses ``own`` (channel and address) wants messages at one of them again.

    Call it outside of a transaction: what was asked must stay counted.

    Raises:
        NotFound: it is none of theirs, not closed, or not theirs to open.
        TooOften: it was turned on too often in a day.
    """
    closed = ClosedAddress.objects.standing().filter(pk=closed_id).first()
    if closed is None or (closed.channel, closed.address) not in own or not may_turn_on(closed):
        raise NotFound(_("There is nothing to turn on."))
    who = tokens.keyed_digest("address", closed.address)
    spend(TURNED_ON_A_DAY, who, message=_("This was turned on too often today. Try again tomorrow."))
    _open(closed.channel, closed.address, (closed.reason,))
    return closed


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
