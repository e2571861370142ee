"""Tells the story: everything happens in its order and at its time, through the services that serve real life."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber

import aftersales.services
import orders.services
import tracking.services
from aftersales.models import Dispute, Refund, Return
from logistics_portal.imports.signing import sign
from logistics_portal.kernel import work
from logistics_portal.kernel.models import Event
from notifications.models import Message
from orders.models import Order
from tracking.models import CarrierPayload, Shipment

from . import numbers
from .casting import Tale
from .clock import StoryClock
from .payloads import CODES, Happening, Trip, write
from .places import Place, way
from .plots import OPTIONAL, Step
from .silence import forget_news, hold_bells, interfere
from .world import Cast

PUSHED_AFTER = timedelta(minutes=4)  # carriers tell a little after they scan
SIGNATURE = "M20 120 L60 40 L95 130 L140 60 M170 90 L220 70 L260 110 L330 50 L400 100"
REST = timedelta(hours=4)  # events and messages wait no longer than this
NEWS = timedelta(days=3)  # what was told before is forgotten: to write it all would take most of the loading


@dataclass(slots=True)
class Going:
    """A shipment of a tale, and what was scanned of each of its parcels."""

    shipment: Shipment
    trips: list[list[Happening]]
    numbers: list[str]


@dataclass(slots=True)
class Live:
    """A tale while it is told."""

    tale: Tale
    order: Order | None = None
    out: Going | None = None
    back: Going | None = None
    return_case: Return | None = None
    dispute: Dispute | None = None
    eta: date = field(default_factory=date.today)


class Teller:
    """Tells tales by the story's clock."""

    def __init__(self, cast: Cast, clock: StoryClock) -> None:
        self.cast = cast
        self.clock = clock
        self.numbers = numbers.Numbers()
        self._rested = self._news_since = clock.moment

    def tell(self, tales: Iterable[Tale], *, until: datetime) -> dict[str, list[Live]]:
        """Tell all tales at once, as they happened side by side; returns them by their plot's name."""
        lives = [Live(tale) for tale in tales]
        steps = [(step.at, position, step) for position, live in enumerate(lives) for step in live.tale.steps]
        self._news_since = until - NEWS
        for at, position, step in sorted(steps, key=lambda one: one[:2]):
            if at > until:
                break
            self._rest_until(at)
            self.clock.advance(at)
            self._do(lives[position], step)
        self._rest()
        told: dict[str, list[Live]] = {}
        for live in lives:
            if live.order:
                told.setdefault(live.tale.plot.name, []).append(live)
        return told

    def _rest_until(self, at: datetime) -> None:
        if at - self._rested > REST:
            self._rest()
            self._rested = at

    def _rest(self) -> None:
        """Let the portal do what is due: read payloads, tell of events, send messages."""
        while work.answer(CarrierPayload._meta.label_lower) + work.answer(Event._meta.label_lower):
            pass  # what is read tells events, and these may tell more
        if timezone.now() < self._news_since:
            forget_news()
            hold_bells(self.clock.moment)
            return
        interfere()
        work.answer(Message._meta.label_lower)
        hold_bells(self.clock.moment)

    def _do(self, live: Live, step: Step) -> None:
        if step.is_scan:
            self._scan(live, step)
            return
        if step.word not in _ALONE:
            self._rest()
        _DEEDS[step.word](self, live)

    # the way out

    def place(self, live: Live) -> None:
        tale, person = live.tale, live.tale.person
        live.eta = timezone.localdate(timezone.now()) + timedelta(days=3)
        draft = orders.services.OrderDraft(
            number=tale.number,
            phone=PhoneNumber.from_string(person.phone),
            email=person.email,
            consignee=person.name,
            line1=person.line1,
            line2=person.line2,
            city=person.place.city,
            region=person.place.region,
            postal_code=person.postal_code,
            country=person.place.country,
            language=person.language,
            currency=tale.shop.currency,
            shipping_total=tale.shop.shipping,
            lines=tale.lines,
            promised_on=live.eta + timedelta(days=1),
        )
        live.order = orders.services.place_order(merchant=self.cast.merchants[tale.shop.slug], draft=draft)

    def pick(self, live: Live) -> None:
        orders.services.start_picking(order=_order(live))

    def pack(self, live: Live) -> None:
        orders.services.pack_order(order=_order(live))

    def cancel(self, live: Live) -> None:
        orders.services.cancel_order(order=_order(live))

    def ship(self, live: Live) -> None:
        self._ship(live, parcels=1)

    def ship_two(self, live: Live) -> None:
        self._ship(live, parcels=2)

    def _ship(self, live: Live, *, parcels: int) -> None:
        road, order = live.tale.road, _order(live)
        given = [self.numbers.next(road.carrier, road.teller) for _ in range(parcels)]
        weight = sum((line.weight_g or 0) * line.quantity for line in live.tale.lines) // parcels + 120
        shipment = tracking.services.create_shipment(
            order=order,
            carrier=road.carrier,
            service=road.service,
            parcels=[tracking.services.ParcelDraft(number, weight_g=weight) for number in given],
        )
        live.out = Going(shipment, [[] for _ in given], given)

    def _scan(self, live: Live, step: Step) -> None:
        going, road = (live.back if step.is_back else live.out), live.tale.road
        if going is None or (step.word in OPTIONAL and step.word not in CODES[road.teller]):
            return
        home, customer = live.tale.shop.warehouse, live.tale.person.place
        origin, destination = (customer, home) if step.is_back else (home, customer)
        scans = going.trips[step.parcel]
        signed_by = _signature(live, step) if step.word == "delivered" else ""
        scans.append(Happening(step.word, step.at, _where(step.word, origin, destination, len(scans)), signed_by))
        number = going.numbers[step.parcel]
        trip = Trip(number, road.carrier, road.service, origin, destination, scans, live.eta)
        self.clock.advance(step.at + PUSHED_AFTER)
        self._push(road.teller, write(road.teller, trip))

    def _push(self, teller: str, body: bytes) -> None:
        account = self.cast.accounts[teller]
        sent, headers = sign(teller, body, account.webhook_secret)
        tracking.services.keep_payload(carrier=teller, body=sent, content_type=headers["content-type"], account=account)

    def prove_code(self, live: Live) -> None:
        shipment = _shipment(live)
        code = tracking.services.handover_code(shipment) or ""
        tracking.services.prove_delivery(shipment=shipment, code=code, courier=self.cast.users["courier"])

    def prove_signature(self, live: Live) -> None:
        tracking.services.prove_delivery(
            shipment=_shipment(live),
            received_by=live.tale.person.name,
            signature_svg=SIGNATURE,
            courier=self.cast.users["courier"],
        )

    def prove_name(self, live: Live) -> None:
        tracking.services.prove_delivery(
            shipment=_shipment(live), received_by=live.tale.person.name, courier=self.cast.users["courier"]
        )

    # the way back

    def ask_return(self, live: Live) -> None:
        order = _order(live)
        first = aftersales.services.returnable_lines(order)[0]
        quantity = first.quantity if live.tale.plot.is_dear else 1
        live.return_case = aftersales.services.request_return(
            order=order, reason="changed_mind", comment="", quantities={first.line.pk: quantity}
        )

    def approve_return(self, live: Live) -> None:
        aftersales.services.approve_return(return_case=_return(live), by=self.cast.users["support"])

    def reject_return(self, live: Live) -> None:
        note = "The goods were used, as your photos show. We can't take them back."
        aftersales.services.reject_return(return_case=_return(live), by=self.cast.users["support"], note=note)

    def cancel_return(self, live: Live) -> None:
        aftersales.services.cancel_return(return_case=_return(live))

    def send_return(self, live: Live) -> None:
        road = live.tale.road
        number = self.numbers.next(road.carrier, road.teller)
        shipment = aftersales.services.send_return(
            return_case=_return(live), carrier=road.carrier, tracking_number=number
        )
        live.back = Going(shipment, [[]], [number])

    def pay(self, live: Live) -> None:
        refund = Refund.objects.get(return_case=_return(live))
        aftersales.services.pay_refund(refund=refund, reference=f"re_{live.tale.number.lower()}")

    # what did not arrive

    def dispute(self, live: Live) -> None:
        statement = "The parcel is said to be delivered, but it is neither at my door nor with my neighbors."
        live.dispute = aftersales.services.open_dispute(shipment=_shipment(live), statement=statement)

    def accept(self, live: Live) -> None:
        self._decide(live, accept=True, note="The carrier has no proof for your address. We pay you back.")

    def decline(self, live: Live) -> None:
        self._decide(live, accept=False, note="The parcel was signed for at your door, with your name.")

    def _decide(self, live: Live, *, accept: bool, note: str) -> None:
        aftersales.services.decide_dispute(
            dispute=_dispute(live), accept=accept, note=note, by=self.cast.users["support"]
        )

    def withdraw(self, live: Live) -> None:
        aftersales.services.withdraw_dispute(dispute=_dispute(live))


_ALONE = frozenset({"place", "pick", "pack", "cancel", "ship", "ship_two"})  # what needs nothing to be read before
_DEEDS: dict[str, Callable[[Teller, Live], None]] = {
    name: getattr(Teller, name)
    for name in (
        *("place", "pick", "pack", "cancel", "ship", "ship_two", "prove_code", "prove_signature", "prove_name"),
        *("ask_return", "approve_return", "reject_return", "cancel_return", "send_return", "pay"),
        *("dispute", "accept", "decline", "withdraw"),
    )
}


def _order(live: Live) -> Order:
    assert live.order
    live.order.refresh_from_db()
    return live.order


def _shipment(live: Live) -> Shipment:
    assert live.out
    live.out.shipment.refresh_from_db()
    return live.out.shipment


def _return(live: Live) -> Return:
    assert live.return_case
    live.return_case.refresh_from_db()
    return live.return_case


def _dispute(live: Live) -> Dispute:
    assert live.dispute
    live.dispute.refresh_from_db()
    return live.dispute


def _signature(live: Live, step: Step) -> str:
    """Who signs: the customer, or at the end of a return the warehouse; most parcels are just left."""
    if step.is_back:
        return live.tale.shop.name
    return live.tale.person.name if sum(live.tale.number.encode()) % 2 else ""


def _where(kind: str, origin: Place, destination: Place, passed: int) -> Place:
    if kind in ("announced", "picked_up", "returned"):
        return origin
    if kind in ("out", "not_home", "delivered", "pickup_point", "returning"):
        return destination
    hubs = way(origin, destination)
    return hubs[min(max(passed - 2, 0), len(hubs) - 1)]
