"""Servers of the portal as processes of their own, on the database of the measurement."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).parent.parent
READY_SECONDS = 60


def environment(**changes: str) -> dict[str, str]:
    given = connection.settings_dict
    password = f":{given['PASSWORD']}" if given["PASSWORD"] else ""
    url = f"postgresql://{given['USER']}{password}@{given['HOST']}:{given['PORT']}/{given['NAME']}"
    return {
        **os.environ,
        "DATABASE_URL": url,
        "PORTAL_SECRET_KEY": settings.SECRET_KEY,
        "PORTAL_LOG_LEVEL": "WARNING",
        **changes,
    }


@contextmanager
def server(command: Sequence[str], ready: str, **changes: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Python program from its start until it answers at ``ready``, and to its end."""
    with TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=environment(**changes), stdout=log, stderr=log
        )
        try:
            _await(process, ready)
            yield process
        finally:
            process.terminate()
            process.wait(timeout=30)
            log.seek(0)
            complaints = [line for line in log.read().decode(errors="replace").splitlines() if "[INFO]" not in line]
            sys.stderr.write("\n".join(complaints)[-3000:])


@contextmanager
def web(port: int, *, workers: int = 1, threads: int = 4, **changes: str) -> Iterator[subprocess.Popen[bytes]]:
    """The web server with one process, where the demo runs two."""
    command = ["-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws"]
    command += [
        "--workers",
        str(workers),
        "--blocking-threads",
        str(threads),
        "--backlog",
        "1024",
        "--backpressure",
        "512",
    ]
    command += ["--workers-kill-timeout", "3", "logistics_portal.wsgi:application"]
    with server(command, f"http://127.0.0.1:{port}/healthz", **changes) as process:
        yield process


@contextmanager
def live(port: int, **changes: str) -> Iterator[subprocess.Popen[bytes]]:
    command = ["-m", "logistics_portal.live", "--port", str(port)]
    with server(command, f"http://127.0.0.1:{port}/live/ready", **changes) as process:
        yield process


def _await(process: subprocess.Popen[bytes], url: str) -> None:
    give_up = time.monotonic() + READY_SECONDS
    while True:
        try:
            with urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError) as error:
            if process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(f"{url} does not answer: {error}") from error
        time.sleep(0.1)
