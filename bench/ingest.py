"""Scans a second from kept payloads to folded timelines with published events, beside bare COPY of the rows.

One process, 100,000 scans over 10,000 shipments, in pushes of an aggregator that carries five scans each: a fifth of
the scans are doubles, a tenth come out of order. ``flatness`` is the speed at five million events in the table over
that at a hundred thousand.
"""

import argparse
import json
import random
from datetime import UTC, datetime, timedelta

from bench import portal
from bench.report import seconds, tell

# isort: split
from django.db import connection
from django.utils import timezone

from logistics_portal.kernel import work
from logistics_portal.kernel.models import Event
from tracking.models import CarrierPayload, Parcel, TrackingEvent

SHIPMENTS = 10_000
SCANS_A_PUSH = 5
TAGS = ("InfoReceived", "InTransit", "InTransit", "InTransit", "InTransit", "OutForDelivery", "Delivered", "InTransit")
PLACES = ("Leipzig, DE", "Berlin, DE", "Hamburg, DE", "Köln, DE", "München, DE")
_START = datetime(2026, 11, 1, 8, tzinfo=UTC)


def bodies(numbers: list[str], *, shuffler: random.Random) -> list[bytes]:
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


def run(numbers: list[str]) -> float:
    """Scans told a second, from kept payload to timeline."""
    pushes = bodies(numbers, shuffler=random.Random(7))
    keep(pushes)
    kind = work.KINDS["tracking.carrierpayload"]
    portal.vacuum()

    def read_all() -> None:
        while rows := work.claim(kind):
            work._perform_batch(kind, rows)

    took = seconds(read_all)
    assert not CarrierPayload.objects.exclude(outcome=CarrierPayload.Outcome.READ).exists()
    return len(pushes) * SCANS_A_PUSH / took


def copy_rate(parcels: list[Parcel]) -> float:
    """Rows a second by COPY of the stored events into a bare table of the same columns."""
    names = [field.column for field in TrackingEvent._meta.concrete_fields]
    columns = ", ".join(names)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE bare AS SELECT {columns} FROM tracking_trackingevent WITH NO DATA")
        cursor.execute(f"SELECT {columns} FROM tracking_trackingevent ORDER BY id DESC LIMIT 80000")
        rows = cursor.fetchall()

        def copy() -> None:
            with cursor.copy(f"COPY bare ({columns}) FROM STDIN") as into:
                for row in rows:
                    into.write_row(row)

        took = seconds(copy)
        cursor.execute("DROP TABLE bare")
    return len(rows) / took


def fill(count: int) -> None:
    """Bring the table to ``count`` events of other, older parcels."""
    missing = count - TrackingEvent.objects.count()
    if missing <= 0:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO tracking_trackingevent (id, parcel_id, source, identity, status, reason, code, description,
                   place, country, signed_by, occurred_at, utc_offset_min, offset_source, recorded_at)
               SELECT gen_random_uuid(), p.id, 'carrier', md5(p.id::text || n), 'in_transit', '', 'X', 'Older scan',
                   'Leipzig', 'DE', '', now() - n * interval '1 hour', 60, 'stated', now()
               FROM (SELECT id FROM tracking_parcel WHERE tracking_number LIKE 'OLD%%') p,
                    generate_series(1, %s) n""",
            [missing // SHIPMENTS],
        )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--large", type=int, default=5_000_000, help="events in the table for flatness")
    given = arguments.parse_args()
    with portal.database():
        shop = portal.merchant()
        portal.shipments(shop, SHIPMENTS, prefix="OLD")
        small = [portal.shipments(shop, SHIPMENTS, prefix=prefix) for prefix in ("WARM", "AT")]
        run([parcel.tracking_number for parcel in small[0][:1000]])
        rates = [run([parcel.tracking_number for parcel in small[1]])]
        copies = [copy_rate(small[1])]
        tell("ingest", rates[0], "scans/s", reference=copies[0], goal=0.10, published=Event.objects.count())
        fill(given.large)
        large = portal.shipments(shop, SHIPMENTS, prefix="BIG")
        rate = run([parcel.tracking_number for parcel in large])
        tell("flatness", rate, "scans/s", reference=rates[0], goal=0.8, events=TrackingEvent.objects.count())


if __name__ == "__main__":
    main()
