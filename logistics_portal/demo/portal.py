"""The whole portal as processes: database, migrations, sample data, web server, workers, live pages."""

import http.client
import json
import os
import secrets
import shutil
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from logistics_portal.demo.supervisor import ROOT, Supervisor
from logistics_portal.embedded_postgres import EmbeddedPostgres
from logistics_portal.processes import free_port, port_is_free

LOOPBACK = ("127.0.0.1", "localhost", "::1")
READY = {"database": "ok", "workers": "ok"}
READY_SECONDS = 60.0
SIGN = "demo.json"  # tells a data folder of ours from any other folder


class StartError(RuntimeError):
    """The portal can't be started; the message is meant for a person."""


class Portal:
    """Everything that runs for one demo. `info` is what load_demo said: logins, an API key, links worth a look."""

    def __init__(
        self, data: Path, host: str, port: int, tell: Callable[[str], None], *, own_database: bool = False
    ) -> None:
        self.data = data.absolute()
        self.own_database = own_database  # even when DATABASE_URL names another
        self.host, self.port = host, port
        self.live_port = free_port(host)  # beside the web server's, since nothing stands before the two
        self.tell = tell
        self.info: dict[str, Any] = {}
        self.database: EmbeddedPostgres | None = None
        self.supervisor: Supervisor | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def address(self) -> str:
        """Where this machine reaches the web server, also when it listens on every address."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104

    @property
    def base_url(self) -> str:
        return self._url(self.port)

    @property
    def live_url(self) -> str:
        """Where browsers reach the streams of open pages."""
        return self._url(self.live_port)

    def _url(self, port: int) -> str:
        return f"http://[{self.address}]:{port}" if ":" in self.address else f"http://{self.address}:{port}"

    def start(self) -> None:
        require_free_port(self.host, self.port)
        self.data.mkdir(parents=True, exist_ok=True)
        (self.data / SIGN).write_text(json.dumps({"base_url": self.base_url, "pid": os.getpid()}) + "\n")
        self.supervisor = Supervisor(self.data / "logs", self._environment(self._database_url()))
        self.tell("Bringing the tables up to date …")
        self.supervisor.run("migrate", manage("migrate", "--no-input", "-v", "1"))
        self.tell("Loading the sample data …")
        self.info = last_json(self.supervisor.run("load_demo", manage("load_demo")))
        self.tell("Starting web server, workers and live pages …")
        self.supervisor.start("web", self._web_command())
        self.supervisor.start("workers", manage("run_workers"))
        self.supervisor.start("live", self._live_command())
        self._await_ready("/readyz", self.port, READY)
        self._await_ready("/live/ready", self.live_port, "ok")

    def watch(self) -> None:
        """Stay until a child ends by itself, which raises ChildError."""
        assert self.supervisor
        while True:
            self.supervisor.check()
            if self.database:
                self.database.check()
            time.sleep(1)

    def stop(self) -> list[int]:
        """End everything, the database last. What is returned, if anything, could not be ended."""
        left = self.supervisor.stop() if self.supervisor else []
        self.supervisor = None
        if self.database:
            self.database.stop()
        return left

    def _database_url(self) -> str:
        given = os.environ.get("DATABASE_URL")
        if given and not self.own_database:
            self.tell("Using the database of DATABASE_URL.")
            return given
        self.tell("Starting PostgreSQL …")
        self.database = EmbeddedPostgres(self.data / "postgres")
        url = self.database.start()
        for note in self.database.notes:
            self.tell(f"  note: {note}")
        return url

    def _environment(self, database_url: str) -> dict[str, str]:
        given = {
            "DATABASE_URL": database_url,
            "DJANGO_SETTINGS_MODULE": "logistics_portal.settings",
            "PORTAL_ENV": "demo",
            "PORTAL_SECRET_KEY": kept_secret(self.data / "secret_key"),
            "PORTAL_BASE_URL": self.base_url,
            "PORTAL_LIVE_URL": self.live_url,
            "PORTAL_DATA_DIR": str(self.data),
        }
        if self.host not in LOOPBACK:
            given["PORTAL_ALLOWED_HOSTS"] = os.environ.get("PORTAL_ALLOWED_HOSTS", "*")
        return {**os.environ, **given}

    def _web_command(self) -> list[str]:
        command = [
            sys.executable,
            "-m",
            "granian",
            "--interface",
            "wsgi",
            "--host",
            self.host,
            "--port",
            str(self.port),
        ]
        command += ["--workers", "2", "--blocking-threads", "16", "--backlog", "1024", "--backpressure", "512"]
        command += ["--respawn-failed-workers", "--workers-kill-timeout", "3", "--no-ws"]
        return [*command, "logistics_portal.wsgi:application"]

    def _live_command(self) -> list[str]:
        return [sys.executable, "-m", "logistics_portal.live", "--host", self.host, "--port", str(self.live_port)]

    def _await_ready(self, path: str, port: int, wanted: object) -> None:
        assert self.supervisor
        give_up = time.monotonic() + READY_SECONDS
        while (answer := self._ask(path, port)) != wanted:
            self.supervisor.check()
            if time.monotonic() > give_up:
                raise StartError(
                    f"The portal was not ready after {READY_SECONDS:.0f} s: {self._url(port)}{path} said {answer}. "
                    f"See the logs in {self.supervisor.logs}."
                )
            time.sleep(0.2)

    def _ask(self, path: str, port: int) -> object:
        connection = http.client.HTTPConnection(self.address, port, timeout=5)
        try:
            connection.request("GET", path)
            said = connection.getresponse().read()
            return json.loads(said) if said.startswith(b"{") else said.decode()
        except (OSError, ValueError, http.client.HTTPException) as error:
            return str(error)
        finally:
            connection.close()


def manage(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def last_json(said: str) -> dict[str, Any]:
    """The last line that load_demo printed; warnings may stand before it."""
    for line in reversed(said.splitlines()):
        if line.startswith("{"):
            found: dict[str, Any] = json.loads(line)
            return found
    raise StartError("load_demo did not say which logins it made.")


def kept_secret(path: Path) -> str:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


def require_free_port(host: str, port: int) -> None:
    """Better a clear word now than a web server that dies after everything else was started."""
    try:
        socket.getaddrinfo(host, port)
    except socket.gaierror as error:
        raise StartError(f"{host} is no address of this machine.") from error
    if port_is_free(port, host):
        return
    other = next((number for number in range(port + 1, min(port + 50, 65536)) if port_is_free(number, host)), None)
    raise StartError(
        f"Port {port} of {host} is taken by another program, perhaps by a demo that runs already. "
        f"Choose another one:  bin/demo --port {other or free_port(host)}"
    )


def remove_data(data: Path) -> None:
    """Forget an earlier demo. Only a folder that a demo has made is removed."""
    data = data.absolute()
    if not data.exists():
        return
    if not (data / SIGN).exists() and any(data.iterdir()):
        raise StartError(f"{data} was not made by a demo; remove it yourself if you mean it.")
    EmbeddedPostgres(data / "postgres").destroy()
    shutil.rmtree(data)
