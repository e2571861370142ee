"""The process of live pages, and viewers who read its streams."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from uuid import UUID

from django.conf import settings

from logistics_portal.live.passes import make_pass
from logistics_portal.processes import free_port, wait_until
from tests.databases import database_url

SOON = 15.0  # machines that run tests are busy


@dataclass
class Live:
    """A running process and the port it listens on."""

    port: int
    process: subprocess.Popen

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str, **headers: str) -> http.client.HTTPResponse:
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SOON)
        asking.request("GET", path, headers=headers)
        answer = asking.getresponse()
        asking.close()
        return answer

    def is_ready(self) -> bool:
        try:
            return self.ask("/live/ready").status == 200
        except OSError:
            return False

    def look_at(self, topic: UUID, *, at: int | None = None, **headers: str) -> "Viewer":
        """Open the stream of a page that was read ``at`` (milliseconds); by default a moment from now, so that only
        what comes is news."""
        at = int(time.time() * 1000) + 3000 if at is None else at
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SOON)
        asking.request("GET", f"/live/{make_pass(topic)}?at={at}", headers=headers)
        return Viewer(asking, asking.getresponse())


@dataclass
class Viewer:
    """One open stream."""

    asking: http.client.HTTPConnection
    answer: http.client.HTTPResponse
    last_id: int = 0
    heard: list[str] = field(default_factory=list)

    def next(self, within: float = SOON) -> str:
        """The next event's name; "" when none comes in time, "end" when the stream has ended."""
        ends = time.monotonic() + within
        name = ""
        while (left := ends - time.monotonic()) > 0:
            self.asking.sock.settimeout(left)
            try:
                line = self.answer.readline().decode().strip()
            except TimeoutError:  # nothing more can be read from this stream
                return ""
            if not line and self.answer.isclosed():
                return "end"
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("id: "):
                self.last_id = int(line.removeprefix("id: "))
            elif not line and name:
                self.heard.append(name)
                return name
        return ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.answer.close()
        self.asking.close()


@contextmanager
def live_process(log: Path, database: str = "", port: int = 0, **changes: str) -> Iterator[Live]:
    port = port or free_port()
    env = {
        **os.environ,
        "DATABASE_URL": database or database_url(),
        "DJANGO_SETTINGS_MODULE": "logistics_portal.settings",
        "PORTAL_SECRET_KEY": settings.SECRET_KEY,
        **changes,
    }
    command = [sys.executable, "-m", "logistics_portal.live", "--port", str(port)]
    with log.open("ab") as out:
        process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=env, stdout=out, stderr=out)
    running = Live(port, process)
    try:
        assert wait_until(running.is_ready, 30, pause=0.1), log.read_text()
        yield running
    finally:
        process.terminate()
        process.wait(timeout=20)
