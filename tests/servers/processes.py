"""Starts a loopback server as a process, waits for its port, and stops it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Running:
    """A server that listens on ``port`` and writes what it was told into ``journal``, one JSON line each."""

    port: int
    journal: Path
    process: subprocess.Popen

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def told(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.journal.read_text().splitlines()] if self.journal.exists() else []


@contextmanager
def running(script: str, journal: Path, *options: str) -> Iterator[Running]:
    """Run ``tests/servers/<script>.py`` on a free port; the server prints the port when it listens."""
    command = [sys.executable, str(HERE / f"{script}.py"), "--journal", str(journal), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Running(int(process.stdout.readline()), journal, process)
        finally:
            process.terminate()
            process.wait(timeout=10)
