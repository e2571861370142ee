"""Payloads a second that the carriers' door keeps and answers with 202, beside bare INSERTs of the same body.

The web server as the demo runs it, sixteen connections that are kept open, rounds in turn with as many database
connections that each insert one row and commit, again and again. At the end every accepted payload is counted in the
database.
"""

import argparse
import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from statistics import quantiles

from bench import portal, processes
from bench.press import press
from bench.report import middle, tell

# isort: split
import psycopg
from django.db import connection
from uuid_utils.compat import uuid7

from logistics_portal.processes import free_port
from tracking.carriers._signatures import hmac_sha256
from tracking.models import CarrierAccount, CarrierPayload

CONNECTIONS = 16
GOAL = 0.6
SECRET = "bench"
CHECKPOINTS = 4

_BARE_TABLE = """
CREATE TABLE bench_body (
    id uuid PRIMARY KEY, carrier text NOT NULL, body bytea NOT NULL, received_at timestamptz NOT NULL)
"""
_INSERT = "INSERT INTO bench_body (id, carrier, body, received_at) VALUES (%s, %s, %s, %s)"


def body() -> bytes:
    """A push of an aggregator, as large as its recorded ones."""
    checkpoints = [
        {
            "tag": "InTransit",
            "subtag": "InTransit_001",
            "message": f"Scan {number} of the parcel on its way",
            "checkpoint_time": f"2026-11-20T{number:02d}:00:00+01:00",
            "location": "Leipzig, DE",
            "country_iso3": "DEU",
            "slug": "dhl",
            "coordinates": [],
            "raw_tag": f"R{number:03d}",
        }
        for number in range(CHECKPOINTS)
    ]
    tracking = {"id": "bench", "tracking_number": "DOOR00000001", "slug": "dhl", "tag": "InTransit"}
    return json.dumps({"event": "tracking_update", "msg": {**tracking, "checkpoints": checkpoints}}).encode()


def request(port: int, content: bytes) -> bytes:
    """The signed POST of one payload."""
    signature = base64.b64encode(hmac_sha256(SECRET, content)).decode()
    head = [
        "POST /webhooks/carriers/aftership HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        f"aftership-hmac-sha256: {signature}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + content


def insert(url: str, content: bytes, ends: float) -> int:
    """Insert and commit one row after the other; returns how many."""
    done = 0
    with psycopg.connect(url, autocommit=True) as bare:
        while time.perf_counter() < ends:
            bare.execute(_INSERT, (uuid7(), "aftership", content, datetime.now(UTC)))
            done += 1
    return done


def inserts_a_second(url: str, content: bytes, seconds: float) -> float:
    started = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        done = sum(threads.map(lambda _: insert(url, content, started + seconds), range(CONNECTIONS)))
    return done / (time.perf_counter() - started)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=2, help="length of a round")
    arguments.add_argument("--rounds", type=int, default=9)
    arguments.add_argument("--workers", type=int, default=2, help="processes of the web server")
    arguments.add_argument("--threads", type=int, default=16, help="threads of each")
    given = arguments.parse_args()
    with portal.database():
        CarrierAccount.objects.create(carrier="aftership", label="Bench", webhook_secret=SECRET)
        with connection.cursor() as cursor:
            cursor.execute(_BARE_TABLE)
        measure(given)


def measure(given: argparse.Namespace) -> None:
    """Rounds of both in turn; the first only warms up. Every accepted payload must be in the database."""
    content, port, url = body(), free_port(), processes.environment()["DATABASE_URL"]
    doors: list[float] = []
    bares: list[float] = []
    took: list[float] = []
    posted = request(port, content)
    with processes.web(port, workers=given.workers, threads=given.threads):
        for number in range(given.rounds + 1):
            bare = inserts_a_second(url, content, given.seconds)
            door = press(port, posted, status=202, connections=CONNECTIONS, seconds=given.seconds, took=took)
            if number:
                bares.append(bare)
                doors.append(door)
    kept = CarrierPayload.objects.count()
    assert kept == len(took), f"{len(took)} payloads were accepted, {kept} were kept"
    p99_ms = round(quantiles(took, n=100)[98] * 1000, 1)
    tell("door", middle(doors), "payloads/s", reference=middle(bares), goal=GOAL, p99_ms=p99_ms, kept=kept)
    connection.close()


if __name__ == "__main__":
    main()
