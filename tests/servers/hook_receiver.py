"""A merchant's receiver of webhooks on loopback. It checks every call with the published library of Standard Webhooks.

What it does depends on the path of the call: ``/ok…`` 204, ``/fail…`` 500, ``/busy…`` 503 with Retry-After, ``/gone…``
410, ``/hang…`` takes the call and does not answer, ``/drip…`` answers a byte a second, ``/cut…`` hangs up, ``/slow…``
204 after ``--delay`` seconds, ``/large…`` 200 with ten megabytes, ``/away…`` redirects to ``--redirect-to``.
``POST /secret`` with ``{"path": …, "secret": …}`` tells what calls of a path are signed with; ``POST /mend`` with
``{"path": …}`` has a path answer 204 from then on. The journal has a line for each call.
"""

import argparse
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

LARGE = b"x" * 10_000_000
PLAIN = {"/ok": 204, "/fail": 500, "/gone": 410, "/missing": 404}


class Receiver:
    """What the merchant knows: the secrets of its paths, and what it was told."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.secrets: dict[str, str] = {}
        self.mended: set[str] = set()
        self.lock = threading.Lock()

    def note(self, path: str, headers: Any, body: bytes, came_at: float) -> None:
        line = {
            "at": came_at,
            "path": path,
            "id": headers.get("webhook-id", ""),
            "host": headers.get("Host"),
            "verified": self.is_verified(path, headers, body),
            "signatures": len((headers.get("webhook-signature") or "").split()),
            "body": json.loads(body),
        }
        with self.lock, self.options.journal.open("a") as journal:
            journal.write(json.dumps(line) + "\n")

    def is_verified(self, path: str, headers: Any, body: bytes) -> bool | None:
        if path not in self.secrets:
            return None
        try:
            Webhook(self.secrets[path]).verify(body, dict(headers))
        except WebhookVerificationError:
            return False
        return True


class Door(BaseHTTPRequestHandler):
    receiver: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        came_at = time.time()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path in ("/secret", "/mend"):
            self._learn(json.loads(body))
            return
        self.receiver.note(self.path, self.headers, body, came_at)
        mood = "/ok" if self.path in self.receiver.mended else "/" + self.path.split("/")[1].split("-")[0]
        if mood in PLAIN:
            self._answer(PLAIN[mood])
        elif mood == "/busy":
            self._answer(503, headers={"Retry-After": "120"})
        elif mood == "/away":
            self._answer(302, headers={"Location": self.receiver.options.redirect_to})
        elif mood == "/slow":
            time.sleep(self.receiver.options.delay)
            self._answer(204)
        elif mood == "/large":
            self._answer(200, LARGE)
        elif mood == "/cut":
            self.close_connection = True
        elif mood == "/drip":
            self._drip()
        elif mood == "/hang":
            time.sleep(60)

    def do_GET(self) -> None:
        """Who follows a redirect comes here."""
        self.receiver.note(self.path, self.headers, b"{}", time.time())
        self._answer(204)

    def _learn(self, told: dict[str, str]) -> None:
        if self.path == "/secret":
            self.receiver.secrets[told["path"]] = told["secret"]
        else:
            self.receiver.mended.add(told["path"])
        self._answer(204)

    def _drip(self) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"y" * 60:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(1)

    def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """The journal tells it better."""


class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, *arguments: object) -> None:
        """Whoever called has hung up: that is what tests do."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--journal", type=Path, required=True)
    arguments.add_argument("--delay", type=float, default=1.0)
    arguments.add_argument("--redirect-to", default="http://127.0.0.1:1/")
    Door.receiver = Receiver(arguments.parse_args())
    server = Server(("127.0.0.1", 0), Door)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
