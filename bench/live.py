"""Viewers of live pages in one process: its memory, commit to receipt, what was not delivered, the way back.

Carriers' payloads are read as workers read them, five each tenth of a second, each of another order; every viewer of
the order must hear of it. Then the database hangs up on the process, and every viewer must be told to look again.
"""

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench import portal, processes
from bench.ingest import bodies
from bench.report import tell

# isort: split
from django.db import connection, transaction
from django.utils import timezone

from logistics_portal.live.__main__ import raise_file_limit
from logistics_portal.live.hub import APPLICATION_NAME
from logistics_portal.live.passes import make_pass
from logistics_portal.processes import free_port
from tracking.models import CarrierPayload, Parcel
from tracking.services import read_payloads

VIEWERS = 10_000
VIEWERS_A_TOPIC = 10
A_SECOND = 50
BATCH = 5
SETTLED_SECONDS = 5.0
MEMORY_MB, P99_MS = 300, 100


class Crowd:
    """The viewers, in a process of their own."""

    def __init__(self, port: int, names: list[str], viewers: int) -> None:
        command = [sys.executable, "-m", "bench.viewers", "--port", str(port), "--viewers", str(viewers)]
        self.process = subprocess.Popen(
            command, cwd=processes.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.connected = self.ask(json.dumps(names))

    def ask(self, line: str = "report") -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the viewers are gone"
        found: dict[str, Any] = json.loads(answer)
        return found

    def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(timeout=60)


@contextmanager
def crowd(port: int, names: list[str], viewers: int) -> Iterator[Crowd]:
    made = Crowd(port, names, viewers)
    try:
        yield made
    finally:
        made.end()


def memory_mb(pid: int) -> float:
    """The most that a process has held at once."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    peak = next(line for line in status if line.startswith("VmHWM:"))
    return int(peak.split()[1]) / 1024


def push(parcels: list[Parcel], seconds: float) -> dict[str, list[float]]:
    """Read payloads at the pace; when each order's change was about to be committed, by the order's id."""
    told: dict[str, list[float]] = {}
    pushes = bodies([parcel.tracking_number for parcel in parcels], shuffler=random.Random(7))
    pushes = pushes[::2] + pushes[1::2]  # each order once before any comes twice
    orders = [parcel.shipment.order_id for parcel in parcels] * 2
    started = time.monotonic()
    for number in range(0, min(len(pushes), int(seconds * A_SECOND)), BATCH):
        time.sleep(max(0.0, started + number / A_SECOND - time.monotonic()))
        payloads = [
            CarrierPayload(carrier="aftership", body=body, received_at=timezone.now())
            for body in pushes[number : number + BATCH]
        ]
        with transaction.atomic():
            CarrierPayload.objects.bulk_create(payloads)
            read_payloads(payloads)
            now = time.monotonic()
        for order_id in orders[number : number + BATCH]:
            told.setdefault(str(order_id), []).append(now)
    return told


def hang_up() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = %s AND datname = current_database()",
            [APPLICATION_NAME],
        )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--viewers", type=int, default=VIEWERS)
    arguments.add_argument("--seconds", type=float, default=20, help="how long events come")
    given = arguments.parse_args()
    raise_file_limit()
    with portal.database():
        topics = max(given.viewers // VIEWERS_A_TOPIC, 1)
        parcels = portal.shipments(portal.merchant(), topics, prefix="LIVE")
        portal.vacuum()
        push(parcels[:BATCH], 1)  # statements are planned, modules are read
        orders = [str(parcel.shipment.order_id) for parcel in parcels]
        names = [make_pass(parcel.shipment.order_id) for parcel in parcels]
        port = free_port()
        with processes.live(port) as process, crowd(port, names, given.viewers) as viewers:
            time.sleep(2)
            viewers.ask()
            told = push(parcels[BATCH:], given.seconds)
            time.sleep(SETTLED_SECONDS)
            heard = viewers.ask()
            hang_up()
            time.sleep(SETTLED_SECONDS)
            back = viewers.ask()
            memory = memory_mb(process.pid)
    report(given.viewers, viewers.connected, memory, told, dict(zip(names, orders, strict=True)), heard, back)


def report(
    viewers: int,
    connected: dict[str, Any],
    memory: float,
    told: dict[str, list[float]],
    order_of: dict[str, str],
    heard: dict[str, Any],
    back: dict[str, Any],
) -> None:
    received = {order_of[name]: sorted(moments) for name, moments in heard["changed"].items()}
    share, rest = divmod(viewers, len(order_of))
    each = {order: share + (at < rest) for at, order in enumerate(order_of.values())}
    expected = sum(len(moments) * each[order] for order, moments in told.items())
    delays = [
        (moment - commit) * 1000
        for order, commits in told.items()
        for commit, moments in _pairs(commits, received.get(order, []), each[order])
        for moment in moments
    ]
    missing = expected - sum(map(len, received.values()))
    p99 = quantiles(delays, n=100)[98]
    tell("viewers", viewers, "viewers", connect_s=connected["seconds"], lost=back["lost"])
    tell("memory_mb", memory, "MB", goal=MEMORY_MB, at_most=True)
    moments = sorted(moment for commits in told.values() for moment in commits)
    more = {"p50_ms": round(median(delays), 1), "events": len(moments)}
    rate = round(len(moments) / (moments[-1] - moments[0]), 1)
    tell("p99_ms", p99, "ms", goal=P99_MS, at_most=True, **more, events_a_second=rate)
    not_back = viewers - back["resync"]
    tell("undelivered", missing + not_back, "messages", goal=0, at_most=True, expected=expected, not_resynced=not_back)


def _pairs(commits: list[float], moments: list[float], viewers: int) -> Iterator[tuple[float, list[float]]]:
    """Each commit with the receipts that belong to it: as many as there are viewers, in order."""
    for number, commit in enumerate(commits):
        yield commit, moments[number * viewers : (number + 1) * viewers]


if __name__ == "__main__":
    main()
