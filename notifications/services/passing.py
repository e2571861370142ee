"""What merchants pass on of their customers' choices, as they come from a preference center of the merchant's own.

A choice that was passed on holds for this merchant's messages alone, and takes away only: what the holder of the
number turned off on their page, what STOP or the link in a mail closed, no merchant can open. On their page people see
what was passed on, and may take it back.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from logistics_portal.kernel.errors import DomainError
from merchants.models import ApiKey
from orders.models import Order

from .. import groups
from ..models import ClosedAddress, PassedChoice, Preference
from .preferences import Wishes, wishes_of
from .reach import CHANNELS, addresses_of
from .telling import Recipient, Telling

CUSTOMER, MERCHANT = "customer", "merchant"
type Pair = tuple[str, str]  # a group's and a channel's code


class ClosedByCustomer(DomainError):
    """What a customer closed themselves, only they can open; ``fields`` name it."""

    code = "closed_by_customer"


@dataclass(frozen=True, slots=True)
class ChannelState:
    """Whether a customer can be reached over a channel; ``closed`` is "stopped", "dead" or ""."""

    channel: str
    is_reached: bool
    closed: str = ""
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Whether a group may come over a channel, and who said so: "customer", "merchant", or "" for nobody."""

    channel: str
    is_on: bool
    set_by: str
    set_at: datetime | None
    api_key: str  # the label of the key, where a merchant passed it on
    may_turn_on: bool


@dataclass(frozen=True, slots=True)
class GroupChoices:
    group: groups.Group
    choices: list[Choice]


@dataclass(frozen=True, slots=True)
class Choices:
    """What an order's customer wants to hear of its merchant, group by group and channel by channel."""

    order: UUID
    channels: list[ChannelState]
    groups: list[GroupChoices]

    def of(self, pair: Pair) -> Choice:
        group, channel = pair
        found = next(one for one in self.groups if one.group.code == group)
        return next(choice for choice in found.choices if choice.channel == channel)


def choices_of(*, order: Order) -> Choices:
    """The choices of an order's customer at this merchant, by the number that is theirs now."""
    number = _number_of(order)
    channels = _channels(Recipient(phone=number, email=order.email, merchant_id=order.merchant_id, order_id=order.pk))
    passed = PassedChoice.objects.filter(number=number, merchant=order.merchant_id).select_related("api_key")
    told = _Told(
        number=number,
        wishes=wishes_of({number}, ()),
        own={(row.kind, row.channel): row for row in Preference.objects.filter(number=number)},
        passed={(row.group, row.channel): row for row in passed},
        stopped={one.channel for one in channels if one.closed == ClosedAddress.Reason.STOPPED},
    )
    rows = [GroupChoices(group, [told.choice(group, one.channel) for one in channels]) for group in groups.GROUPS]
    return Choices(order.pk, channels, rows)


def pass_on_choices(*, order: Order, wanted: Mapping[Pair, bool], api_key: ApiKey) -> Choices:
    """Keep what an order's customer chose at its merchant, whose messages alone it is about.

    Args:
        wanted: by group and channel, whether it may come; what is not named stays as it is.
        api_key: whose word it is, kept with the choice.

    Raises:
        ClosedByCustomer: the customer turned it off or stopped the channel; nothing is kept then.
        KeyError: there is no such channel or group.
    """
    before = choices_of(order=order)
    if closed := [pair for pair, is_on in wanted.items() if is_on and not before.of(pair).may_turn_on]:
        named = _("%(group)s over %(channel)s was closed by the customer.")
        raise ClosedByCustomer(
            _("The customer closed this themselves. Only they can open it: on their page, or by START."),
            fields={"choices": [named % {"group": group, "channel": channel} for group, channel in sorted(closed)]},
        )
    given = {"number": _number_of(order), "merchant_id": order.merchant_id, "api_key": api_key}
    rows = [
        PassedChoice(group=groups.BY_CODE[group].code, channel=CHANNELS[channel].code, is_wanted=is_on, **given)
        for (group, channel), is_on in sorted(wanted.items())
    ]
    PassedChoice.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["number", "merchant", "channel", "group"],
        update_fields=["is_wanted", "set_at", "api_key", "taken_back_at"],
    )
    return choices_of(order=order)


def passed_off(*, number: str, merchants: Collection[UUID]) -> list[PassedChoice]:
    """What these merchants passed on that the holder of ``number`` (E.164) does not want, by merchant."""
    rows = PassedChoice.objects.standing().filter(number=number, merchant__in=list(merchants), is_wanted=False)
    return list(rows.select_related("merchant").order_by("merchant__name", "merchant", "pk"))


def take_back_passed(*, number: str, merchant_id: UUID) -> None:
    """The holder of ``number`` (E.164) wants from a merchant what it said they don't want."""
    rows = PassedChoice.objects.standing().filter(number=number, merchant=merchant_id, is_wanted=False)
    rows.update(taken_back_at=timezone.now())


@dataclass(frozen=True, slots=True)
class _Told:
    """All that was said about the messages to one number."""

    number: str
    wishes: Wishes
    own: Mapping[Pair, Preference]
    passed: Mapping[Pair, PassedChoice]
    stopped: Collection[str]

    def choice(self, group: groups.Group, channel: str) -> Choice:
        own = self.own.get((group.code, channel)) or self.own.get(("", channel))
        is_wanted = self.wishes.wants_some(self.number, channel, group)
        may_turn_on = is_wanted and channel not in self.stopped
        passed = self.passed.get((group.code, channel))
        if not is_wanted or passed is None:
            return Choice(channel, is_wanted, CUSTOMER if own else "", own.set_at if own else None, "", may_turn_on)
        if passed.taken_back_at:
            return Choice(channel, True, CUSTOMER, passed.taken_back_at, "", may_turn_on)
        key = passed.api_key.label if passed.api_key else ""
        return Choice(channel, passed.is_wanted, MERCHANT, passed.set_at, key, may_turn_on)


def _number_of(order: Order) -> str:
    """The number of an order's customer: that of an order of long ago may be somebody else's by now."""
    held = order.customer.phone_numbers.filter(until__isnull=True).order_by("-since").values_list("number", flat=True)
    numbers = [str(number) for number in held]
    return str(order.phone) if str(order.phone) in numbers or not numbers else numbers[0]


def _channels(recipient: Recipient) -> list[ChannelState]:
    telling = Telling(kind="", fact="", subject_id=recipient.order_id or UUID(int=0), recipient=recipient)
    places = {code: addresses_of([telling], code)[0] for code in CHANNELS}
    written = {address.strip().lower() for some in places.values() for address in some}
    rows = ClosedAddress.objects.standing().filter(
        address__in=[*written, *(a for some in places.values() for a in some)]
    )
    closed: dict[Pair, ClosedAddress] = {(row.channel, row.address): row for row in rows.order_by("reason")}
    return [_channel(code, some, closed) for code, some in places.items()]


def _channel(code: str, addresses: Sequence[str], closed: Mapping[Pair, ClosedAddress]) -> ChannelState:
    """A channel is closed when all that it leads to is; where one is stopped and another dead, the stop counts."""
    found = [closed.get((code, address)) or closed.get((code, address.strip().lower())) for address in addresses]
    shut = sorted((row for row in found if row), key=lambda row: row.reason)
    if not shut or len(shut) < len(found):
        return ChannelState(code, is_reached=bool(found))
    return ChannelState(code, is_reached=False, closed=shut[-1].reason, closed_at=shut[-1].closed_at)
