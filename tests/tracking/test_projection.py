"""What scans add up to: tables of real-life courses, and the laws that hold for any scans in any order."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracking.carriers.base import Status
from tracking.projection import PROGRESS, EventLike, Projection, project, step_of

START = datetime(2025, 3, 1, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Scan:
    occurred_at: datetime | None
    recorded_at: datetime
    status: str
    reason: str = ""
    code: str = ""
    description: str = ""
    place: str = ""
    country: str = ""
    signed_by: str = ""


def scan(hour: float | None, status: str, **facts: str) -> Scan:
    at = None if hour is None else START + timedelta(hours=hour)
    return Scan(occurred_at=at, recorded_at=START + timedelta(days=30), status=status, **facts)


def course(*statuses: str) -> list[EventLike]:
    return [scan(hour, status) for hour, status in enumerate(statuses)]


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        ((), "pending"),
        (("info_received",), "info_received"),
        (("info_received", "in_transit", "info_received"), "in_transit"),
        (("pending", "info_received", "pending"), "info_received"),
        (("in_transit", "out_for_delivery", "attempt_failed", "in_transit"), "in_transit"),
        (("in_transit", "exception", "in_transit", "out_for_delivery"), "out_for_delivery"),
        (("out_for_delivery", "delivered", "in_transit"), "delivered"),
        (("out_for_delivery", "delivered", "out_for_delivery"), "delivered"),
        (("delivered", "exception"), "delivered"),
        (("delivered", "attempt_failed", "info_received", "expired"), "delivered"),
        (("delivered", "returning"), "returning"),
        (("delivered", "returning", "in_transit"), "returning"),
        (("delivered", "returning", "in_transit", "returned"), "returned"),
        (("returning", "returned", "delivered", "in_transit"), "returned"),
        (("delivered", "available_for_pickup"), "available_for_pickup"),
        (("delivered", "available_for_pickup", "delivered"), "delivered"),
        (("in_transit", "expired"), "expired"),
        (("in_transit", "expired", "in_transit"), "in_transit"),
        (("in_transit", "expired", "info_received"), "expired"),
        (("in_transit", "unknown"), "in_transit"),
        (("delivered", "unknown"), "delivered"),
        (("unknown",), "unknown"),
        (("unknown", "pending"), "pending"),
    ],
)
def test_courses(statuses: tuple[str, ...], status: str) -> None:
    assert project(course(*statuses)).status == status


def test_signed_put_into_a_parcel_shop_and_signed_again() -> None:
    found = project(
        [
            scan(5.17, "delivered", signed_by="front desk"),
            scan(6.87, "available_for_pickup"),
            scan(10.15, "delivered", signed_by="Li"),
        ]
    )
    assert found.status is Status.DELIVERED
    assert found.delivered_at == START + timedelta(hours=10.15)
    assert found.signed_by == "Li"
    assert found.milestones["delivered"] == START + timedelta(hours=5.17)


def test_a_note_after_the_signature_changes_nothing() -> None:
    """SF writes event 8000 after 80: a hint where to see the signature."""
    found = project([scan(1, "delivered", code="80"), scan(2, "in_transit", code="8000", place="Shenzhen")])
    assert found.status is Status.DELIVERED
    assert found.delivered_at == START + timedelta(hours=1)
    assert found.latest is not None
    assert found.latest.code == "80"
    assert found.last_event_at == START + timedelta(hours=2)
    assert found.last_place == "Shenzhen"


def test_scans_of_one_instant() -> None:
    same = [scan(3, "in_transit"), scan(3, "exception"), scan(3, "out_for_delivery"), scan(3, "info_received")]
    assert project(same).status is Status.OUT_FOR_DELIVERY
    assert project([*same, scan(3, "delivered"), scan(3, "available_for_pickup")]).status is Status.DELIVERED


def test_a_scan_without_a_time_decides_only_alone() -> None:
    lost_in_time = scan(None, "delivered", reason="")
    assert project([scan(1, "in_transit"), lost_in_time]).status is Status.IN_TRANSIT
    assert project([lost_in_time]).status is Status.DELIVERED
    assert project([lost_in_time, scan(1, "unknown")]).status is Status.DELIVERED
    assert project([lost_in_time]).delivered_at is None


def test_late_scans_do_not_move_a_shipment_back() -> None:
    early = scan(1, "exception", reason="customs_delay")
    late_arrival = replace(early, recorded_at=START + timedelta(days=60))
    found = project([scan(9, "out_for_delivery", reason=""), late_arrival])
    assert found.status is Status.OUT_FOR_DELIVERY
    assert found.reason == ""


def test_facts_beside_the_status() -> None:
    found = project(
        [
            scan(0, "info_received"),
            scan(2, "in_transit", place="Lyon", country="FR"),
            scan(5, "in_transit", place="Paris", country="FR"),
            scan(20, "out_for_delivery"),
            scan(24, "attempt_failed", reason="consignee_not_home"),
            scan(24, "attempt_failed", reason="consignee_not_home", place="Paris"),
            scan(48, "attempt_failed", reason="consignee_not_home", place="Lille", country="FR"),
            scan(50, "unknown", code="X9"),
            scan(50, "unknown", code="X9"),
        ]
    )
    assert found.status is Status.ATTEMPT_FAILED
    assert found.reason == "consignee_not_home"
    assert found.attempts == 2
    assert found.unknown_count == 1
    assert (found.last_place, found.last_country) == ("Lille", "FR")
    assert found.last_event_at == START + timedelta(hours=50)
    assert found.milestones == {
        "info_received": START,
        "picked_up": START + timedelta(hours=2),
        "out_for_delivery": START + timedelta(hours=20),
        "attempt_failed": START + timedelta(hours=24),
    }


def test_steps_of_the_progress_bar() -> None:
    assert [step_of(status) for status in PROGRESS] == [1, 2, 3, 4]
    assert step_of("pending") == step_of("unknown") == 0
    assert all(0 <= step_of(status) <= len(PROGRESS) for status in Status)


scans = st.builds(
    scan,
    st.none() | st.integers(0, 6),
    st.sampled_from([str(status) for status in Status]),
    code=st.sampled_from(["", "A", "B"]),
    place=st.sampled_from(["", "Lyon", "Graz"]),
    reason=st.sampled_from(["", "weather_delay"]),
    signed_by=st.sampled_from(["", "Ann"]),
)
lists_of_scans = st.lists(scans, max_size=7)


@settings(max_examples=150, deadline=None)
@given(events=lists_of_scans, seed=st.integers(0, 2**16), data=st.data())
def test_order_and_doubles_do_not_matter(events: list[Scan], seed: int, data: st.DataObject) -> None:
    doubled = events + data.draw(st.lists(st.sampled_from(events), max_size=4) if events else st.just([]))
    Random(seed).shuffle(doubled)
    assert project(doubled) == project(events)


@settings(max_examples=150, deadline=None)
@given(events=lists_of_scans, code=st.sampled_from(["", "Q"]), hour=st.none() | st.integers(0, 9))
def test_an_unreadable_code_changes_no_status(events: list[Scan], code: str, hour: int | None) -> None:
    before, after = project(events), project([*events, scan(hour, "unknown", code=code)])
    if any(event.status != "unknown" for event in events):
        assert (after.status, after.reason, after.latest) == (before.status, before.reason, before.latest)
        assert after.milestones == before.milestones


@settings(max_examples=150, deadline=None)
@given(events=lists_of_scans, added=scans)
def test_a_scan_without_a_time_moves_nothing_that_has_one(events: list[Scan], added: Scan) -> None:
    if any(event.occurred_at and event.status != "unknown" for event in events):
        before, after = project(events), project([*events, replace(added, occurred_at=None)])
        assert (after.status, after.milestones) == (before.status, before.milestones)


@settings(max_examples=150, deadline=None)
@given(events=lists_of_scans, status=st.sampled_from(["info_received", "in_transit", "out_for_delivery", "exception"]))
def test_nothing_on_the_way_undoes_an_end(events: list[Scan], status: str) -> None:
    before: Projection = project(events)
    if before.status in (Status.DELIVERED, Status.RETURNED) and before.latest and before.latest.occurred_at:
        assert project([*events, scan(50, status)]).status is before.status
