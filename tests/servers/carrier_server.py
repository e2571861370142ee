"""Carriers' tracking APIs on loopback: DHL's unified API (one number a question) and FedEx's (a token, thirty numbers).

Answers are made of recorded payloads. ``POST /mood`` with JSON changes how it behaves from then on: ``mood`` is one of
well, busy (429), broken (500), cut (hangs up), refused (401), unknown (404); ``delay`` is in seconds; ``retry_after``
goes with busy; ``told`` is how many of the payload's scans, the oldest first, it tells of. It checks what it is asked
with, and notes every question with the numbers it was asked about too soon.
"""

import argparse
import json
import re
import threading
import time
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAYLOADS = Path(__file__).parent.parent / "carriers" / "payloads"
DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?=T)")


def recorded(name: str) -> dict[str, Any]:
    """A recorded payload whose newest scan was yesterday: carriers use old numbers again."""
    text = (PAYLOADS / name).read_text()
    later = datetime.now(UTC).date() - timedelta(days=1) - max(map(date.fromisoformat, DAY.findall(text)))
    return json.loads(DAY.sub(lambda day: (date.fromisoformat(day[0]) + later).isoformat(), text))


DHL = recorded("dhl/unified_push.json")
FEDEX = recorded("fedex/track_answer.json")
API_KEY, CLIENT = "key-of-acme", ("client-of-acme", "secret-of-acme")
TOKEN = "lent-token"
FEDEX_AT_MOST = 30


class Carrier:
    """What the server knows: its mood, and when it was asked about which number."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.mood: dict[str, Any] = {"mood": "well", "delay": options.delay, "told": None, "retry_after": "2"}
        self.asked_at: dict[str, float] = {}
        self.tokens_lent = 0
        self.lock = threading.Lock()

    def note(self, peer: str, numbers: list[str], outcome: object) -> None:
        now = time.time()
        with self.lock, self.options.journal.open("a") as journal:
            soon = [one for one in numbers if now - self.asked_at.get(one, 0) < self.options.min_interval]
            self.asked_at |= dict.fromkeys(numbers, now)
            line = {"at": now, "peer": peer, "numbers": numbers, "outcome": outcome, "too_soon": soon}
            journal.write(json.dumps(line) + "\n")

    def dhl(self, number: str) -> dict[str, Any]:
        answer = deepcopy(DHL)
        answer["shipments"] = answer["shipments"][:1]
        shipment = answer["shipments"][0]
        shipment["id"] = number
        told = self.mood["told"]
        if told is not None:
            shipment["events"] = sorted(shipment["events"], key=lambda event: event.get("timestamp") or "")[:told]
            shipment["status"] = shipment["events"][-1] if shipment["events"] else {"statusCode": "unknown"}
            for promise in ("details", "estimatedTimeOfDelivery", "estimatedDeliveryTimeFrame"):
                shipment.pop(promise, None)
        return answer

    def fedex(self, numbers: list[str]) -> dict[str, Any]:
        answer = deepcopy(FEDEX)
        [first, *_] = answer["output"]["completeTrackResults"]
        results = []
        for number in numbers:
            result = deepcopy(first)
            result["trackingNumber"] = number
            for track in result["trackResults"]:
                track["trackingNumberInfo"]["trackingNumber"] = number
            results.append(result)
        answer["output"]["completeTrackResults"] = results
        return answer


class Door(BaseHTTPRequestHandler):
    carrier: Carrier
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        if parts.path != "/track/shipments" or "trackingNumber" not in query:
            self._answer(404, {"status": 404, "title": "No such resource"})
            return
        [number] = query["trackingNumber"]
        if self.headers.get("DHL-API-Key") != API_KEY:
            self._tell("dhl", [number], 401, {"status": 401, "title": "Unauthorized"})
        else:
            self._in_its_mood("dhl", [number], lambda: self.carrier.dhl(number))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = urlsplit(self.path).path
        if path == "/mood":
            self.carrier.mood |= json.loads(body)
            self._answer(200, self.carrier.mood)
        elif path == "/oauth/token":
            self._lend(parse_qs(body.decode()))
        elif path == "/track/v1/trackingnumbers":
            self._track(json.loads(body))
        else:
            self._answer(404, {"errors": [{"code": "NOT.FOUND"}]})

    def _lend(self, form: dict[str, list[str]]) -> None:
        if (form.get("client_id"), form.get("client_secret")) != ([CLIENT[0]], [CLIENT[1]]):
            self._tell("fedex token", [], 401, {"errors": [{"code": "NOT.AUTHORIZED.ERROR"}]})
            return
        self.carrier.tokens_lent += 1
        lent = {"access_token": f"{TOKEN}-{self.carrier.tokens_lent}", "token_type": "bearer", "expires_in": 3599}
        self._tell("fedex token", [], 200, lent)

    def _track(self, question: dict[str, Any]) -> None:
        numbers = [one["trackingNumberInfo"]["trackingNumber"] for one in question["trackingInfo"]]
        wanted = f"Bearer {TOKEN}-{self.carrier.tokens_lent}"
        if self.headers.get("Authorization") != wanted:
            self._tell("fedex", numbers, 401, {"errors": [{"code": "NOT.AUTHORIZED.ERROR"}]})
        elif len(numbers) > FEDEX_AT_MOST:
            self._tell("fedex", numbers, 400, {"errors": [{"code": "TRACKING.MAXIMUM.EXCEEDED"}]})
        else:
            self._in_its_mood("fedex", numbers, lambda: self.carrier.fedex(numbers))

    def _in_its_mood(self, peer: str, numbers: list[str], answer: Any) -> None:
        mood = self.carrier.mood
        time.sleep(mood["delay"])
        if mood["mood"] == "cut":
            self.carrier.note(peer, numbers, "cut")
            self.close_connection = True
        elif mood["mood"] == "busy":
            self._tell(peer, numbers, 429, {"status": 429}, {"Retry-After": str(mood["retry_after"])})
        else:
            status = {"broken": 500, "refused": 401, "unknown": 404}.get(mood["mood"], 200)
            self._tell(peer, numbers, status, answer() if status == 200 else {"status": status})

    def _tell(
        self, peer: str, numbers: list[str], status: int, content: dict, headers: dict[str, str] | None = None
    ) -> None:
        self.carrier.note(peer, numbers, status)
        self._answer(status, content, headers)

    def _answer(self, status: int, content: dict, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """The journal tells it better."""


class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, *arguments: object) -> None:
        """Whoever asked was killed before the answer came: that is what tests do."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--journal", type=Path, required=True)
    arguments.add_argument("--delay", type=float, default=0.0)
    arguments.add_argument("--min-interval", type=float, default=1800.0, help="seconds between questions on one number")
    Door.carrier = Carrier(arguments.parse_args())
    server = Server(("127.0.0.1", 0), Door)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
