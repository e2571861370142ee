"""What the workers do by the clock."""

from datetime import UTC, datetime, time, timedelta, timezone
from pydoc import locate

import pytest
from django.conf import settings
from django.utils import timezone as django_timezone
from django_q.models import Schedule
from django_q.scheduler import scheduler

from logistics_portal.kernel.watchdog import ensure_schedules, next_time

pytestmark = pytest.mark.django_db


def test_every_plan_names_a_function() -> None:
    for plan in settings.PORTAL_SCHEDULES:
        assert callable(locate(plan.function)), plan.name
        assert plan.minutes > 0
    names = [plan.name for plan in settings.PORTAL_SCHEDULES]
    assert len(set(names)) == len(names)


def test_the_queue_knows_the_plans_and_a_restart_changes_no_time() -> None:
    ensure_schedules()
    assert {(row.name, row.func) for row in Schedule.objects.all()} == {
        (plan.name, plan.function) for plan in settings.PORTAL_SCHEDULES
    }
    tonight = Schedule.objects.get(name="learn lanes")
    assert django_timezone.now() < tonight.next_run <= django_timezone.now() + timedelta(days=1)
    assert f"{tonight.next_run:%H:%M}" == "02:10"
    later = tonight.next_run + timedelta(minutes=7)
    Schedule.objects.filter(pk=tonight.pk).update(next_run=later, func="gone.away")
    ensure_schedules()
    tonight.refresh_from_db()
    assert (tonight.next_run, tonight.func) == (later, "tracking.services.learn_lanes")


@pytest.mark.django_db(transaction=True)
def test_the_queue_comes_back_after_the_plans_minutes() -> None:
    ensure_schedules()
    due = django_timezone.now().replace(microsecond=0) - timedelta(minutes=1)
    Schedule.objects.filter(name="learn lanes").update(next_run=due)
    scheduler()
    assert Schedule.objects.get(name="learn lanes").next_run == due + timedelta(hours=1)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 3, 1, 2, 9, tzinfo=UTC), 1),
        (datetime(2026, 3, 1, 2, 10, tzinfo=UTC), 2),
        (datetime(2026, 3, 1, 23, 0, tzinfo=UTC), 2),
        (datetime(2026, 3, 1, 1, 0, tzinfo=timezone(timedelta(hours=2))), 1),  # the evening before, in UTC
    ],
)
def test_the_next_time_by_utc(now: datetime, day: int) -> None:
    assert next_time(time(2, 10), now) == datetime(2026, 3, day, 2, 10, tzinfo=UTC)
