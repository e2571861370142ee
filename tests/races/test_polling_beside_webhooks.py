"""Carriers that are slow to answer hold nobody up: with the real workers, beside thousands of questions that are due.

Webhooks are read at once, budgets hold over all processes, and a worker that is killed while it asks loses nothing.
"""

import json
import sys
import time
import urllib.request
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import close_old_connections
from django.db.models import F
from django.utils import timezone

from logistics_portal.kernel.bulk import insert_rows
from logistics_portal.processes import wait_until
from merchants.models import Merchant
from tests import build
from tests.races import aftership
from tests.races.portal_processes import Workers, database_of_its_own, kill, workers
from tests.servers.carrier_server import API_KEY
from tests.servers.processes import Running, running
from tracking.models import CarrierAccount, CarrierPayload, Parcel, Poll, Shipment, TrackingEvent

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"),
]
DUE = 3000
KILLED_AMONG = 400
WEBHOOKS = 120
READ_WITHIN = 2.0
RESTART = 60.0
SLACK = 4  # seconds: turns that lie a second ahead or two back are taken, and workers look four times a second


def parcels(merchant: Merchant, count: int, carrier: str = "dhl") -> list[Parcel]:
    """Many parcels of one order, without the ceremony of shipping each."""
    order = build.order(merchant=merchant)
    made = [Shipment(merchant=merchant, order=order, carrier=carrier) for _ in range(count)]
    insert_rows(Shipment, made)
    rows = [
        Parcel(shipment=shipment, merchant=merchant, carrier=carrier, tracking_number=f"JJD{number:012d}")
        for number, shipment in enumerate(made)
    ]
    insert_rows(Parcel, rows)
    now = timezone.now()
    insert_rows(Poll, [Poll(parcel_id=row.pk, due_at=now) for row in rows])
    return rows


def account(carrier: Running, **changes: object) -> CarrierAccount:
    given = {"carrier": "dhl", "label": "asks", "credentials": {"api_key": API_KEY, "base_url": carrier.url}}
    return CarrierAccount.objects.create(**{**given, "polls_per_minute": 6000, **changes})


def set_mood(carrier: Running, **mood: object) -> None:
    request = urllib.request.Request(f"{carrier.url}/mood", json.dumps(mood).encode(), method="POST")
    urllib.request.urlopen(request).close()


def test_webhooks_are_read_at_once_while_thousands_of_questions_are_due(tmp_path: Path) -> None:
    with (
        database_of_its_own() as url,
        running("carrier_server", tmp_path / "journal", "--delay", "1.0") as carrier,
        workers(url, tmp_path / "workers.log") as portal,
    ):
        merchant = build.merchant()
        build.carrier_account("aftership")
        numbers = [build.shipment(build.order(merchant=merchant)).parcels.get().tracking_number for _ in range(20)]
        assert wait_until(portal.is_complete, RESTART)
        account(carrier)
        parcels(merchant, DUE)
        assert wait_until(lambda: len(carrier.told()) > 32, 20), (tmp_path / "workers.log").read_text()[-3000:]
        waited = sorted(_tell_and_wait(numbers[index % 20], index) for index in range(WEBHOOKS))
        asked = len(carrier.told())
        portal.stop()
    print(f"{WEBHOOKS} webhooks read: p50 {waited[WEBHOOKS // 2]:.2f} s, p99 {waited[int(0.99 * WEBHOOKS) - 1]:.2f} s")
    assert waited[int(0.99 * len(waited)) - 1] <= READ_WITHIN, waited[-5:]
    assert asked < DUE, "the questions were over before the last webhook came: this showed nothing"
    assert not any(line["too_soon"] for line in carrier.told())


def _tell_and_wait(number: str, index: int) -> float:
    before = TrackingEvent.objects.filter(description=f"Scan {index}").count()
    started = time.monotonic()
    assert aftership.post(aftership.body(number, [aftership.checkpoint(index)])) == 202
    wait_until(lambda: TrackingEvent.objects.filter(description=f"Scan {index}").count() > before, 30, pause=0.02)
    return time.monotonic() - started


def test_the_budget_holds_and_a_killed_worker_loses_no_answer(tmp_path: Path) -> None:
    with (
        database_of_its_own() as url,
        running("carrier_server", tmp_path / "journal", "--delay", "0.3") as carrier,
        workers(url, tmp_path / "workers.log") as portal,
    ):
        merchant = build.merchant()
        assert wait_until(portal.is_complete, RESTART)
        account(carrier, polls_per_minute=900)
        parcels(merchant, KILLED_AMONG)
        for _ in range(2):
            before = len(carrier.told())
            assert wait_until(lambda before=before: len(carrier.told()) > before + 15, 90), _left(tmp_path)
            _kill_who_asks(portal)
        assert wait_until(_all_asked, 120, pause=0.3)
        _those_in_hand_wait_no_longer()
        assert wait_until(_all_read, 90, pause=0.3), _left(tmp_path)
        assert TrackingEvent.objects.count() == 3 * KILLED_AMONG, "an event was lost or doubled"
        portal.stop()
    told = carrier.told()
    for first, last in ((line["at"], line["at"] + 5) for line in told):
        assert sum(first <= line["at"] < last for line in told) <= (5 + SLACK) * 900 / 60
    asked = Counter(number for line in told for number in line["numbers"])
    assert len(asked) == KILLED_AMONG


def _kill_who_asks(portal: Workers) -> None:
    for pid in portal.pool():
        kill(pid)


def _all_asked() -> bool:
    close_old_connections()
    return not Poll.objects.filter(asked_at=None).exists()


def _those_in_hand_wait_no_longer() -> None:
    """Half an hour passes for those whose answer died with its worker; leases are seconds here."""
    close_old_connections()
    later = timezone.now() + timedelta(minutes=1)
    lost = Poll.objects.filter(answer_digest="", due_at__gt=later)
    lost.update(asked_at=F("asked_at") - timedelta(minutes=31), due_at=timezone.now())


def _all_read() -> bool:
    close_old_connections()
    _those_in_hand_wait_no_longer()
    return not CarrierPayload.objects.open().exists() and TrackingEvent.objects.count() >= 3 * KILLED_AMONG


def _left(folder: Path) -> str:
    polls = list(Poll.objects.filter(answer_digest="").values("attempts", "due_at", "asked_at", "last_error")[:5])
    return f"{polls} {TrackingEvent.objects.count()}\n{(folder / 'workers.log').read_text()[-3000:]}"
