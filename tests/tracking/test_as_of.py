"""What the portal showed at a moment is computed from what it kept, and is what it showed."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

import tracking.services
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tracking.carriers.base import Observation, OffsetSource, ScanEvent, Status
from tracking.models import CarrierPayload, Incident, Parcel, Shipment
from tracking.services.as_of import NOT_KEPT, NotThereYet, history_of, shipment_as_of
from tracking.services.scans import Told
from tracking.services.timeline import record
from tracking.timeline import events_of

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
FOLDED = (
    *("status", "reason", "last_event_at", "last_place", "out_for_delivery_at", "delivered_at", "signed_by"),
    "carrier_eta",
)
STATUSES = [*Status]


def scan(minute: int, status: Status, number: int) -> ScanEvent:
    return ScanEvent(
        occurred_at=NOON + timedelta(minutes=minute) if minute else None,
        offset_source=OffsetSource.STATED,
        status=status,
        reason="carrier_delay" if status is Status.EXCEPTION else "",
        code=f"C{number}",
        description=f"Scan {number}",
        place=("", "Berlin", "Hamburg")[number % 3],
        signed_by="Ann" if status is Status.DELIVERED else "",
        identity=f"scan {number}",
    )


SCANS = some.builds(scan, some.integers(0, 40), some.sampled_from(STATUSES), some.integers(0, 12))
DELIVERIES = some.lists(
    some.tuples(
        some.lists(SCANS, min_size=0, max_size=6),
        some.sampled_from(["kuaidi100", "aftership", ""]),  # one that repeats whole trails, one that doesn't, a person
        some.integers(0, 1),  # which parcel
        some.sampled_from([None, None, date(2026, 5, 6), date(2026, 5, 7)]),
    ),
    min_size=1,
    max_size=7,
)


def tell(parcel: Parcel, scans: list[ScanEvent], carrier: str, eta: date | None) -> None:
    payload = CarrierPayload.objects.create(carrier=carrier, body=b"{}") if carrier else None
    seen = Observation(tracking_number=parcel.tracking_number, events=tuple(scans), carrier="dhl", carrier_eta=eta)
    record([Told(parcel=parcel, observation=seen, payload=payload)], recorded_at=timezone.now())


def shown(shipment: Shipment) -> dict[str, Any]:
    """What the portal shows of a shipment now, by its columns and its timeline."""
    row = Shipment.objects.get(pk=shipment.pk)
    events = events_of(row.order_id)
    parcels = row.parcels.order_by("pk")
    return {
        **{name: getattr(row, name) for name in FOLDED},
        "parcels": [(one.status, one.reason, one.delivered_at) for one in parcels],
        "events": [[(event.pk, event.is_struck) for event in events.get(one.pk, [])] for one in parcels],
    }


def computed(shipment: Shipment, moment: datetime) -> dict[str, Any]:
    """The same as of a moment."""
    seen = shipment_as_of(shipment=shipment, moment=moment)
    return {
        **{name: getattr(seen.shipment, name) for name in FOLDED},
        "parcels": [(one.parcel.status, one.parcel.reason, one.parcel.delivered_at) for one in seen.parcels],
        "events": [[(event.pk, event.is_struck) for event in one.events] for one in seen.parcels],
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries=DELIVERIES)
def test_every_moment_is_what_was_shown_then(acme: Merchant, deliveries: list[tuple]) -> None:
    parcels = [tracking.services.ParcelDraft(f"NUMBER{next(build._numbers)}") for _ in range(2)]
    shipment = tracking.services.create_shipment(
        order=build.order(merchant=acme), carrier="dhl", parcels=parcels, at=timezone.now() - timedelta(seconds=1)
    )
    rows = list(shipment.parcels.order_by("pk"))
    seen = [(timezone.now(), shown(shipment))]
    for scans, carrier, which, eta in deliveries:
        tell(rows[which], scans, carrier, eta)
        seen.append((timezone.now(), shown(shipment)))
    for moment, live in seen:
        assert computed(shipment, moment) == live
    assert computed(shipment, timezone.now() + timedelta(days=1)) == seen[-1][1]


@pytest.fixture
def shipment(order: Order) -> Shipment:
    return build.shipment(order, at=timezone.now() - timedelta(hours=1))


def test_a_strike_counts_from_when_it_was_told(shipment: Shipment) -> None:
    parcel = shipment.parcels.get()
    first, wrong, last = scan(1, Status.IN_TRANSIT, 1), scan(2, Status.DELIVERED, 2), scan(3, Status.IN_TRANSIT, 3)
    tell(parcel, [first, wrong], "kuaidi100", None)
    before = timezone.now()
    tell(parcel, [first, last], "kuaidi100", None)
    then, now = (
        shipment_as_of(shipment=shipment, moment=before),
        shipment_as_of(shipment=shipment, moment=timezone.now()),
    )
    assert (then.shipment.status, now.shipment.status) == ("delivered", "in_transit")
    assert [event.is_struck for event in then.parcels[0].events] == [False, False]
    assert [event.is_struck for event in now.parcels[0].events] == [False, True, False]


def test_what_was_known_late_was_not_known_before(shipment: Shipment) -> None:
    parcel = shipment.parcels.get()
    build.scan(parcel, "delivered", at=timezone.now() - timedelta(days=2))
    assert shipment_as_of(shipment=shipment, moment=timezone.now() - timedelta(minutes=1)).shipment.status == "pending"
    assert shipment_as_of(shipment=shipment, moment=timezone.now()).shipment.status == "delivered"


def test_before_it_was_there_there_is_nothing(shipment: Shipment) -> None:
    with pytest.raises(NotThereYet):
        shipment_as_of(shipment=shipment, moment=shipment.created_at - timedelta(seconds=1))


def test_an_imported_day_is_known_but_not_since_when(shipment: Shipment) -> None:
    Shipment.objects.update(carrier_eta=date(2026, 5, 6))
    seen = shipment_as_of(shipment=shipment, moment=timezone.now())
    assert (seen.shipment.carrier_eta, seen.is_eta_kept) == (None, False)


def test_incidents_stand_from_opening_to_closing(shipment: Shipment, staff: Any) -> None:
    incident = Incident.objects.create(
        merchant=shipment.merchant,
        shipment=shipment,
        rule="damaged",
        occasion="x",
        blame=Incident.Blame.CARRIER,
        due_at=timezone.now(),
    )
    opened = timezone.now()
    tracking.services.close_incident(incident=incident, by=staff, note="done")
    history = history_of(Shipment.objects.all())
    counts = [len(history.at(moment)[0].incidents) for moment in (incident.opened_at, opened, timezone.now())]
    assert counts == [1, 1, 0]
    assert len(history.at(incident.opened_at - timedelta(seconds=1))[0].incidents) == 0


def test_changes_that_came_together_are_one_step(shipment: Shipment) -> None:
    parcel = shipment.parcels.get()
    start = timezone.now() - timedelta(minutes=30)
    for minutes, number in ((0, 1), (0, 2), (10, 3)):
        seen = Observation(tracking_number="", events=(scan(number, Status.IN_TRANSIT, number),))
        record([Told(parcel=parcel, observation=seen)], recorded_at=start + timedelta(minutes=minutes, seconds=number))
    steps = history_of(Shipment.objects.all()).changes()
    assert steps == [shipment.created_at, start + timedelta(seconds=2), start + timedelta(minutes=10, seconds=3)]


def test_it_costs_the_same_whatever_was_told(order: Order) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            history_of(Shipment.objects.filter(order=order)).at(timezone.now())
        return len(asked)

    build.scan(build.shipment(order).parcels.get(), "in_transit")
    few = cost()
    for _ in range(3):
        parcel = build.shipment(order).parcels.get()
        for minute in range(5):
            build.scan(parcel, "in_transit", at=NOON + timedelta(minutes=minute))
        tell(parcel, [scan(1, Status.IN_TRANSIT, 1), scan(9, Status.IN_TRANSIT, 2)], "kuaidi100", date(2026, 5, 6))
    assert cost() == few == 6


def test_nothing_is_written_by_looking_back(shipment: Shipment) -> None:
    build.scan(shipment.parcels.get(), "delivered")
    before = Shipment.objects.filter(pk=shipment.pk).values().get()
    shipment_as_of(shipment=shipment, moment=timezone.now() - timedelta(minutes=1))
    assert Shipment.objects.filter(pk=shipment.pk).values().get() == before
    assert set(NOT_KEPT) <= {field.name for field in Shipment._meta.fields} | {"word_by"}
