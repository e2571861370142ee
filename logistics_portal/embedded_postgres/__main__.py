"""Holds a server in the foreground, or for the time of one command."""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from logistics_portal.embedded_postgres import EmbeddedPostgres, FolderInUseError, PostgresError
from logistics_portal.processes import wait_until


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


def _hold(server: EmbeddedPostgres) -> NoReturn:
    print(server.url, flush=True)  # noqa: T201 - the URL is what was asked for
    while True:
        time.sleep(1)
        server.check()


def _run_with(server: EmbeddedPostgres, command: Sequence[str]) -> int:
    child = subprocess.Popen(command, env={**os.environ, "DATABASE_URL": server.url})  # noqa: S603 - the caller's own
    try:
        return child.wait()
    except BaseException:  # a signal: the command ends before its database does
        child.terminate()
        if not wait_until(lambda: child.poll() is not None, seconds=10):
            child.kill()
        raise


def _start(data: Path, port: int | None, settings: Mapping[str, str], *, or_another: bool) -> EmbeddedPostgres:
    number = 1
    while True:
        folder = data if number == 1 else data.with_name(f"{data.name}-{number}")
        server = EmbeddedPostgres(folder, port, settings)
        try:
            server.start()
        except FolderInUseError:
            if not or_another:
                raise
            number += 1
        else:
            return server


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m logistics_portal.embedded_postgres",
        description="Start PostgreSQL over a folder, print its URL, and hold it until told to end.",
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the data; made when it isn't there")
    parser.add_argument("--or-another", action="store_true", help="take DIR-2, DIR-3 … when another process uses DIR")
    parser.add_argument("--port", type=int, help="port on 127.0.0.1 (default: a free one, kept for the next start)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of PostgreSQL")
    parser.add_argument("command", nargs="*", help="run this with DATABASE_URL set, then stop the server")
    options = parser.parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    settings = dict(pair.partition("=")[::2] for pair in options.set)
    try:
        with _start(options.data, options.port, settings, or_another=options.or_another) as server:
            for note in server.notes:
                print(f"note: {note}", file=sys.stderr)  # noqa: T201 - said once, to the person who started us
            return _run_with(server, options.command) if options.command else _hold(server)
    except PostgresError as error:
        print(f"PostgreSQL: {error}", file=sys.stderr)  # noqa: T201
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
