"""Web server, workers and PostgreSQL are killed in the middle of an ingest run: no event is lost, and none is doubled.

Carriers post signed payloads over HTTP and send again what was not answered with 202. Whatever was killed meanwhile,
in the end everything that was acknowledged is kept, and everything that was told is known and was told on, once.
"""

import http.client
import queue
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.db import DatabaseError, connection

from logistics_portal.kernel.models import Event
from logistics_portal.kernel.work import KINDS
from logistics_portal.processes import wait_until
from notifications.models import Message
from orders.models import Order
from tests import build
from tests.races import aftership
from tests.races.whole_portal import VICTIMS, WholePortal, survive, whole_portal
from tracking.models import CarrierPayload, Parcel, TrackingEvent, TrackingStatus

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"),
]
PARCELS, SCANS, CARRIERS = 25, 16, 4
PAUSE = 1.2  # seconds between two posts of one carrier, at most; none once the killing is over


@dataclass
class Carrier(threading.Thread):
    """Posts one payload after the other and repeats each until it is answered with 202."""

    port: int
    bodies: "queue.SimpleQueue[bytes]"
    seed: int
    calm: threading.Event
    acknowledged: list[bytes] = field(default_factory=list)
    answers: Counter = field(default_factory=Counter)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        dice = random.Random(self.seed)
        while not self.bodies.empty():
            try:
                body = self.bodies.get_nowait()
            except queue.Empty:  # another carrier was faster
                return
            while self._post(body) != 202:
                time.sleep(dice.uniform(0.05, 0.5))
            self.acknowledged.append(body)
            self.calm.wait(dice.uniform(0, PAUSE))

    def _post(self, body: bytes) -> int:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {"Content-Type": "application/json", "aftership-hmac-sha256": aftership.signature(body)}
        try:
            line.request("POST", aftership.DOOR, body, headers)
            status = line.getresponse().status
        except (OSError, http.client.HTTPException):
            status = 0
        finally:
            line.close()
        self.answers[status] += 1
        return status


def test_whatever_is_killed_no_event_is_lost_or_doubled(tmp_path: Path) -> None:
    with whole_portal(tmp_path) as portal:
        _is_as_durable_as_in_production()
        build.carrier_account("aftership")
        merchant = build.merchant()
        numbers = [_ship(merchant) for _ in range(PARCELS)]
        carriers = _start_posting(portal.web.port, numbers)
        killed = _kill_while_they_post(portal, carriers)
        assert _survives_until(portal, lambda: not any(one.is_alive() for one in carriers), 60), "a post found no door"
        assert _survives_until(portal, lambda: _asked(_nothing_is_due), 60), _what_is_open(portal)
        connection.close()
        assert killed == Counter(VICTIMS)
        _what_was_acknowledged_is_kept(carriers)
        _each_event_is_in_its_timeline_once(numbers)
        _each_fact_was_told_on_once()
        _the_portal_goes_on(portal, numbers[0])


def _is_as_durable_as_in_production() -> None:
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        with connection.cursor() as cursor:
            cursor.execute(f"show {name}")
            assert cursor.fetchone() == ("on",), f"{name} is off"


def _ship(merchant: object) -> str:
    return build.shipment(build.order(merchant=merchant)).parcels.get().tracking_number


def _start_posting(port: int, numbers: list[str]) -> list[Carrier]:
    """Scan by scan of all parcels; each payload repeats the two scans before."""
    bodies: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    for scan in range(SCANS):
        for number in numbers:
            bodies.put(_telling(number, scan))
    calm = threading.Event()
    carriers = [Carrier(port, bodies, seed, calm) for seed in range(CARRIERS)]
    for carrier in carriers:
        carrier.start()
    return carriers


def _telling(number: str, scan: int) -> bytes:
    told = [aftership.checkpoint(index) for index in range(max(0, scan - 2), scan)]
    told.append(aftership.checkpoint(scan, tag="Delivered" if scan == SCANS - 1 else "InTransit"))
    return aftership.body(number, told)


def _kill_while_they_post(portal: WholePortal, carriers: list[Carrier]) -> Counter:
    """Kill the victims in turn, at moments of no plan."""
    dice, killed = random.Random(20261122), Counter()
    for victim in VICTIMS:
        survive(dice.uniform(0.5, 3.0), portal)
        if victim in ("worker", "workers"):
            wait_until(portal.workers.pool, 20)
        if victim == "web process":
            wait_until(portal.web.answering, 20)
        assert any(carrier.is_alive() for carrier in carriers), "everything was posted before everything was killed"
        portal.end(victim, dice)
        killed[victim] += 1
    for carrier in carriers:
        carrier.calm.set()
    return killed


def _survives_until(portal: WholePortal, done: Callable[[], bool], seconds: float) -> bool:
    def look() -> bool:
        portal.restart_the_dead()
        return done()

    return wait_until(look, seconds, pause=0.2)


def _asked(question: Callable[[], bool]) -> bool:
    """The answer, on a connection that may have been cut."""
    try:
        return question()
    except DatabaseError:
        connection.close()
        return False


def _nothing_is_due() -> bool:
    stuck = any(kind.model.objects.stuck().exists() for kind in KINDS.values())
    is_open = any(model.objects.open().exists() for model in (CarrierPayload, Event, Message))
    return not (stuck or is_open or any(kind.due().exists() for kind in KINDS.values()))


def _what_is_open(portal: WholePortal) -> str:
    connection.close()
    left = {
        name: list(kind.model.objects.open().values("attempts", "due_at", "last_error")[:5])
        for name, kind in KINDS.items()
    }
    return f"{left}\n{portal.workers.log.read_text(errors='replace')[-4000:]}"


def _what_was_acknowledged_is_kept(carriers: list[Carrier]) -> None:
    acknowledged = [body for carrier in carriers for body in carrier.acknowledged]
    answers = sum((carrier.answers for carrier in carriers), Counter())
    assert len(acknowledged) == PARCELS * SCANS == answers[202]
    assert answers.total() > answers[202], "nothing was killed while they posted"
    kept = Counter(bytes(body) for body in CarrierPayload.objects.values_list("body", flat=True))
    assert set(kept) == set(acknowledged)
    assert kept.total() <= answers.total(), "a payload was kept that nobody posted"
    assert set(CarrierPayload.objects.values_list("outcome", flat=True)) == {CarrierPayload.Outcome.READ}


def _each_event_is_in_its_timeline_once(numbers: list[str]) -> None:
    scans = sorted(f"Scan {index}" for index in range(SCANS))
    for parcel in Parcel.objects.filter(tracking_number__in=numbers):
        told = TrackingEvent.objects.filter(parcel=parcel).values_list("description", flat=True)
        assert sorted(told) == scans
        assert parcel.status == TrackingStatus.DELIVERED
    assert TrackingEvent.objects.count() == PARCELS * SCANS


def _each_fact_was_told_on_once() -> None:
    """Each change of a status follows the one before, to the end; what subscribers make of it is there once."""
    courses: dict[object, list[dict]] = {}
    for event in Event.objects.filter(name="tracking.status_changed"):
        courses.setdefault(event.subject_id, []).append(event.payload)
    assert len(courses) == PARCELS
    for told in courses.values():
        told.sort(key=lambda change: change["version"])
        statuses = [told[0]["before"], *(change["status"] for change in told)]
        assert [change["before"] for change in told] == statuses[:-1]
        assert statuses == list(dict.fromkeys(statuses)), "a change was published twice"
        assert statuses[-1] == TrackingStatus.DELIVERED
    completed = Event.objects.filter(name="orders.completed").values_list("subject_id", flat=True)
    assert sorted(completed) == sorted(Order.objects.values_list("pk", flat=True))
    messages = Counter(Message.objects.filter(kind="delivered").values_list("order", "channel"))
    assert {channel for _, channel in messages} >= {"sms"}
    assert set(messages.values()) == {1}
    assert len({order for order, _ in messages}) == PARCELS


def _the_portal_goes_on(portal: WholePortal, number: str) -> None:
    """Nothing that was killed has left a lock or a bell behind."""
    late = Carrier(portal.web.port, queue.SimpleQueue(), 99, threading.Event())
    assert late._post(aftership.body(number, [aftership.checkpoint(SCANS, message="Late scan")])) == 202
    late_scans = TrackingEvent.objects.filter(description="Late scan")
    assert wait_until(lambda: late_scans.count() == 1, 30, pause=0.2), _what_is_open(portal)
