"""Web server, workers and an embedded PostgreSQL as processes, to be killed by tests and started again."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen
from uuid import uuid4

import psycopg
from django.conf import settings
from django.db import connection

from logistics_portal.embedded_postgres import EmbeddedPostgres
from logistics_portal.processes import free_port, marked_processes, wait_until
from tests.races.portal_processes import Workers, children_of, kill

READY_SECONDS = 40


@dataclass
class Web:
    """The web server as the demo runs it: one that watches, two that answer."""

    database_url: str
    log: Path
    port: int = field(default_factory=free_port)
    mark: str = field(default_factory=lambda: f"PORTAL_TEST_MARK={uuid4().hex}")
    process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        name, _, value = self.mark.partition("=")
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--workers", "2", "--blocking-threads", "4", "--no-ws"]
        command += ["--respawn-failed-workers", "--workers-kill-timeout", "3", "logistics_portal.wsgi:application"]
        environment = environment_for(self.database_url) | {name: value}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stdout=log, stderr=log)

    def answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/healthz", timeout=2) as answer:
                return answer.status == 200
        except (URLError, OSError):
            return False

    def answering(self) -> list[int]:
        return children_of(self.process.pid)

    def kill(self) -> None:
        for pid in marked_processes(self.mark):
            kill(pid)
        self.process.wait()


def environment_for(database_url: str) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": "tests.settings_races",
        "PORTAL_ENV": "demo",
        "PORTAL_SECRET_KEY": settings.SECRET_KEY,
    }


@dataclass
class WholePortal:
    """All of it. Start it and its database from the main thread: PostgreSQL ends with the thread that started it."""

    database: EmbeddedPostgres
    web: Web
    workers: Workers

    def end(self, victim: str, dice: random.Random) -> None:
        """Kill one of `VICTIMS` and start again what nobody else would."""
        if victim in ("web server", "everything"):
            self.web.kill()
        if victim == "web process":
            kill(dice.choice(self.web.answering()))
        if victim == "worker":
            self.workers.kill_one("pool", dice)
        if victim in ("workers", "everything"):
            self.workers.kill_watchdog()
        if victim == "database connection":
            self._kill_backend(dice)
        if victim in ("database", "everything"):
            kill(self.database.process.pid)
            self.database.process.wait()
            self.database.start()
        if victim in ("web server", "everything"):
            self.web.start()

    def _kill_backend(self, dice: random.Random) -> None:
        """One backend that is killed makes PostgreSQL end all of them and recover."""
        with psycopg.connect(self.database.url, autocommit=True) as one:
            rows = one.execute(
                "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
            ).fetchall()
        if rows:
            kill(dice.choice(rows)[0])

    def restart_the_dead(self) -> None:
        """What ends by itself is started again, as whoever runs it would do."""
        if self.web.process.poll() is not None:
            self.web.kill()
            self.web.start()
        if self.workers.watchdog.poll() is not None:
            self.workers.start()


VICTIMS = (
    *("web server", "web process", "worker", "workers", "database", "database connection"),
    *("everything", "database"),
)


@contextmanager
def whole_portal(folder: Path) -> Iterator[WholePortal]:
    """A portal on a fresh database of its own, with which the test's own connection speaks meanwhile."""
    database = EmbeddedPostgres(folder / "postgres", port=free_port())
    url = database.start()
    try:
        command = [sys.executable, "manage.py", "migrate", "--no-input", "-v", "0"]
        subprocess.run(command, cwd=settings.BASE_DIR, env=environment_for(url), check=True)
        portal = WholePortal(database, Web(url, folder / "web.log"), Workers(url, folder / "workers.log"))
        with _speaking_with(url):
            yield from _running(portal)
    finally:
        database.destroy()


def _running(portal: WholePortal) -> Iterator[WholePortal]:
    try:
        portal.web.start()
        portal.workers.start()
        assert wait_until(portal.web.answers, READY_SECONDS), portal.web.log.read_text()[-3000:]
        yield portal
    finally:
        for mark in (portal.web.mark, portal.workers.mark):
            for pid in marked_processes(mark):
                kill(pid)


@contextmanager
def _speaking_with(url: str) -> Iterator[None]:
    """Point Django's connection of this process to another server."""
    there = psycopg.conninfo.conninfo_to_dict(url)
    given = connection.settings_dict
    names = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password", "NAME": "dbname"}
    kept = {name: given[name] for name in names}
    connection.close()
    given.update({name: there[key] for name, key in names.items()})
    try:
        yield
    finally:
        connection.close()
        given.update(kept)


def survive(seconds: float, portal: WholePortal) -> None:
    """Let time pass, and have the dead started again."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        portal.restart_the_dead()
        time.sleep(0.1)
