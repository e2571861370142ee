"""What is promised, and when a promise is no longer shown."""

from datetime import UTC, date, datetime, time

import pytest

from merchants.models import Merchant
from orders.models import Order
from tracking.arrival import Arrival, arrival
from tracking.models import Shipment

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def order(**changes: object) -> Order:
    given = {"country": "DE", "merchant": Merchant(time_zone="Europe/Berlin"), "promised_on": date(2026, 5, 9)}
    return Order(**{**given, **changes})


def shipment(**changes: object) -> Shipment:
    return Shipment(**{"status": "in_transit", **changes})


def test_the_carriers_word_comes_before_the_merchants() -> None:
    assert arrival(order(), shipment(), now=NOW) == Arrival(on=date(2026, 5, 9))
    told = shipment(carrier_eta=date(2026, 5, 6))
    assert arrival(order(), told, now=NOW) == Arrival(on=date(2026, 5, 6), by_carrier=True)


def test_hours_are_those_of_the_place_it_goes_to() -> None:
    hours = {
        "eta_from": datetime(2026, 5, 5, 23, 15, tzinfo=UTC),
        "eta_to": datetime(2026, 5, 6, 3, 15, tzinfo=UTC),
    }
    in_china = arrival(order(country="CN"), shipment(**hours), now=NOW)
    assert in_china == Arrival(on=date(2026, 5, 6), from_time=time(7, 15), to_time=time(11, 15), by_carrier=True)


def test_a_country_of_several_zones_is_read_by_its_region() -> None:
    ends = datetime(2026, 5, 6, 4, tzinfo=UTC)
    in_california = arrival(order(country="US", region="CA"), shipment(eta_to=ends), now=NOW)
    assert in_california == Arrival(on=date(2026, 5, 5), to_time=time(21), by_carrier=True)


def test_a_window_over_days_names_both() -> None:
    days = {"eta_from": datetime(2026, 5, 6, 8, tzinfo=UTC), "eta_to": datetime(2026, 5, 8, 8, tzinfo=UTC)}
    told = arrival(order(), shipment(**days), now=NOW)
    assert told == Arrival(on=date(2026, 5, 6), until=date(2026, 5, 8), by_carrier=True)


def test_a_day_that_passed_is_late_from_the_next_day_on() -> None:
    assert not arrival(order(), shipment(carrier_eta=date(2026, 5, 4)), now=NOW).is_late
    assert arrival(order(), shipment(carrier_eta=date(2026, 5, 3)), now=NOW).is_late


@pytest.mark.parametrize("status", ["delivered", "returned", "returning", "expired", "available_for_pickup"])
def test_nothing_is_promised_for_what_does_not_come(status: str) -> None:
    assert arrival(order(), shipment(status=status, carrier_eta=date(2026, 5, 6)), now=NOW) is None


def test_a_canceled_order_promises_nothing() -> None:
    assert arrival(order(status=Order.Status.CANCELED), None, now=NOW) is None
    assert arrival(order(), None, now=NOW) == Arrival(on=date(2026, 5, 9))


def test_a_zone_that_nobody_knows_is_read_as_utc() -> None:
    nowhere = order(country="XX", merchant=Merchant(time_zone="Mars/Olympus"))
    told = arrival(nowhere, shipment(eta_to=datetime(2026, 5, 6, 4, tzinfo=UTC)), now=NOW)
    assert told == Arrival(on=date(2026, 5, 6), to_time=time(4), by_carrier=True)


def test_a_parcel_on_the_round_is_not_promised_for_a_later_day() -> None:
    told = shipment(status="out_for_delivery", last_event_at=NOW, carrier_eta=date(2026, 5, 6))
    assert arrival(order(), told, now=NOW) == Arrival(on=date(2026, 5, 4), by_carrier=True)
    late = shipment(status="out_for_delivery", last_event_at=NOW, carrier_eta=date(2026, 5, 2))
    assert arrival(order(), late, now=NOW) == Arrival(on=date(2026, 5, 2), is_late=True, by_carrier=True)
