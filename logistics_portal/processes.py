"""Processes, ports and logs of this machine, for the embedded database and the demo. Standard library only."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

LOG_LIMIT_BYTES = 4_000_000
LINUX = sys.platform == "linux"
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if LINUX else None  # loaded before any fork: a forked child must not load libraries


def end_with_parent(signal_number: int, *, parent: int | None = None) -> Callable[[], None]:
    """A `preexec_fn` by which Linux sends the child this signal when the thread that started it is gone.

    It runs after the change of user, which would clear the request. Elsewhere it does nothing. A process that calls
    the result itself names its ``parent``.
    """
    parent = parent or os.getpid()

    def arrange() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, signal_number)
            if os.getppid() != parent:  # the parent went before we had asked
                os._exit(1)

    return arrange


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a closed connection is no matter
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str = "127.0.0.1") -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that ended and only waits to be collected does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (OSError, IndexError):
        return not LINUX


def command_line(pid: int) -> str:
    """The command of a running process, or nothing: it has ended, or it isn't ours to see."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        if LINUX:
            return ""
    asked = subprocess.run(  # noqa: S603 - no shell
        ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip()


def signal_process(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def signal_group(pid: int, number: int) -> None:
    """Signal the group that a child leads; a group that is gone is what was wanted."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def wait_until(done: Callable[[], bool], seconds: float, pause: float = 0.05) -> bool:
    give_up = time.monotonic() + seconds
    while not done():
        if time.monotonic() > give_up:
            return False
        time.sleep(pause)
    return True


def end_process(pid: int, gone: Callable[[], bool], steps: Iterable[tuple[signal.Signals, float]]) -> None:
    """Send one signal after the other, each with its patience, until the process is gone."""
    for number, seconds in steps:
        if gone():
            return
        signal_process(pid, number)
        if wait_until(gone, seconds):
            return


def marked_processes(marker: str) -> list[int]:
    """Every process that inherited an environment with `marker`, whatever group or session it went to (Linux only)."""
    wanted, found = marker.encode(), []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:  # it ended meanwhile, or belongs to somebody else
            continue
    return sorted(pid for pid in found if is_alive(pid))


def end_groups(leaders: Sequence[int], marker: str, ended: Callable[[], bool], patience: float) -> None:
    """Ask the leaders to end; then kill what is left of their groups, and whatever carries their marker."""
    if not ended():
        for pid in leaders:
            signal_process(pid, signal.SIGTERM)
        wait_until(ended, patience)

    def nothing_left() -> bool:
        left = marked_processes(marker)
        for pid in left:
            signal_process(pid, signal.SIGKILL)
        return ended() and not left

    for pid in leaders:
        signal_group(pid, signal.SIGKILL)
    wait_until(nothing_left, 3.0)


def trim_log(path: Path, limit: int = LOG_LIMIT_BYTES) -> None:
    """Move a log that grew beyond its limit aside and empty it; its writer appends, so it may go on writing."""
    try:
        if path.stat().st_size <= limit:
            return
        with path.open("rb") as log:
            log.seek(-limit // 2, os.SEEK_END)
            path.with_name(path.name + ".1").write_bytes(log.read())
        os.truncate(path, 0)
    except FileNotFoundError:
        return


def tail(path: Path, lines: int = 15) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
