"""Many viewers of live pages in one process: raw connections that note when they hear of something.

Run as a program it connects, says "connected" on its standard output, and obeys one line at a time from its input:
``report`` prints what was heard since the last report, as JSON: for each topic how often "changed" was heard and when
(seconds of the monotonic clock, which all processes share), and how many viewers heard "resync".
"""

import argparse
import asyncio
import json
import sys
import time
from dataclasses import dataclass, field

import uvloop

from logistics_portal.live.__main__ import raise_file_limit

AT_ONCE = 200  # connections that are being made


@dataclass
class Heard:
    """What all viewers heard."""

    changed: dict[str, list[float]] = field(default_factory=dict)  # by pass
    resync: int = 0
    lost: int = 0


class Viewer(asyncio.Protocol):
    """One connection. It reads no more of the stream than it must to know what it heard."""

    __slots__ = ("_heard", "_name", "_opened", "_transport")

    def __init__(self, name: str, heard: Heard, opened: asyncio.Future[None]) -> None:
        self._name, self._heard, self._opened = name, heard, opened

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        at = int(time.time() * 1000) + 3_600_000  # only what comes is news
        request = f"GET /live/{self._name}?at={at} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        transport.write(request.encode())  # type: ignore[attr-defined]
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        if not self._opened.done():
            if b" 200 " in data[:20]:
                self._opened.set_result(None)
            else:
                self._opened.set_exception(RuntimeError(data[:200].decode()))
        if count := data.count(b"event: changed"):
            self._heard.changed.setdefault(self._name, []).extend([now] * count)
        self._heard.resync += data.count(b"event: resync")

    def connection_lost(self, error: Exception | None) -> None:
        self._heard.lost += 1
        if not self._opened.done():
            self._opened.set_exception(error or RuntimeError("refused"))


async def connect(port: int, name: str, heard: Heard, gate: asyncio.Semaphore) -> None:
    loop = asyncio.get_running_loop()
    async with gate:
        opened = loop.create_future()
        await loop.create_connection(lambda: Viewer(name, heard, opened), "127.0.0.1", port)
        await opened


async def watch(port: int, names: list[str], viewers: int) -> None:
    heard, gate = Heard(), asyncio.Semaphore(AT_ONCE)
    started = time.monotonic()
    await asyncio.gather(*(connect(port, names[number % len(names)], heard, gate) for number in range(viewers)))
    print(json.dumps({"connected": viewers, "seconds": round(time.monotonic() - started, 2)}), flush=True)
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while await orders.readline():
        print(json.dumps({"changed": heard.changed, "resync": heard.resync, "lost": heard.lost}), flush=True)
        heard.changed, heard.resync = {}, 0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--viewers", type=int, required=True)
    given = arguments.parse_args()
    raise_file_limit()
    names = json.loads(sys.stdin.readline())
    uvloop.run(watch(given.port, names, given.viewers))


if __name__ == "__main__":
    main()
