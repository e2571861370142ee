"""Requests a second of the tracking page of a parcel with 25 events, beside an empty view on the same server.

One web server process, four connections that are kept open, rounds of each kind in turn: ``cold`` makes the page for
each request, ``kept`` sends the page that was made before, ``not_modified`` tells a browser that it has it already.
"""

import argparse
import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from statistics import quantiles
from urllib.request import urlopen

from bench import portal, processes
from bench.report import middle, tell

# isort: split
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone

import tracking.services
from logistics_portal.processes import free_port
from orders.models import Order
from tracking.carriers.base import OffsetSource, ScanEvent, Status

EVENTS = 25
CONNECTIONS = 4
GOALS = {"cold": 0.05, "kept": 0.35, "not_modified": 0.35}
PLACES = ("Leipzig", "Berlin", "Hamburg", "Köln", "München")


@dataclass
class Rounds:
    """What the rounds of one kind measured: requests a second of each, and every request's seconds."""

    rates: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def p99_ms(self) -> float:
        return round(quantiles(self.seconds, n=100)[98] * 1000, 1)


def order() -> Order:
    """An order with one parcel that was seen 25 times."""
    parcel = portal.shipments(portal.merchant(), 1, prefix="PAGE")[0]
    now = timezone.now()
    scans = [
        ScanEvent(
            occurred_at=now - timedelta(hours=5 * number),
            offset_source=OffsetSource.STATED,
            status=Status.OUT_FOR_DELIVERY if number == 0 else Status.IN_TRANSIT,
            reason="",
            code=f"B{number:02d}",
            description=f"Scan {EVENTS - number} of the parcel on its way",
            place=PLACES[number % len(PLACES)],
            country="DE",
        )
        for number in range(EVENTS)
    ]
    tracking.services.record_scans(parcel=parcel, scans=scans, source="carrier")
    return parcel.shipment.order


def requests_of(port: int, path: str, tag: str) -> dict[str, tuple[bytes, int]]:
    """Each kind's request and the status that it must get."""

    def request(path: str, *more: str) -> bytes:
        return "\r\n".join([f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", *more, "", ""]).encode()

    return {
        "empty": (request("/healthz"), 200),
        "cold": (request(path), 200),
        "kept": (request(path), 200),
        "not_modified": (request(path, f"If-None-Match: {tag}"), 304),
    }


async def press(port: int, request: bytes, status: int, ends: float, took: list[float]) -> None:
    """Ask again and again over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    while time.perf_counter() < ends:
        started = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 %d" % status), head
        length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
        await reader.readexactly(int(length.partition(b":")[2]))
        took.append(time.perf_counter() - started)
    writer.close()


async def round_of(port: int, request: bytes, status: int, seconds: float, into: Rounds) -> None:
    took: list[float] = []
    started = time.perf_counter()
    await asyncio.gather(*(press(port, request, status, started + seconds, took) for _ in range(CONNECTIONS)))
    into.rates.append(len(took) / (time.perf_counter() - started))
    into.seconds += took


def queries(path: str) -> dict[str, int]:
    """How many queries each kind takes."""
    counts: dict[str, int] = {}
    caches["pages"].clear()
    client, tag = Client(), ""
    Client().get(path, {"lang": "de"})  # the connection learns its statement once
    for kind in ("cold", "kept", "not_modified"):
        with CaptureQueriesContext(connection) as asked:
            response = client.get(path, headers={"if-none-match": tag} if kind == "not_modified" else {})
        counts[kind], tag = len(asked), response.get("ETag", tag)
    return counts


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=1, help="length of a round")
    arguments.add_argument("--rounds", type=int, default=15)
    given = arguments.parse_args()
    with portal.database(), override_settings(ALLOWED_HOSTS=["*"]):
        path = f"/t/{order().token}/"
        portal.vacuum()
        counts = queries(path)
        warm, bare = free_port(), free_port()
        with processes.web(warm), processes.web(bare, DJANGO_SETTINGS_MODULE="bench.settings_uncached"):
            measured = asyncio.run(measure(warm, bare, path, given.seconds, given.rounds))
        connection.close()
    for kind, goal in GOALS.items():
        rounds, empty = measured[kind], measured[f"empty beside {kind}"]
        reference = middle(empty.rates)
        more = {"p99_ms": rounds.p99_ms, "empty_p99_ms": empty.p99_ms, "queries": counts[kind]}
        tell(kind, middle(rounds.rates), "requests/s", reference=reference, goal=goal, **more)


async def measure(warm: int, bare: int, path: str, seconds: float, count: int) -> dict[str, Rounds]:
    """Each kind beside the empty view of its own server, in turn; the first round only warms up."""
    measured: dict[str, Rounds] = defaultdict(Rounds)
    with urlopen(f"http://127.0.0.1:{warm}{path}") as answer:
        tag = answer.headers["ETag"]
    for number, (kind, port) in zip(
        range((count + 1) * len(GOALS)), cycle(zip(GOALS, (bare, warm, warm), strict=True))
    ):
        asked = requests_of(port, path, tag)
        is_warming = number < len(GOALS)
        for name, (request, status) in ((f"empty beside {kind}", asked["empty"]), (kind, asked[kind])):
            into = Rounds() if is_warming else measured[name]
            await round_of(port, request, status, min(seconds, 1) if is_warming else seconds, into)
    return measured


if __name__ == "__main__":
    main()
