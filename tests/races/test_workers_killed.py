"""Whatever is killed, and whenever: no payload, event or message is lost, and nothing is done more often than it was
in somebody's hands.
"""

import random
import sys
import time
from collections import Counter
from pathlib import Path

import psycopg
import pytest
from django.db import close_old_connections
from django_q.models import OrmQ

from logistics_portal.kernel.models import Event
from logistics_portal.processes import wait_until
from notifications.models import DemoDelivery, Message
from tests import build
from tests.races import aftership
from tests.races.portal_processes import WORKERS, Workers, database_of_its_own, kill, seconds_until, workers
from tests.settings_races import WORKERS_STALLED_AFTER
from tracking.models import CarrierPayload, Parcel, TrackingEvent, TrackingStatus

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"),
]
PARCELS, SCANS = 15, 20
VICTIMS = ("pool", "pool", "pool", "pool", "cluster", "sentinels", "watchdog", "watchdog", "connections")
SECONDS_OF_KILLING = 40
RESTART = 12  # seconds in which a cluster starts, with much else running on the machine


def test_nothing_is_lost_when_processes_are_killed(tmp_path: Path) -> None:
    log = tmp_path / "workers.log"
    with database_of_its_own() as database_url:
        build.carrier_account("aftership")
        merchant = build.merchant()
        numbers = [_ship(merchant) for _ in range(PARCELS)]
        with workers(database_url, log) as running:
            killed = _feed_and_kill(running, database_url, numbers)
            assert wait_until(_all_done, 60, pause=0.3), _what_is_open(log)
            _nothing_was_lost(numbers)
            _nothing_was_repeated_beyond_what_was_in_hand(killed)
            _idle_workers_may_be_killed(running, numbers[0])
            _the_bookkeeper_may_be_killed(running)
            running.stop()
    assert killed.total() >= 3, "the machine was too busy to kill anything"


def _ship(merchant: object) -> str:
    shipment = build.shipment(build.order(merchant=merchant))
    return shipment.parcels.get().tracking_number


def _feed_and_kill(running: Workers, database_url: str, numbers: list[str]) -> Counter:
    """Post the scans in rounds, each payload repeating the ones before, and kill something in every round."""
    dice, killed, started = random.Random(20261121), Counter(), time.monotonic()
    victims = [*VICTIMS]
    dice.shuffle(victims)
    rounds = [range(SCANS)[start :: len(victims)] for start in range(len(victims))]
    scan = 0
    for victim, share in zip(victims, rounds, strict=True):
        for _ in share:
            for number in numbers:
                assert aftership.post(_telling(number, scan)) == 202
            scan += 1
        if time.monotonic() - started > SECONDS_OF_KILLING or not wait_until(running.is_complete, 2 * RESTART):
            continue
        time.sleep(dice.uniform(0.0, 1.5))
        if victim == "connections":
            _cut_connections(database_url)
        else:
            running.kill_one(victim, dice)
        killed[victim] += 1
    return killed


def _telling(number: str, scan: int) -> bytes:
    told = [aftership.checkpoint(index) for index in range(max(0, scan - 2), scan)]
    told.append(aftership.checkpoint(scan, tag="Delivered" if scan == SCANS - 1 else "InTransit"))
    return aftership.body(number, told)


def _cut_connections(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as one:
        one.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid() and application_name = ''"
        )
    close_old_connections()


def _all_done() -> bool:
    close_old_connections()
    return not any(model.objects.open().exists() for model in (CarrierPayload, Event, Message))


def _what_is_open(log: Path) -> str:
    left = {
        model.__name__: list(model.objects.open().values("attempts", "due_at", "last_error")[:5])
        for model in (CarrierPayload, Event, Message)
    }
    return f"{left}\n{log.read_text(errors='replace')[-4000:]}"


def _nothing_was_lost(numbers: list[str]) -> None:
    assert CarrierPayload.objects.count() == PARCELS * SCANS
    assert set(CarrierPayload.objects.values_list("outcome", flat=True)) == {CarrierPayload.Outcome.READ}
    for parcel in Parcel.objects.filter(tracking_number__in=numbers):
        told = TrackingEvent.objects.filter(parcel=parcel)
        assert sorted(told.values_list("description", flat=True)) == sorted(f"Scan {index}" for index in range(SCANS))
        assert parcel.status == TrackingStatus.DELIVERED
    changes = Event.objects.filter(name="tracking.status_changed")
    told = Counter(changes.values_list("subject_id", "payload__status"))
    assert set(told.values()) == {1}
    assert sum(status == "delivered" for _, status in told) == PARCELS
    assert len(told) > PARCELS, "nothing was read while processes were killed"


def _nothing_was_repeated_beyond_what_was_in_hand(killed: Counter) -> None:
    statuses = Counter(Message.objects.values_list("status", flat=True))
    assert set(statuses) <= {Message.Status.DELIVERED, Message.Status.WITHDRAWN}, (
        "a message is neither out nor overtaken"
    )
    assert statuses.total() > 2 * PARCELS
    sent, shown = statuses[Message.Status.DELIVERED], DemoDelivery.objects.count()
    assert sent <= shown <= sent + killed.total() * WORKERS


def _idle_workers_may_be_killed(running: Workers, number: str) -> None:
    """An idle worker dies with the queue's lock in its hand: nothing moves until the watchdog sees it."""
    assert wait_until(running.is_complete, 3 * RESTART)
    time.sleep(1)
    for pid in running.pool():
        kill(pid)
    told = aftership.body(number, [aftership.checkpoint(SCANS, message="Late scan")])
    assert aftership.post(told) == 202
    waited = seconds_until(_all_done, 60)
    assert waited < 5 + WORKERS_STALLED_AFTER + 2 * RESTART, "the workers stood still for longer than they may"
    assert TrackingEvent.objects.filter(description="Late scan").count() == 1


def _the_bookkeeper_may_be_killed(running: Workers) -> None:
    """Killed while idle, it leaves jobs in the queue that are done, and its successor can't strike them off."""
    assert wait_until(running.is_complete, 3 * RESTART)
    time.sleep(1)
    before = running.watchdog.pid, running.cluster()
    for pid in running.bookkeepers():
        kill(pid)
    assert wait_until(lambda: _are_others(running.cluster(), before[1]), 60, pause=0.2), "nobody saw that it is dead"
    assert wait_until(lambda: OrmQ.objects.count() <= 3, 3 * RESTART, pause=0.2)
    assert running.watchdog.pid == before[0]


def _are_others(now: list[int], before: list[int]) -> bool:
    return len(now) == len(before) and not set(now) & set(before)
