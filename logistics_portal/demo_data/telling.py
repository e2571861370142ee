"""Tells the story: everything happens in its order and at its time, through the services that serve real life."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber

import orders.services
import tracking.services
from logistics_portal.imports.signing import sign
from logistics_portal.kernel import work
from logistics_portal.kernel.models import Event
from notifications.models import Message
from tracking.models import CarrierPayload

from . import numbers
from .casting import Tale
from .clock import StoryClock
from .disputing import DISPUTING
from .lives import Going, Live, order_of, shipment_of
from .payloads import CODES, Happening, Trip, write
from .places import Place, way
from .plots import OPTIONAL, Step
from .returning import RETURNING
from .silence import forget_news, hold_bells, interfere
from .talking import TALKING
from .world import Cast

PUSHED_AFTER = timedelta(minutes=4)  # carriers tell a little after they scan
SIGNATURE = "M20 120 L60 40 L95 130 L140 60 M170 90 L220 70 L260 110 L330 50 L400 100"
REST = timedelta(hours=5)  # events and messages wait no longer than this
NEWS = timedelta(days=2.5)  # what was told before is forgotten: to write it all would take most of the loading


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
        self._place(live, live.tale.number)

    def place_twin(self, live: Live) -> None:
        """The same once more: a second click, or a second gift."""
        self._place(live, f"{live.tale.number}-2")

    def _place(self, live: Live, number: str) -> None:
        tale, person = live.tale, live.tale.person
        live.eta = timezone.localdate(timezone.now()) + timedelta(days=3)
        draft = orders.services.OrderDraft(
            number=number,
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
        orders.services.start_picking(order=order_of(live))

    def pack(self, live: Live) -> None:
        orders.services.pack_order(order=order_of(live))

    def cancel(self, live: Live) -> None:
        orders.services.cancel_order(order=order_of(live))

    def ship(self, live: Live) -> None:
        self._ship(live, parcels=1)

    def ship_two(self, live: Live) -> None:
        self._ship(live, parcels=2)

    def ship_part(self, live: Live) -> None:
        self._ship(live, parcels=1, is_part=True)

    def _ship(self, live: Live, *, parcels: int, is_part: bool = False) -> None:
        road, order = live.tale.road, order_of(live)
        boxes = _boxes(live.tale.lines, parcels + is_part)[:parcels]
        given = [self.numbers.next(road.carrier, road.teller) for _ in range(parcels)]
        weight = sum((line.weight_g or 0) * line.quantity for line in live.tale.lines) // parcels + 120
        shipment = tracking.services.create_shipment(
            order=order,
            carrier=road.carrier,
            service=road.service,
            parcels=[
                tracking.services.ParcelDraft(number, weight_g=weight, contents=contents)
                for number, contents in zip(given, boxes, strict=True)
            ],
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
        shipment = shipment_of(live)
        code = tracking.services.handover_code(shipment) or ""
        tracking.services.prove_delivery(shipment=shipment, code=code, courier=self.cast.users["courier"])

    def prove_signature(self, live: Live) -> None:
        tracking.services.prove_delivery(
            shipment=shipment_of(live),
            received_by=live.tale.person.name,
            signature_svg=SIGNATURE,
            courier=self.cast.users["courier"],
        )

    def prove_name(self, live: Live) -> None:
        tracking.services.prove_delivery(
            shipment=shipment_of(live), received_by=live.tale.person.name, courier=self.cast.users["courier"]
        )


def _boxes(lines: Sequence[orders.services.LineDraft], count: int) -> list[Mapping[str, int]]:
    """The pieces of an order dealt out to boxes; nothing is told of boxes of which one would stay empty."""
    pieces = [line.sku for line in lines for _ in range(line.quantity)]
    if count == 1 or len(pieces) < count:
        return [{} for _ in range(count)]
    return [Counter(pieces[number::count]) for number in range(count)]


_ALONE = frozenset(
    {
        *("place", "place_twin", "pick", "pack", "cancel", "ship", "ship_two", "ship_part", "pay_by_card"),
        "receive_damaged",
        *("offer_part", "grant_replacement", "let_pass", "order_again", "add_receiver", "open_receivers_link"),
        *("ask_support", "answer_support", "thank_support", "solve_support", "rate_support"),
    }
)
_DEEDS: dict[str, Callable[[Teller, Live], None]] = {
    **{
        name: getattr(Teller, name)
        for name in (
            *("place", "place_twin", "pick", "pack", "cancel", "ship", "ship_two", "ship_part"),
            *("prove_code", "prove_signature", "prove_name"),
        )
    },
    **RETURNING,
    **DISPUTING,
    **TALKING,
}


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
