"""How the portal is started and stopped: the embedded database, and the demo's parent of all processes."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from logistics_portal.demo.check import walk
from logistics_portal.demo.portal import StartError, last_json, remove_data, require_free_port
from logistics_portal.demo.story import Story
from logistics_portal.demo.supervisor import ChildError, Supervisor
from logistics_portal.embedded_postgres import EmbeddedPostgres, FolderInUseError, PostgresError
from logistics_portal.processes import free_port, is_alive, marked_processes, trim_log, wait_until

ROOT = Path(__file__).resolve().parent.parent
LINUX_ONLY = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); time.sleep(60)"
)
# starts the stubborn one in a session of its own, where no group signal reaches it
PARENT_OF_STUBBORN = f"""
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {STUBBORN!r}], start_new_session=True)
time.sleep(60)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the database's own user can reach, which pytest's tmp_path is not."""
    with tempfile.TemporaryDirectory(prefix="portal test ") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder / "postgres")
    yield server
    server.destroy()


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def gone(pid: int) -> Callable[[], bool]:
    return lambda: not is_alive(pid)


class TestEmbeddedPostgres:
    def test_a_second_start_finds_what_the_first_has_kept(self, server: EmbeddedPostgres) -> None:
        first = server.start()
        query(first, "create table kept as select 42 as number")
        server.stop()
        assert server.start() == first
        assert query(first, "select number from kept") == [(42,)]

    def test_it_is_utf8_in_utc_and_asks_for_a_password(self, server: EmbeddedPostgres) -> None:
        url = server.start()
        asked = "select current_setting('server_encoding'), current_setting('timezone'), current_setting('fsync')"
        assert query(url, asked) == [("UTF8", "UTC", "on")]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            query(url.replace(server.password, "guessed"), "select 1")
        assert (server.data_dir / "password").stat().st_mode & 0o077 == 0

    def test_it_has_the_extensions_that_search_needs(self, server: EmbeddedPostgres) -> None:
        url = server.start()
        for name in ("pg_trgm", "btree_gin", "btree_gist", "unaccent"):
            query(url, f"create extension {name}")

    def test_rows_that_were_committed_outlive_a_crash(self, server: EmbeddedPostgres) -> None:
        url = server.start()
        query(url, "create table scan (number int)")
        with psycopg.connect(url, autocommit=True) as connection:
            for number in range(200):
                connection.execute("insert into scan values (%s)", [number])
            assert server.process
            server.process.kill()
        url = server.start()
        assert query(url, "select count(*) from scan") == [(200,)]

    def test_a_port_that_was_taken_meanwhile_is_replaced(self, server: EmbeddedPostgres) -> None:
        server.start()
        first = server.port
        server.stop()
        with socket.create_server(("127.0.0.1", first)):
            url = server.start()
            assert server.port != first
            assert query(url, "select 1") == [(1,)]

    def test_a_port_that_was_asked_for_is_not_replaced(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            server = EmbeddedPostgres(folder / "postgres", port)
            with pytest.raises(PostgresError, match=f"port {port} .* is taken"):
                server.start()
        server.destroy()

    def test_a_folder_has_one_owner(self, server: EmbeddedPostgres) -> None:
        server.start()
        with pytest.raises(FolderInUseError, match=f"in use by another process .id {os.getpid()}"):
            EmbeddedPostgres(server.data_dir).start()

    def test_a_lock_file_that_names_a_stranger_is_no_obstacle(self, server: EmbeddedPostgres) -> None:
        url = server.start()
        assert server.process
        noted = server.cluster / "postmaster.pid"
        stale = noted.read_text().splitlines()
        server.process.kill()
        server.stop()
        noted.write_text("\n".join([str(os.getppid()), *stale[1:]]) + "\n")
        assert server.start() == url

    def test_a_server_left_by_a_killed_owner_is_ended_first(self, server: EmbeddedPostgres) -> None:
        server.start()
        assert server.process
        command, as_user = server.process.args, server.account
        server.stop()
        left = subprocess.Popen(
            command,
            cwd="/",
            stderr=subprocess.DEVNULL,
            user=as_user and as_user.pw_uid,
            group=as_user and as_user.pw_gid,
            extra_groups=[] if as_user else None,
        )
        noted = server.cluster / "postmaster.pid"
        assert wait_until(lambda: noted.exists() and "ready" in noted.read_text(), 20)
        url = server.start()
        assert left.wait(5) == 0
        assert query(url, "select 1") == [(1,)]
        assert any("killed owner" in note for note in server.notes)

    @LINUX_ONLY
    def test_it_ends_with_its_owner(self, folder: Path) -> None:
        command = [sys.executable, "-m", "logistics_portal.embedded_postgres", "--data", str(folder / "postgres")]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as owner:
            assert owner.stdout
            url = owner.stdout.readline().strip()
            pid = int((folder / "postgres" / "cluster" / "postmaster.pid").read_text().splitlines()[0])
            assert query(url, "select 1") == [(1,)]
            owner.kill()
        assert wait_until(gone(pid), 10)

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give the server another user")
    def test_root_in_a_closed_folder_keeps_the_data_elsewhere(self, folder: Path) -> None:
        closed = folder / "closed"
        closed.mkdir(mode=0o700)
        server = EmbeddedPostgres(closed / "postgres")
        try:
            assert query(server.start(), "select 1") == [(1,)]
            assert closed.stat().st_mode & 0o777 == 0o700
            assert str(server.cluster.parent) in " ".join(server.notes)
        finally:
            server.destroy()
        assert not server.cluster.exists()

    def test_a_command_gets_the_url_and_its_exit_code_is_handed_on(self, folder: Path) -> None:
        command = [sys.executable, "-m", "logistics_portal.embedded_postgres", "--data", str(folder / "postgres"), "--"]
        script = "import os, sys; print(os.environ['DATABASE_URL'][:13]); sys.exit(7)"
        done = subprocess.run([*command, sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (7, "postgresql://\n")


class TestSupervisor:
    def test_nothing_is_left_even_of_what_refuses_to_end(self, folder: Path) -> None:
        supervisor = Supervisor(folder / "logs", os.environ, patience=0.5)
        supervisor.start("stubborn", [sys.executable, "-c", STUBBORN])
        supervisor.start("parent", [sys.executable, "-c", PARENT_OF_STUBBORN])
        assert wait_until(lambda: "here" in supervisor.log_of("parent").read_text(), 10)
        assert supervisor.stop() == []
        assert marked_processes(supervisor.marker) == []

    @LINUX_ONLY
    def test_nothing_is_left_of_a_killed_supervisor(self, folder: Path) -> None:
        script = f"""
            import os, sys, time
            from pathlib import Path
            from logistics_portal.demo.supervisor import Supervisor
            supervisor = Supervisor(Path({str(folder)!r}), os.environ)
            supervisor.start("parent", [sys.executable, "-c", {PARENT_OF_STUBBORN!r}])
            print(supervisor.marker, flush=True)
            time.sleep(60)
        """
        command = [sys.executable, "-c", textwrap.dedent(script)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as owner:
            assert owner.stdout
            marker = owner.stdout.readline().strip()
            log = folder / "parent.log"
            assert wait_until(lambda: log.exists() and "here" in log.read_text(), 10)
            assert len(marked_processes(marker)) == 2
            owner.kill()
        assert wait_until(lambda: not marked_processes(marker), 10)

    def test_a_child_that_dies_is_told_with_the_end_of_its_log(self, folder: Path) -> None:
        supervisor = Supervisor(folder, os.environ)
        child = supervisor.start("web", [sys.executable, "-c", "print('no such setting'); raise SystemExit(3)"])
        child.wait()
        with pytest.raises(ChildError, match=r"(?s)web ended with exit code 3.*no such setting"):
            supervisor.check()
        assert supervisor.stop() == []

    def test_children_know_whose_they_are(self, folder: Path) -> None:
        supervisor = Supervisor(folder, os.environ)
        said = supervisor.run("child", [sys.executable, "-c", "import os; print(os.environ['PORTAL_PARENT_PID'])"])
        assert int(said) == os.getpid()
        assert supervisor.stop() == []


class TestDemo:
    def test_a_taken_port_is_named_with_another_one(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with pytest.raises(StartError, match=rf"Port {port} of 127.0.0.1 is taken .* bin/demo --port \d+"):
                require_free_port("127.0.0.1", port)

    def test_a_free_port_is_no_matter(self) -> None:
        require_free_port("127.0.0.1", free_port())

    def test_only_a_demos_own_folder_is_forgotten(self, folder: Path) -> None:
        (folder / "thesis.txt").write_text("years of work")
        with pytest.raises(StartError, match="was not made by a demo"):
            remove_data(folder)
        assert (folder / "thesis.txt").exists()

    def test_logins_are_read_from_the_last_json_line(self) -> None:
        assert last_json('warning: {odd}\n{"api_key": "old"}\n{"api_key": "new"}\n\n') == {"api_key": "new"}
        with pytest.raises(StartError):
            last_json("nothing here")

    def test_the_walk_goes_on_after_a_failure_and_counts(self, capsys: pytest.CaptureFixture[str]) -> None:
        def holds(story: Story) -> None:
            assert story.base_url

        def fails(story: Story) -> None:
            raise AssertionError("no parcel came")

        def breaks(story: Story) -> None:
            raise ValueError("odd")

        steps = [("One", holds), ("Two", fails), ("Three", breaks), ("Four", holds)]
        assert walk(steps, Story("http://127.0.0.1:1", {})) == (2, 2)
        lines = capsys.readouterr().out.splitlines()
        assert lines[:2] == ["ok   1  One", "FAIL 2  Two: no parcel came"]
        assert lines[2].startswith("FAIL 3  Three: ValueError: odd (test_setup.py:")
        assert lines[3] == "ok   4  Four"


def test_a_log_that_grew_too_long_keeps_its_end(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with log.open("ab") as writer:
        writer.write(b"a" * 900 + b"z" * 200)
        writer.flush()
        trim_log(log, limit=1000)
        writer.write(b"more")
    assert log.read_bytes() == b"more"
    assert (tmp_path / "web.log.1").read_bytes().endswith(b"z" * 200)


@pytest.mark.parametrize("name", ["setup", "demo", "test", "check", "bench"])
def test_every_script_tells_its_usage(name: str, tmp_path: Path) -> None:
    done = subprocess.run([ROOT / "bin" / name, "--help"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"usage: bin/{name}")


def test_a_signal_ends_the_holder_and_its_server(folder: Path) -> None:
    command = [sys.executable, "-m", "logistics_portal.embedded_postgres", "--data", str(folder / "postgres")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        owner.stdout.readline()
        pid = int((folder / "postgres" / "cluster" / "postmaster.pid").read_text().splitlines()[0])
        owner.send_signal(signal.SIGTERM)
        assert owner.wait(20) == 128 + signal.SIGTERM
    assert not is_alive(pid)
