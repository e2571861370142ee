"""Timelines as customers read them, and what strangers do not."""

from datetime import UTC, date, datetime, timedelta

from tracking.carriers.base import OffsetSource
from tracking.models import TrackingEvent, TrackingStatus
from tracking.timeline import timeline

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def event(hours: float | None = 0, status: str = TrackingStatus.IN_TRANSIT, **changes: object) -> TrackingEvent:
    at = None if hours is None else NOON - timedelta(hours=hours)
    given = {"occurred_at": at, "utc_offset_min": 0, "status": status, "description": "Scan"}
    return TrackingEvent(**{**given, **changes})


def texts(events: list[TrackingEvent], secrets: list[str] | None = None) -> list[str]:
    told = timeline(events, secrets=secrets)
    return [moment.text for day in (*told.shown, *told.rest) for moment in day.moments]


def test_no_events_are_an_empty_timeline() -> None:
    told = timeline([])
    assert (told.shown, told.rest, told.count) == ((), (), 0)


def test_days_are_those_of_the_place() -> None:
    late = event(0, occurred_at=datetime(2026, 5, 4, 20, tzinfo=UTC), utc_offset_min=480)
    told = timeline([late, event(1)])
    assert [day.on for day in told.shown] == [date(2026, 5, 5), date(2026, 5, 4)]


def test_a_fourth_event_is_shown_and_a_fifth_is_folded() -> None:
    assert timeline([event(hours) for hours in range(4)]).rest == ()
    told = timeline([event(hours) for hours in range(5)])
    assert sum(len(day.moments) for day in told.shown) == 3
    assert sum(len(day.moments) for day in told.rest) == 2


def test_only_a_change_of_status_is_a_milestone() -> None:
    told = timeline([event(0, TrackingStatus.DELIVERED), event(1), event(2), event(None)])
    assert [moment.is_milestone for day in told.shown for moment in day.moments] == [True, False, True, False]


def test_machines_get_the_offset_only_where_the_carrier_stated_it() -> None:
    stated, guessed = event(0, utc_offset_min=120), event(0, utc_offset_min=120, offset_source=OffsetSource.ASSUMED)
    moments = [timeline([one]).shown[0].moments[0] for one in (stated, guessed)]
    assert [moment.machine_time for moment in moments] == ["2026-05-04T14:00+02:00", "2026-05-04T14:00"]


def test_strangers_do_not_see_names_streets_or_numbers_in_the_carriers_words() -> None:
    secrets = ["王小明", "建国路88号", "Ann Archer", "Li"]
    said = texts(
        [
            event(0, description="收件人王小明，地址建国路88号，电话138-1234-5678"),
            event(1, description="Handed to ANN archer, delivery by Li"),
            event(2, TrackingStatus.DELIVERED, description="Left with neighbor Schmidt"),
        ],
        secrets,
    )
    assert said == ["收件人•••，地址•••，电话•••", "Handed to •••, delivery by •••", "Delivered"]


def test_the_holder_reads_the_carriers_own_words() -> None:
    assert texts([event(0, TrackingStatus.DELIVERED, description="Left with neighbor Schmidt")]) == [
        "Left with neighbor Schmidt"
    ]


def test_an_event_without_words_is_told_by_its_reason_or_status() -> None:
    said = texts([event(0, "exception", description="", reason="carrier_damaged_parcel"), event(1, description=" ")])
    assert said == ["Damaged", "On its way"]
