"""The real workers as processes on a database of their own, to be killed by tests."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psycopg
from django.conf import settings
from django.db import connection

from logistics_portal.kernel.work import LANES, NETWORK
from logistics_portal.processes import marked_processes, wait_until
from tests.databases import database_url

WORKERS = settings.Q_CLUSTER["workers"] + settings.Q_CLUSTER["ALT_CLUSTERS"][NETWORK]["workers"]


@contextmanager
def database_of_its_own() -> Iterator[str]:
    """Point the test at a copy of the (empty) test database, in which everything is committed; yields its URL."""
    given = connection.settings_dict
    template = given["NAME"]
    name = f"{template}_{os.getpid()}"
    server = {"host": given["HOST"], "port": given["PORT"], "user": given["USER"], "password": given["PASSWORD"]}
    connection.close()
    with psycopg.connect(dbname="postgres", autocommit=True, **server) as admin:
        admin.execute(f'drop database if exists "{name}" with (force)')
        wait_until(lambda: _leave(admin, template), 10)  # threads of earlier tests may still be connected
        admin.execute(f'create database "{name}" template "{template}"')
        given["NAME"] = name
        try:
            yield database_url(name)
        finally:
            connection.close()
            given["NAME"] = template
            admin.execute(f'drop database "{name}" with (force)')


def _leave(admin: psycopg.Connection, database: str) -> bool:
    """End what is still connected to a database; whether nothing was."""
    ended = admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [database])
    return not ended.fetchall()


def children_of(pid: int) -> list[int]:
    """The processes whose parent is ``pid``."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(after_name[1]) == pid and after_name[0] != "Z":
            found.append(int(folder.name))
    return sorted(found)


def kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


@dataclass
class Workers:
    """``manage.py run_workers`` and what it starts. Every process carries a mark in its environment."""

    database_url: str
    log: Path
    mark: str = field(default_factory=lambda: f"PORTAL_TEST_MARK={uuid4().hex}")
    watchdog: subprocess.Popen | None = None

    def start(self) -> None:
        name, _, value = self.mark.partition("=")
        env = {
            **os.environ,
            name: value,
            "DATABASE_URL": self.database_url,
            "DJANGO_SETTINGS_MODULE": "tests.settings_races",
            "PORTAL_ENV": "demo",
            "PORTAL_SECRET_KEY": settings.SECRET_KEY,
        }
        with self.log.open("ab") as log:
            self.watchdog = subprocess.Popen(
                [sys.executable, "manage.py", "run_workers"], cwd=settings.BASE_DIR, env=env, stdout=log, stderr=log
            )

    def cluster(self) -> list[int]:
        """The main process of each lane's cluster that is there."""
        return children_of(self.watchdog.pid)

    def sentinels(self) -> list[int]:
        return [child for main in self.cluster() for child in children_of(main)]

    def pool(self) -> list[int]:
        """Workers, the one that pushes jobs to them, and the one that strikes them off, of all lanes."""
        return [child for sentinel in self.sentinels() for child in children_of(sentinel)]

    def bookkeepers(self) -> list[int]:
        """Of each lane the one that pushes and the one that strikes off: the workers were started before them."""
        return [child for sentinel in self.sentinels() for child in children_of(sentinel)[-2:]]

    def is_complete(self) -> bool:
        return len(self.pool()) == WORKERS + 2 * len(LANES)

    def kill_one(self, kind: str, dice: random.Random) -> None:
        """Kill one process of a kind; a watchdog is started anew, as whoever runs it would do."""
        if kind == "watchdog":
            self.kill_watchdog()
        elif victims := getattr(self, kind)():
            kill(dice.choice(victims))

    def kill_watchdog(self) -> None:
        left = self.everything()
        self.watchdog.kill()
        self.watchdog.wait()
        assert wait_until(lambda: not set(left) & set(self.everything()), 5), "a cluster outlived its watchdog"
        self.start()

    def everything(self) -> list[int]:
        return marked_processes(self.mark)

    def stop(self) -> None:
        """End them as a person would, and see that nothing is left."""
        self.watchdog.terminate()
        self.watchdog.wait(30)
        left = self.everything()
        for pid in left:
            kill(pid)
        assert not left, "processes outlived an orderly end"


@contextmanager
def workers(database_url: str, log: Path) -> Iterator[Workers]:
    running = Workers(database_url, log)
    running.start()
    try:
        yield running
    finally:
        for pid in running.everything():
            kill(pid)


def seconds_until(done: object, limit: float) -> float:
    """How long it took until ``done()``; at most ``limit``."""
    started = time.monotonic()
    wait_until(done, limit, pause=0.2)
    return time.monotonic() - started
