"""Starts processes and answers for them: none outlives it, however it ends.

Three means work together. Each child leads a group of its own and is ended in order. All that a child starts inherits
RUN_MARKER, by which even a process that left the group is found (on Linux). And a guardian process waits beside us:
when we are killed, its standard input closes, and it ends what we can't end any more.
"""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from logistics_portal.processes import (
    LINUX,
    end_groups,
    end_with_parent,
    marked_processes,
    tail,
    trim_log,
)

ROOT = Path(__file__).resolve().parent.parent.parent
RUN_MARKER = "PORTAL_RUN_ID"
PATIENCE = 5.0 if LINUX else 12.0  # elsewhere a killed child's own children could not be found


class ChildError(RuntimeError):
    """A child did not do its part; the message carries the end of its log."""


class Supervisor:
    """Start it and its children from the main thread: on Linux children end with the thread that started them."""

    def __init__(self, logs: Path, environment: Mapping[str, str], patience: float = PATIENCE) -> None:
        self.logs = logs
        self.patience = patience
        self.marker = f"{RUN_MARKER}={secrets.token_hex(8)}"
        name, _, value = self.marker.partition("=")
        self.environment = {**environment, name: value, "PORTAL_PARENT_PID": str(os.getpid()), "PYTHONUNBUFFERED": "1"}
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.logs.mkdir(parents=True, exist_ok=True)
        self._guardian = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "logistics_portal.demo.guardian", self.marker],
            stdin=subprocess.PIPE,
            cwd=ROOT,
            start_new_session=True,
        )

    def run(self, name: str, command: Sequence[str]) -> str:
        """Run a child to its end and return what it said."""
        log = self.log_of(name)
        begin = log.stat().st_size if log.exists() else 0
        child = self.start(name, command)
        code = child.wait()
        del self.children[name]
        if code != 0:
            raise ChildError(self._obituary(name, code))
        return log.read_bytes()[begin:].decode(errors="replace")

    def start(self, name: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
        trim_log(self.log_of(name))
        with self.log_of(name).open("ab") as log:
            child = subprocess.Popen(  # noqa: S603 - no shell, and the commands are ours
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=self.environment,
                start_new_session=True,  # Ctrl-C is ours to hear
                preexec_fn=end_with_parent(signal.SIGTERM),
            )
        self.children[name] = child
        self._tell_guardian(child.pid)
        return child

    def check(self) -> None:
        """Complain of a child that has ended by itself, and keep the logs within their limits."""
        for name, child in self.children.items():
            trim_log(self.log_of(name))
            if (code := child.poll()) is not None:
                raise ChildError(self._obituary(name, code))

    def stop(self) -> list[int]:
        """End every child and all that they have started. What is returned, if anything, could not be ended."""
        end_groups([child.pid for child in self.children.values()], self.marker, self._all_ended, self.patience)
        self.children.clear()
        if self._guardian.stdin:
            self._guardian.stdin.close()
        self._guardian.wait()
        return marked_processes(self.marker)

    def log_of(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def _all_ended(self) -> bool:
        return all([child.poll() is not None for child in self.children.values()])  # noqa: C419 - each is collected

    def _tell_guardian(self, pid: int) -> None:
        try:
            assert self._guardian.stdin
            self._guardian.stdin.write(b"%d\n" % pid)
            self._guardian.stdin.flush()
        except BrokenPipeError:  # somebody killed it: the other two means remain
            return

    def _obituary(self, name: str, code: int) -> str:
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        log = self.log_of(name)
        return f"{name} {how}. The end of {log}:\n\n{tail(log)}"
