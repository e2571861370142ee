"""Pressing a server: one request again and again over connections that are kept open, at little cost to the machine."""

import asyncio
import time
from typing import cast

import uvloop


class Presser(asyncio.Protocol):
    """Sends the request, waits for its whole answer, and sends it again until the time is over.

    Each answer must have the status that is wanted and a Content-Length.
    """

    def __init__(self, request: bytes, status: int, ends: float, took: list[float]) -> None:
        self._request, self._wanted, self._ends, self._took = request, b"HTTP/1.1 %d" % status, ends, took
        self._seen = b""
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        self._send()

    def _send(self) -> None:
        self._started = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._seen += data
        head, found, rest = self._seen.partition(b"\r\n\r\n")
        if not found or len(rest) < _length(head):
            return
        if not head.startswith(self._wanted):
            self.over.set_exception(AssertionError(self._seen[:500]))
            self._transport.close()
            return
        self._seen = b""
        self._took.append(time.perf_counter() - self._started)
        if time.perf_counter() < self._ends:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(None)


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


def press(port: int, request: bytes, *, status: int, connections: int, seconds: float, took: list[float]) -> float:
    """Requests a second over so many connections; the seconds of each are added to ``took``."""

    async def run() -> float:
        loop, started, before = asyncio.get_running_loop(), time.perf_counter(), len(took)
        pressers = [
            (
                await loop.create_connection(
                    lambda: Presser(request, status, started + seconds, took), "127.0.0.1", port
                )
            )[1]
            for _ in range(connections)
        ]
        await asyncio.gather(*(presser.over for presser in pressers))
        return (len(took) - before) / (time.perf_counter() - started)

    return uvloop.run(run())
