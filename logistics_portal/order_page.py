"""What an order's page shows, gathered in a constant number of queries and decided here, not in the template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from uuid import UUID

from django.db.models import Prefetch, prefetch_related_objects
from django.utils.translation import gettext

import aftersales.services
import tracking.services
from aftersales.models import Confirmation, Dispute, Return, ReturnLine
from aftersales.services.checks import Question
from aftersales.story import Story, story_of
from logistics_portal.kernel.statements import Statement
from logistics_portal.order_map import MapCard, shipment_map
from logistics_portal.order_state import OrderState
from orders.models import Order, OrderLine
from tracking.arrival import Arrival, arrival, place_zone
from tracking.models import Incident, Parcel, ParcelLine, Shipment, TrackingStatus
from tracking.progress import Step, order_steps, shipment_steps
from tracking.reasons import Words
from tracking.relay import Leg, relay
from tracking.sentences import cause, is_trouble, order_words, words
from tracking.timeline import SeenEvent, Timeline, events_of, is_struck, timeline

_ICONS: dict[str, tuple[str, str]] = {
    TrackingStatus.OUT_FOR_DELIVERY: ("tone-move", "truck"),
    TrackingStatus.IN_TRANSIT: ("tone-move", "truck"),
    TrackingStatus.INFO_RECEIVED: ("tone-move", "tag"),
    TrackingStatus.PENDING: ("tone-quiet", "clock"),
    TrackingStatus.AVAILABLE_FOR_PICKUP: ("tone-warn", "pin"),
    TrackingStatus.ATTEMPT_FAILED: ("tone-warn", "door"),
    TrackingStatus.DELIVERED: ("tone-good", "check"),
    TrackingStatus.EXCEPTION: ("tone-bad", "alert"),
    TrackingStatus.RETURNING: ("tone-warn", "back"),
    TrackingStatus.RETURNED: ("tone-warn", "back"),
    TrackingStatus.EXPIRED: ("tone-warn", "clock"),
}
_NOT_KNOWN = ("tone-quiet", "question")
_ORDER_ICONS: dict[str, tuple[str, str]] = {
    Order.Status.PLACED: ("tone-move", "list"),
    Order.Status.PICKING: ("tone-move", "box"),
    Order.Status.PACKED: ("tone-move", "box"),
    Order.Status.PARTLY_SHIPPED: ("tone-move", "truck"),
    Order.Status.SHIPPED: ("tone-move", "truck"),
    Order.Status.COMPLETED: ("tone-good", "check"),
    Order.Status.CANCELED: ("tone-quiet", "box"),
}
_LINES = Statement(lambda key: OrderLine.objects.filter(order_id=key).order_by("pk"))
_PARCELS = Statement(
    lambda key: (
        Parcel.objects.filter(shipment__order_id=key)
        .select_related("shipment__handover", "shipment__watch")
        .order_by("shipment_id", "pk")
    )
)
Events = Mapping[UUID, Sequence[SeenEvent]]  # by parcel
_HANDOVER = (TrackingStatus.OUT_FOR_DELIVERY, TrackingStatus.ATTEMPT_FAILED)


_AGGREGATORS = frozenset(code for code, adapter in tracking.services.CARRIERS.items() if adapter.is_aggregator)


@dataclass(frozen=True, slots=True)
class CarrierCard:
    """A carrier that has or had a parcel: its own page of it, and the day on which it took it over, where known."""

    name: str
    url: str
    since: date | None = None


@dataclass(frozen=True, slots=True)
class ParcelCard:
    """A parcel with its history and its carriers, of whom the last one has it."""

    parcel: Parcel
    carriers: list[CarrierCard]
    history: Timeline
    contents: Sequence[ParcelLine] = ()  # where they were told, and are not simply all of the order

    @property
    def carrier(self) -> CarrierCard:
        return self.carriers[-1]

    @property
    def earlier(self) -> list[CarrierCard]:
        return self.carriers[:-1]


@dataclass(frozen=True, slots=True)
class IncidentNote:
    """What went wrong with a shipment and what is done about it, in plain words."""

    happened: str
    next: str


@dataclass(frozen=True, slots=True)
class ShipmentCard:
    """A shipment in the words and colors that a customer sees."""

    shipment: Shipment | None
    words: Words
    cause: str
    tone: str
    icon: str
    steps: list[Step]
    arrival: Arrival | None
    parcels: list[ParcelCard] = field(default_factory=list)
    map: MapCard | None = None
    handover_code: str = ""
    has_hidden_code: bool = False
    disputes: Sequence[Dispute] = ()  # newest first
    can_dispute: bool = False
    asks_confirmation: bool = False  # whether the parcel is there
    confirmation: Confirmation | None = None  # what the customer said of that last
    incidents: list[IncidentNote] = field(default_factory=list)
    word_by: datetime | None = None  # by when we tell more, on the clock of the delivery address
    delivered_local: datetime | None = None  # on the clock of the delivery address

    @property
    def delivered_on(self) -> date | None:
        return self.delivered_local.date() if self.delivered_local else None

    @property
    def word_by_on(self) -> date | None:
        return self.word_by.date() if self.word_by else None

    @property
    def has_many_parcels(self) -> bool:
        return len(self.parcels) > 1


@dataclass(frozen=True, slots=True)
class ReturnCard:
    """A return with its parcel, when it has one, and its line."""

    case: Return
    parcel: ShipmentCard | None
    story: Story


@dataclass(frozen=True, slots=True)
class Reader:
    """What who reads an order's page may see; who may do something with the order is its customer."""

    is_customer: bool  # proved the order's phone
    gets_code: bool
    sees_aftersales: bool  # that there are returns and disputes
    sees_items: bool
    secrets: Sequence[str] | None  # what the carriers' words must not tell, None where they may tell all


def customer_reader(order: Order, *, is_verified: bool) -> Reader:
    """The customer, or whoever holds the customer's link: others see no name, street or phone, and no words of the
    carrier that may hold one.
    """
    hidden = [order.consignee, order.line1, order.line2, order.email, order.postal_code]
    secrets = None if is_verified else hidden
    return Reader(is_verified, gets_code=is_verified, sees_aftersales=True, sees_items=True, secrets=secrets)


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Everything of the page, in the order in which it is shown: what needs the customer comes first."""

    order: Order
    lines: Sequence[OrderLine]
    zone: tzinfo  # the clock of the delivery address
    is_verified: bool
    cards: list[ShipmentCard]
    returns: list[ReturnCard]
    delivered_parcels: int
    parcels: int
    can_return: bool
    return_refusal: str
    can_withdraw: bool = False
    can_claim: bool = False
    questions: Sequence[Question] = ()  # what the customer is asked before it leaves

    @property
    def return_to_send(self) -> Return | None:
        """The return that waits for the customer to send it."""
        cases = (card.case for card in self.returns)
        return next((case for case in cases if case.can_be_sent), None)


def order_look(order: Order) -> tuple[str, str]:
    """The color and the icon of an order without a shipment."""
    return _ORDER_ICONS.get(order.status, _NOT_KNOWN)


def shipment_look(shipment: Shipment) -> tuple[str, str]:
    """The color and the icon of a shipment's status; a reason that hinders it shows as a warning."""
    tone, icon = _ICONS.get(shipment.status, _NOT_KNOWN)
    if tone == "tone-move" and is_trouble(shipment):
        return "tone-warn", "clock"
    return tone, icon


def order_page(order: Order, *, reader: Reader, now: datetime, state: OrderState | None = None) -> OrderPage:
    """Gather an order's page for its reader.

    Args:
        state: what is known of the order already, so that nothing is asked for that is not there.
    """
    with_disputes = reader.sees_aftersales and (state is None or state.has_disputes)
    with_returns = reader.sees_aftersales and (state is None or state.has_returns)
    found = _shipments(order, with_disputes=with_disputes)
    if state is None or state.has_incidents:
        standing = Prefetch("incidents", Incident.objects.open().order_by("opened_at", "pk"), to_attr="open_incidents")
        prefetch_related_objects([shipment for shipment, _ in found.values()], standing)
    events = events_of(order.pk) if found else {}
    arrived = [shipment.pk for shipment, _ in found.values() if aftersales.services.can_confirm(shipment)]
    said = aftersales.services.last_confirmations(arrived) if reader.is_customer and arrived else {}
    cards = {
        shipment.pk: _card(order, shipment, mine, events, reader, now, said.get(shipment.pk), with_disputes)
        for shipment, mine in found.values()
    }
    outbound = [shipment for shipment, _ in found.values() if shipment.direction == Shipment.Direction.OUTBOUND]
    outbound.sort(key=lambda shipment: (not is_trouble(shipment), shipment.status == TrackingStatus.DELIVERED))
    parcels = [parcel for shipment in outbound for parcel in found[shipment.pk][1]]
    has_arrived = any(shipment.delivered_at for shipment in outbound)
    is_customer = reader.is_customer
    rights = aftersales.services.rights_of(order) if is_customer else None
    refusal = rights.return_refusal if rights and has_arrived else ""
    return OrderPage(
        order=order,
        lines=_LINES.rows(order.pk),
        zone=place_zone(order),
        is_verified=is_customer,
        cards=[cards[shipment.pk] for shipment in outbound] or [_order_card(order, now)],
        returns=[
            ReturnCard(
                case,
                cards.get(case.shipment_id) if case.shipment_id else None,
                story_of(case, zone=place_zone(order), now=now),
            )
            for case in (_returns(order) if with_returns else ())
        ],
        delivered_parcels=sum(parcel.status == TrackingStatus.DELIVERED for parcel in parcels),
        parcels=len(parcels),
        can_return=is_customer and has_arrived and not refusal,
        can_withdraw=bool(rights and rights.can_withdraw),
        can_claim=bool(rights and rights.can_claim),
        return_refusal=refusal,
        questions=aftersales.services.open_questions(order) if reader.is_customer else (),
    )


def _shipments(order: Order, *, with_disputes: bool) -> dict[UUID, tuple[Shipment, list[Parcel]]]:
    """The shipments by id, each with its parcels; read from the parcels, of which each shipment has one at least."""
    found: dict[UUID, tuple[Shipment, list[Parcel]]] = {}
    for parcel in _PARCELS.rows(order.pk):
        shipment, mine = found.setdefault(parcel.shipment_id, (parcel.shipment, []))
        shipment.order = order  # the one that was read with its merchant
        mine.append(parcel)
    parcels = [parcel for _, mine in found.values() for parcel in mine]
    if len(parcels) > 1 or order.status == Order.Status.PARTLY_SHIPPED:
        lines = ParcelLine.objects.select_related("order_line").order_by("order_line_id")
        prefetch_related_objects(parcels, Prefetch("contents", lines, to_attr="told_contents"))
    if with_disputes:
        disputes = Prefetch("disputes", Dispute.objects.select_related("refund", "replacement").order_by("-id"))
        prefetch_related_objects([shipment for shipment, _ in found.values()], disputes)
    return found


def _returns(order: Order) -> Sequence[Return]:
    lines = Prefetch("lines", ReturnLine.objects.select_related("order_line").order_by("pk"))
    return list(
        order.returns.select_related("refund", "shipment", "exchange__order").prefetch_related(lines).order_by("-id")
    )


def _order_card(order: Order, now: datetime) -> ShipmentCard:
    tone, icon = order_look(order)
    return ShipmentCard(
        shipment=None,
        words=order_words(order),
        cause="",
        tone=tone,
        icon=icon,
        steps=order_steps(order),
        arrival=arrival(order, None, now=now),
    )


def _card(
    order: Order,
    shipment: Shipment,
    parcels: Sequence[Parcel],
    events: Events,
    reader: Reader,
    now: datetime,
    said: Confirmation | None,
    with_disputes: bool,
) -> ShipmentCard:
    tone, icon = shipment_look(shipment)
    disputes = list(shipment.disputes.all()) if with_disputes else []
    code = tracking.services.handover_code(shipment) if shipment.status in _HANDOVER else None
    return ShipmentCard(
        shipment=shipment,
        words=words(shipment),
        cause=cause(shipment),
        tone=tone,
        icon=icon,
        steps=[] if shipment.direction == Shipment.Direction.RETURN else shipment_steps(shipment),
        arrival=arrival(order, shipment, now=now),
        word_by=_word_by(order, shipment, now),
        incidents=_incidents(shipment),
        parcels=[_parcel(parcel, events.get(parcel.pk, ()), order, reader) for parcel in parcels],
        map=shipment_map(order, shipment, [events.get(parcel.pk, ()) for parcel in parcels]),
        handover_code=code if code and reader.gets_code else "",
        has_hidden_code=code is not None and not reader.gets_code,
        disputes=disputes,
        can_dispute=reader.is_customer and bool(aftersales.services.disputable_kinds(shipment, disputes)),
        asks_confirmation=reader.sees_aftersales and aftersales.services.can_confirm(shipment),
        confirmation=said,
        delivered_local=_delivered_local(
            order, shipment, [event for one in parcels for event in events.get(one.pk, ())]
        ),
    )


def _word_by(order: Order, shipment: Shipment, now: datetime) -> datetime | None:
    """When the customer hears of the parcel again at the latest; None where nothing is promised or it passed."""
    watch = getattr(shipment, "watch", None)
    if watch is None or watch.word_by is None or watch.word_by <= now:
        return None
    return watch.word_by.astimezone(place_zone(order))


def _incidents(shipment: Shipment) -> list[IncidentNote]:
    """What rules found, in their words; nothing that the status says already, and nothing of what comes back."""
    if shipment.direction == Shipment.Direction.RETURN:
        return []
    rules = [tracking.services.incident_rule(incident.rule) for incident in getattr(shipment, "open_incidents", ())]
    is_told = is_trouble(shipment)
    return [
        IncidentNote(gettext(rule.words), gettext(rule.next_words))
        for rule in rules
        if rule.words and not (rule.is_told_by_status and is_told)
    ]


def _delivered_local(order: Order, shipment: Shipment, events: Sequence[SeenEvent]) -> datetime | None:
    """When it arrived, on the same clock as in the history."""
    if shipment.delivered_at is None:
        return None
    told = next((event.local_time for event in events if _tells_delivery(event, shipment)), None)
    return told or shipment.delivered_at.astimezone(place_zone(order))


def _tells_delivery(event: SeenEvent, shipment: Shipment) -> bool:
    return event.occurred_at == shipment.delivered_at and event.status == TrackingStatus.DELIVERED


def _parcel(parcel: Parcel, events: Sequence[SeenEvent], order: Order, reader: Reader) -> ParcelCard:
    legs = relay(
        number=parcel.tracking_number,
        carrier=parcel.carrier or parcel.shipment.carrier,
        stated=parcel.stated_carrier,
        scans=(event for event in events if not is_struck(event)),
        aggregators=_AGGREGATORS,
        country=order.country,
    )
    return ParcelCard(
        parcel=parcel,
        carriers=[_carrier(leg, parcel.tracking_number) for leg in legs],
        history=timeline(events, secrets=reader.secrets),
        contents=getattr(parcel, "told_contents", ()) if reader.sees_items else (),
    )


def _carrier(leg: Leg, number: str) -> CarrierCard:
    return CarrierCard(
        name=tracking.services.carrier_label(leg.carrier),
        url=tracking.services.carrier_page(leg.carrier, number),
        since=leg.since.date() if leg.since else None,
    )
