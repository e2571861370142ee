"""Scans a second from kept payloads to folded timelines with published events, beside bare COPY of the rows.

One process, 100,000 scans over 10,000 shipments, in pushes of an aggregator that carries five scans each: a fifth of
the scans are doubles, a tenth come out of order. ``flatness`` is what is left of that ratio when five million scans are
in the table instead of a hundred thousand.
"""

import argparse
import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any

from bench import portal
from bench.report import seconds, tell

# isort: split
from django.db import connection
from django.utils import timezone

from bench import history
from logistics_portal.kernel import work
from logistics_portal.kernel.models import Event
from tracking.models import CarrierPayload, Parcel, TrackingEvent
from tracking.services.scans import COLUMNS

SHIPMENTS = 10_000
SCANS_A_PUSH = 5
ROUNDS = 5
TAGS = ("InfoReceived", "InTransit", "InTransit", "InTransit", "InTransit", "OutForDelivery", "Delivered", "InTransit")
PLACES = ("Leipzig, DE", "Berlin, DE", "Hamburg, DE", "Köln, DE", "München, DE")
_START = datetime(2026, 11, 1, 8, tzinfo=UTC)


def bodies(numbers: list[str], shuffler: random.Random) -> list[bytes]:
    """Two pushes a shipment: eight new scans in all, two of them told twice; a tenth of the scans out of order."""
    made: list[bytes] = []
    for position, number in enumerate(numbers):
        scans = [_scan(position, step) for step in range(len(TAGS))]
        first, second = scans[:5], scans[3:]
        for push in (first, second):
            if shuffler.random() < 0.5:
                push[0], push[-1] = push[-1], push[0]
            made.append(_push(number, push))
    return made


def _scan(position: int, step: int) -> dict[str, object]:
    when = _START + timedelta(minutes=position % 5000, hours=7 * step)
    return {
        "tag": TAGS[step],
        "subtag": f"{TAGS[step]}_001",
        "message": f"Scan {step} of the parcel on its way",
        "checkpoint_time": when.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
        "location": PLACES[(position + step) % len(PLACES)],
        "country_iso3": "DEU",
        "slug": "dhl",
        "coordinates": [],
        "raw_tag": f"R{step:03d}",
    }


def _push(number: str, scans: list[dict[str, object]]) -> bytes:
    tracking = {"id": number.lower(), "tracking_number": number, "slug": "dhl", "tag": scans[-1]["tag"]}
    message = {"event": "tracking_update", "is_tracking_first_tag": False, "msg": {**tracking, "checkpoints": scans}}
    return json.dumps(message).encode()


def keep(pushes: list[bytes]) -> None:
    now = timezone.now()
    rows = [CarrierPayload(carrier="aftership", body=body, received_at=now) for body in pushes]
    CarrierPayload.objects.bulk_create(rows, batch_size=2000)


def read_kept() -> None:
    """What a worker does that heard the bell, until nothing is left."""
    kind = work.KINDS["tracking.carrierpayload"]
    while rows := work.claim(kind):
        work._perform_batch(kind, rows)
    assert not CarrierPayload.objects.exclude(outcome=CarrierPayload.Outcome.READ).exists()


def copy_again(count: int) -> float:
    """Seconds that COPY takes for the newest ``count`` scans, into a bare table of the same columns."""
    columns = ", ".join(COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE bare AS SELECT {columns} FROM tracking_trackingevent WITH NO DATA")
        cursor.execute(f"SELECT {columns} FROM tracking_trackingevent ORDER BY id DESC LIMIT %s", [count])
        rows = cursor.fetchall()

        def copy() -> None:
            with cursor.copy(f"COPY bare ({columns}) FROM STDIN") as into:
                for row in rows:
                    into.write_row(row)

        took = seconds(copy)
        cursor.execute("DROP TABLE bare")
    return took


@dataclass(slots=True)
class Rates:
    """Scans told a second and rows copied a second; seconds of processor that a scan took here and in the server."""

    told: float
    copied: float
    here_us: float
    server_us: float

    @property
    def ratio(self) -> float:
        return self.told / self.copied


def run(parcels: list[Parcel]) -> Rates:
    """Two pushes for each parcel from kept payload to timeline, and COPY beside it, in turns."""
    shuffler = random.Random(7)
    told = copied = 0
    spent, copying, here, server = 0.0, 0.0, 0.0, 0.0
    for start in range(0, len(parcels), len(parcels) // ROUNDS):
        pushes = bodies([row.tracking_number for row in parcels[start : start + len(parcels) // ROUNDS]], shuffler)
        keep(pushes)
        portal.vacuum()
        events, before, worked = TrackingEvent.objects.count(), process_time(), portal.server_seconds()
        spent += seconds(read_kept)
        here, server = here + process_time() - before, server + portal.server_seconds() - worked
        new = TrackingEvent.objects.count() - events
        copying += copy_again(new)
        told, copied = told + len(pushes) * SCANS_A_PUSH, copied + new
    return Rates(told / spent, copied / copying, here / told * 1e6, server / told * 1e6)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sizes", default="100000,5000000", help="scans in the table, for flatness")
    sizes = [int(size) for size in arguments.parse_args().sizes.split(",")]
    with portal.database():
        shop = portal.merchant()
        old = portal.shipments(shop, 500, prefix="WARM")
        run(old)
        runs: list[Rates] = []
        for size in sizes:
            history.grow(old, events=size)
            rates = run(portal.shipments(shop, SHIPMENTS, prefix=f"AT{len(runs)}"))
            runs.append(rates)
            cost = {"here_us": round(rates.here_us, 1), "server_us": round(rates.server_us, 1)}
            published = Event.objects.count()
            about: dict[str, Any] = {**cost, "scans_before": size, "published": published}
            tell("ingest", rates.told, "scans/s", reference=rates.copied, goal=0.10, **about)
        # Each against the COPY beside it: the machine may have others to serve by then.
        tell("flatness", runs[-1].ratio, "of COPY", reference=runs[0].ratio, goal=0.8, scans=sizes[-1])


if __name__ == "__main__":
    main()
