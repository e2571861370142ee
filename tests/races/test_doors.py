"""Many at one door at once: nothing is lost, and what there is one of is given once."""

from collections import Counter
from collections.abc import Callable

import pytest

from customers.models import Address, Customer
from logistics_portal.kernel import work
from logistics_portal.kernel.models import Event
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.orders.bodies import order_body
from tests.races import aftership
from tests.races.at_once import at_once, failures
from tracking.models import CarrierPayload, Parcel, Shipment, TrackingEvent, TrackingStatus

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def post_at_once(merchant: Merchant, path: str, bodies: list[dict], **headers: str) -> list[tuple[int, dict]]:
    key = build.api_key(merchant)

    def post(body: dict) -> tuple[int, dict]:
        client = build.APIClient(headers={"authorization": f"Bearer {key}", **headers})
        answer = client.post(path, body)
        return answer.status_code, answer.json()

    outcomes = at_once([lambda body=body: post(body) for body in bodies])
    assert failures(outcomes) == []
    return outcomes


def test_sixty_scans_of_one_parcel_are_sixty_scans(order: Order) -> None:
    build.carrier_account("aftership")
    parcel = build.shipment(order).parcels.get()
    told = [aftership.body(parcel.tracking_number, [aftership.checkpoint(number)]) for number in range(60)]
    lanes = [told[start::10] for start in range(10)]
    posters = [lambda lane=lane: [aftership.post(content) for content in lane] for lane in lanes]
    outcomes = at_once([*posters, *[_work_a_while] * 3])
    assert failures(outcomes) == []
    assert [status for lane in outcomes[:10] for status in lane] == [202] * 60
    work.drain()
    assert TrackingEvent.objects.filter(parcel=parcel).count() == 60
    assert set(CarrierPayload.objects.values_list("outcome", flat=True)) == {CarrierPayload.Outcome.READ}
    shipment = Shipment.objects.get()
    assert shipment.status == TrackingStatus.IN_TRANSIT
    assert shipment.last_event_at == aftership.FIRST_SCAN.replace(hour=17, minute=50)
    assert Event.objects.filter(name="tracking.status_changed").count() == 1


def _work_a_while() -> int:
    return sum(work.drain() for _ in range(8))


def test_scans_of_many_parcels_in_crossing_payloads_do_not_deadlock(acme: Merchant) -> None:
    build.carrier_account("aftership")
    numbers = [build.shipment(build.order(merchant=acme)).parcels.get().tracking_number for _ in range(6)]
    for scan in range(8):
        for number in numbers if scan % 2 else reversed(numbers):
            aftership.post(aftership.body(number, [aftership.checkpoint(scan)]))
    small = work.Kind(CarrierPayload, work.KINDS["tracking.carrierpayload"].perform, batch=7, alone=False)

    def read() -> int:
        done = 0
        while rows := work.claim(small):
            done += work._perform_batch(small, rows)
        return done

    assert sum(at_once([read] * 4)) == 48
    assert Counter(TrackingEvent.objects.values_list("parcel__tracking_number", flat=True)) == dict.fromkeys(numbers, 8)


def test_one_tracking_number_is_taken_once(acme: Merchant) -> None:
    orders = [build.order(merchant=acme) for _ in range(10)]
    bodies = [{"order": str(row.pk), "carrier": "dhl", "tracking_number": "JD 0001 0001"} for row in orders]
    outcomes = post_at_once(acme, "/api/v1/shipments/", bodies)
    assert Counter(status for status, _ in outcomes) == {201: 1, 409: 9}
    for status, answer in outcomes:
        if status == 409:
            assert answer["code"] == "unable_to_ship"
            assert "tracking_number" in answer["errors"]
    assert Parcel.objects.count() == Shipment.objects.count() == 1
    assert Order.objects.filter(status=Order.Status.SHIPPED).count() == 1, "a refused shipment must not move its order"


def test_parcels_of_one_order_may_leave_at_once(acme: Merchant, order: Order) -> None:
    bodies = [{"order": str(order.pk), "carrier": "dhl", "tracking_number": f"JD0002000{n}"} for n in range(6)]
    outcomes = post_at_once(acme, "/api/v1/shipments/", bodies)
    assert [status for status, _ in outcomes] == [201] * 6


def test_one_idempotency_key_places_one_order(acme: Merchant) -> None:
    body = order_body(number="ONCE")
    outcomes = post_at_once(acme, "/api/v1/orders/", [body] * 10, **{"idempotency-key": "k-1"})
    assert {status for status, _ in outcomes} == {201}
    assert all(answer == outcomes[0][1] for _, answer in outcomes)
    assert Order.objects.count() == 1
    assert Event.objects.filter(name="orders.placed").count() == 1


def test_without_a_key_the_number_decides(acme: Merchant) -> None:
    outcomes = post_at_once(acme, "/api/v1/orders/", [order_body(number="ONCE")] * 8)
    assert Counter(status for status, _ in outcomes) == {201: 1, 409: 7}
    assert Order.objects.count() == 1


def test_first_orders_of_one_person_make_one_customer(acme: Merchant) -> None:
    outcomes = post_at_once(acme, "/api/v1/orders/", [order_body(number=f"N-{n}") for n in range(8)])
    assert [status for status, _ in outcomes] == [201] * 8
    assert (Customer.objects.count(), Address.objects.count()) == (1, 1)


def test_a_parcel_and_its_first_scan_may_come_at_the_same_moment(acme: Merchant) -> None:
    """Whichever commits first, the scan finds its parcel."""
    build.carrier_account("aftership")
    orders = {f"JD0003000{n}": build.order(merchant=acme) for n in range(8)}

    def ship(number: str) -> Callable[[], object]:
        return lambda: build.shipment(orders[number], number=number)

    def scan(number: str) -> Callable[[], object]:
        def tell() -> int:
            aftership.post(aftership.body(number, [aftership.checkpoint(1)]))
            return work.answer("tracking.carrierpayload")

        return tell

    acts = [act for number in orders for act in (ship(number), scan(number))]
    assert failures(at_once(acts)) == []
    work.drain()
    assert not CarrierPayload.objects.exclude(outcome=CarrierPayload.Outcome.READ).exists()
    assert TrackingEvent.objects.count() == len(orders)
