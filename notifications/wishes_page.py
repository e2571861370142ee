"""What the page of somebody's messages shows of a number that they proved, in a constant number of queries.

Nothing of a former holder of the number is shown: neither mailboxes nor messages of orders that are held back.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, tzinfo
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

import orders.services
import tracking.services
from merchants.models import Merchant
from orders.models import Delegate, Order

from . import groups, kinds, services
from .mailboxes import masked_mailbox
from .models import ClosedAddress, Message

ORDERS_LOOKED_AT = 50  # the newest: whose mailboxes, merchants and clock are this person's
MESSAGES_SHOWN = 20
Status = Message.Status

_STATUS: dict[str, tuple[str, Promise]] = {
    Status.QUEUED: ("tone-quiet", pgettext_lazy("message", "Waiting")),
    Status.SENT: ("tone-move", pgettext_lazy("message", "Sent")),
    Status.DELIVERED: ("tone-good", pgettext_lazy("message", "Arrived")),
    Status.FAILED: ("tone-bad", pgettext_lazy("message", "Did not arrive")),
    Status.WITHDRAWN: ("tone-quiet", pgettext_lazy("message", "Not sent")),
}
_WITHDRAWN: dict[str, Promise] = {
    "unwanted": _("You turned it off."),
    "passed_on": _("The shop told us that you don't want it."),
    "stopped": _("Nothing goes to this address."),
    "overtaken": _("It was no news any more."),
    "told": _("Another message told it."),
    "together": _("Another message told it."),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person is reached over a channel; ``closed`` says why nothing goes there."""

    channel: str
    label: str
    address: str
    name: str  # what its holder knows it by; "" for a number
    closed: ClosedAddress | None = None

    @property
    def is_number(self) -> bool:
        return services.CHANNELS[self.channel].address_field == "phone"

    @property
    def is_dead(self) -> bool:
        return self.closed is not None and self.closed.reason == ClosedAddress.Reason.DEAD

    @property
    def may_turn_on(self) -> bool:
        return self.closed is not None and services.may_turn_on(self.closed)


@dataclass(frozen=True, slots=True)
class Switch:
    """Whether a group may come over a channel; ``is_held`` where nothing goes over it whatever is chosen."""

    channel: str
    label: str
    is_on: bool
    is_held: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A group of messages with its switches."""

    group: groups.Group
    switches: list[Switch]


@dataclass(frozen=True, slots=True)
class PassedOn:
    """What a merchant said that this person doesn't want of its messages, in words, and when it said so last."""

    merchant: Merchant
    what: list[str]
    at: datetime


@dataclass(frozen=True, slots=True)
class Quiet:
    """From when until when these merchants wake nobody, on the clock of the place that the parcel goes to."""

    begins: time
    ends: time
    merchants: list[str]


@dataclass(frozen=True, slots=True)
class Sent:
    """A message in words; ``token`` opens its order where that is theirs."""

    what: Promise
    channel: str
    tone: str
    status: Promise
    why: Promise | str
    at: datetime
    merchant: str
    order: str
    token: str


@dataclass(frozen=True, slots=True)
class WishesPage:
    """Everything that the page shows."""

    number: str
    places: list[Place]
    rows: list[Row]
    channels: list[tuple[str, str]]  # code and label of those that reach the person
    first: str  # the channel that they want tried first
    passed_on: list[PassedOn]
    quiet: list[Quiet]
    messages: list[Sent]
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Person:
    """Who holds a number: the orders that are theirs, and those that they receive for others."""

    number: str
    shown: QuerySet[Order]
    recent: list[Order]
    received: list[Delegate]

    @property
    def orders(self) -> list[Order]:
        return [*self.recent, *(one.order for one in self.received)]

    @property
    def mailboxes(self) -> list[str]:
        """As they were given."""
        given = [*(order.email for order in self.recent), *(one.email for one in self.received)]
        return list(dict.fromkeys(filter(None, given)))


def wishes_page(*, number: str, now: datetime) -> WishesPage:
    """The page of a number (E.164) whose holder looks at it."""
    person = _person(number, now)
    places = places_of(person)
    zone = tracking.services.place_zone(person.orders[0]) if person.orders else UTC
    reached = {place.channel: place.label for place in places}
    wishes = services.wishes_of({number}, ())
    return WishesPage(
        number=number,
        places=places,
        rows=_rows(number, wishes, places, reached),
        channels=list(reached.items()),
        first=next((code for code in wishes.orders.get(number, ()) if code in reached), ""),
        passed_on=_passed_on(person),
        quiet=_quiet(person),
        messages=_messages(person, places, zone),
        zone=zone,
    )


def own_addresses(*, number: str, now: datetime) -> set[tuple[str, str]]:
    """Channel and address of everything over which the holder of a number (E.164) is reached."""
    return {(place.channel, place.address) for place in places_of(_person(number, now))}


def channel_labels() -> dict[str, str]:
    """Every channel by code, in the order in which they are tried."""
    known = [code for code in kinds.CHANNELS if code in services.CHANNELS]
    codes = [*known, *sorted(set(services.CHANNELS) - set(known))]
    return {code: gettext(services.CHANNELS[code].label) for code in codes}


def _person(number: str, now: datetime) -> Person:
    shown, _held = orders.services.orders_of_numbers([number])
    recent = shown.select_related("merchant").order_by("-placed_at", "-pk")[:ORDERS_LOOKED_AT]
    received = Delegate.objects.filter(phone=number).following(now).select_related("order__merchant").order_by("-pk")
    return Person(number, shown, list(recent), list(received[:ORDERS_LOOKED_AT]))


def places_of(person: Person) -> list[Place]:
    """Where a person is reached, by channel in the order in which they are tried."""
    written = [address.strip().lower() for address in person.mailboxes]
    known: Mapping[str, Mapping[str, str]] = {
        "phone": {person.number: ""},
        "email": {address: masked_mailbox(address) for address in written},
    }
    found = [
        (code, label, address, name)
        for code, label in channel_labels().items()
        for address, name in _held(code, person.number, known).items()
    ]
    closed = _closed({address for _code, _label, address, _name in found})
    return [Place(code, label, address, name, closed.get((code, address))) for code, label, address, name in found]


def _held(channel: str, number: str, known: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    if book := services.BOOKS.get(channel):
        return book.held_by(number)
    return known.get(services.CHANNELS[channel].address_field, {})


def _closed(addresses: Collection[str]) -> dict[tuple[str, str], ClosedAddress]:
    """The closed ones; where one is stopped and dead, the stop is what its holder can undo first."""
    rows = ClosedAddress.objects.standing().filter(address__in=list(addresses)).order_by("reason")
    return {(row.channel, row.address): row for row in rows}


def _rows(number: str, wishes: services.Wishes, places: Sequence[Place], reached: Mapping[str, str]) -> list[Row]:
    open_ones = {place.channel for place in places if place.closed is None}
    return [
        Row(
            group,
            [
                Switch(code, label, wishes.wants_some(number, code, group), code not in open_ones)
                for code, label in reached.items()
            ],
        )
        for group in groups.GROUPS
    ]


def _passed_on(person: Person) -> list[PassedOn]:
    """Of the merchants whose orders are theirs: what others said of a number's former holder is not theirs to know."""
    found: dict[UUID, PassedOn] = {}
    labels = channel_labels()
    for row in services.passed_off(number=person.number, merchants={order.merchant_id for order in person.orders}):
        told = found.setdefault(row.merchant_id, PassedOn(row.merchant, [], row.set_at))
        told.what.append(f"{groups.BY_CODE[row.group].label} ({labels.get(row.channel, row.channel)})")
        found[row.merchant_id] = replace(told, at=max(told.at, row.set_at))
    return list(found.values())


def _quiet(person: Person) -> list[Quiet]:
    names = {order.merchant_id: order.merchant.name for order in person.orders}
    policies = services.policies_of(names)
    hours: dict[tuple[time, time], list[str]] = {}
    for merchant, name in names.items():
        policy = policies.get(merchant) or services.default_policy()
        if policy.quiet_from != policy.quiet_until:
            hours.setdefault((policy.quiet_from, policy.quiet_until), []).append(name)
    return [Quiet(begins, ends, merchants) for (begins, ends), merchants in hours.items()]


def _messages(person: Person, places: Sequence[Place], zone: tzinfo) -> list[Sent]:
    """The newest messages to this person: to an address of theirs, and about nothing that isn't theirs to know."""
    mine = Exists(person.shown.filter(pk=OuterRef("order")))
    received = Q(order__in=[delegate.order_id for delegate in person.received])
    addresses = {*(place.address for place in places), *person.mailboxes}
    rows = Message.objects.filter(address__in=addresses).annotate(is_mine=mine)
    rows = rows.filter(Q(order=None) | Q(is_mine=True) | received).select_related("order", "merchant")
    labels = channel_labels()
    newest = rows.order_by("-pk")[:MESSAGES_SHOWN]
    return [_sent(row, labels.get(row.channel, row.channel), zone) for row in newest if row.kind in kinds.KINDS]


def _sent(row: Message, channel: str, zone: tzinfo) -> Sent:
    tone, status = _STATUS[row.status]
    is_mine: bool = row.is_mine  # type: ignore[attr-defined] # annotated above
    return Sent(
        what=kinds.of(row.kind).label,
        channel=channel,
        tone=tone,
        status=status,
        why=_WITHDRAWN.get(row.error_code, "") if row.status == Status.WITHDRAWN else "",
        at=(row.delivered_at or row.sent_at or row.queued_at).astimezone(zone),
        merchant=row.merchant.name if row.merchant else "",
        order=row.order.number if row.order and is_mine else "",
        token=row.order.token if row.order and is_mine else "",
    )
