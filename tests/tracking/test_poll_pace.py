"""When the next question comes, as a table."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from tracking.carriers.base import Status
from tracking.pace import PACES, Facts, Stop, next_ask, why_stopped

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)  # a Wednesday, 11 o'clock in Berlin
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def facts(**changes: object) -> Facts:
    given = {
        "created_at": NOW - 2 * DAY,
        "status": Status.IN_TRANSIT,
        "news_at": NOW - HOUR,
        "zone": BERLIN,
        "country": "DE",
        "asked_at": NOW,
        "spread": 0.5,
    }
    return Facts(**{**given, **changes})


def wait(**changes: object) -> timedelta:
    return next_ask(facts(**changes), NOW) - NOW


def test_the_first_question_comes_at_once() -> None:
    assert next_ask(facts(asked_at=None), NOW) == NOW


@pytest.mark.parametrize(
    ("changes", "hours"),
    [
        ({"status": Status.PENDING, "news_at": None}, 3),
        ({"status": Status.INFO_RECEIVED}, 3),
        ({}, 2),
        ({"expected_on": date(2026, 11, 18)}, 0.75),
        ({"expected_on": date(2026, 11, 17)}, 2),  # late: as often as any
        ({"status": Status.OUT_FOR_DELIVERY}, 0.5),
        ({"status": Status.ATTEMPT_FAILED}, 2),
        ({"status": Status.AVAILABLE_FOR_PICKUP}, 3),
        ({"status": Status.EXCEPTION}, 3),
        ({"status": Status.EXCEPTION, "reason": "customs_inspection"}, 6),
        ({"status": Status.RETURNING}, 6),
        ({"status": Status.DELIVERED, "ended_at": NOW - HOUR}, 8),
    ],
)
def test_the_nearer_the_sooner(changes: dict, hours: float) -> None:
    assert wait(**changes) == timedelta(hours=hours)


def test_each_answer_without_news_makes_the_wait_longer_up_to_a_bound() -> None:
    waits = [wait(empty_answers=number) for number in range(12)]
    assert all(later >= earlier for earlier, later in pairwise(waits))
    assert waits[1] == 1.5 * waits[0]
    assert waits[-1] == PACES[Status.IN_TRANSIT].at_most
    assert wait(empty_answers=1000) == waits[-1]


def test_never_sooner_than_the_carrier_allows() -> None:
    assert wait(status=Status.OUT_FOR_DELIVERY, at_most_every=2 * HOUR) == 2 * HOUR
    overdue = facts(asked_at=NOW - timedelta(minutes=10), status=Status.OUT_FOR_DELIVERY, spread=0.0)
    assert next_ask(overdue, NOW) == NOW + timedelta(minutes=20)


def test_nothing_is_delivered_at_night() -> None:
    night = datetime(2026, 11, 18, 21, 50, tzinfo=UTC)  # 22:50 in Berlin
    at = next_ask(facts(status=Status.OUT_FOR_DELIVERY, asked_at=night, news_at=night), night)
    assert at.astimezone(BERLIN) == datetime(2026, 11, 19, 6, 15, tzinfo=BERLIN)
    early = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
    at = next_ask(facts(status=Status.OUT_FOR_DELIVERY, asked_at=early, news_at=early), early)
    assert at.astimezone(BERLIN) == datetime(2026, 11, 18, 6, 15, tzinfo=BERLIN)
    assert next_ask(facts(asked_at=night, news_at=night), night) == night + 2 * HOUR, "the rest goes on by night"


def test_the_expected_day_begins_in_its_morning_however_long_the_wait() -> None:
    late = datetime(2026, 11, 18, 20, 0, tzinfo=UTC)
    at = next_ask(facts(asked_at=late, news_at=late, empty_answers=9, expected_on=date(2026, 11, 19)), late)
    assert at.astimezone(BERLIN) == datetime(2026, 11, 19, 6, 15, tzinfo=BERLIN)


def test_sundays_are_slow_where_nets_rest_but_not_for_what_is_near() -> None:
    sunday = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    resting = facts(asked_at=sunday, news_at=sunday)
    assert next_ask(resting, sunday) == sunday + 4 * HOUR
    assert next_ask(replace(resting, country="CN"), sunday) == sunday + 2 * HOUR
    near = replace(resting, status=Status.OUT_FOR_DELIVERY)
    assert next_ask(near, sunday) == sunday + HOUR / 2


def test_parcels_made_together_are_not_asked_about_together() -> None:
    waits = {wait(spread=spread) for spread in (0.0, 0.25, 0.5, 0.75, 1.0)}
    assert len(waits) == 5
    assert min(waits) == 0.9 * 2 * HOUR
    assert max(waits) == 1.1 * 2 * HOUR


def test_a_label_that_nobody_scans_is_slow_after_three_days_and_stops_after_thirty() -> None:
    unknown = facts(status=Status.PENDING, news_at=None, created_at=NOW - 4 * DAY)
    assert next_ask(unknown, NOW) - NOW == 12 * HOUR
    given_up = replace(unknown, created_at=NOW - 31 * DAY)
    assert why_stopped(given_up, NOW) is Stop.NEVER_KNOWN
    assert next_ask(given_up, NOW) is None


@pytest.mark.parametrize(
    ("changes", "stop"),
    [
        ({"news_at": NOW - 59 * DAY, "created_at": NOW - 80 * DAY}, None),
        ({"news_at": NOW - 61 * DAY, "created_at": NOW - 80 * DAY}, Stop.SILENT),
        ({"status": Status.DELIVERED, "ended_at": NOW - 2 * DAY, "news_at": NOW - 2 * DAY}, None),
        (
            {
                "status": Status.DELIVERED,
                "ended_at": NOW - 4 * DAY,
                "news_at": NOW - 4 * DAY,
                "created_at": NOW - 9 * DAY,
            },
            Stop.ENDED,
        ),
        (
            {
                "status": Status.RETURNED,
                "ended_at": NOW - 4 * DAY,
                "news_at": NOW - 4 * DAY,
                "created_at": NOW - 9 * DAY,
            },
            Stop.ENDED,
        ),
        ({"is_retired": True}, Stop.RETIRED),
        ({}, None),
    ],
)
def test_what_stops_the_asking(changes: dict, stop: Stop | None) -> None:
    assert why_stopped(facts(**changes), NOW) == stop
    assert (next_ask(facts(**changes), NOW) is None) == (stop is not None)


@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_pace(status: Status) -> None:
    assert next_ask(facts(status=status), NOW) >= NOW + timedelta(minutes=27)
