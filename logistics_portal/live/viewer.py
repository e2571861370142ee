"""One open page."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]

WAITING_MAX = 2000  # bytes: some forty messages, which take a quarter of an hour to come


class Viewer:
    """A stream to one page. Bytes wait here only while those before them are still being sent.

    Whoever reads so slowly that more than `WAITING_MAX` wait is dropped: the page connects again and is told then.
    """

    __slots__ = ("_is_complete", "_send", "_stream", "_waiting", "_writer")

    def __init__(self, send: Send) -> None:
        self._send = send
        self._stream = asyncio.current_task()
        self._waiting = b""
        self._writer: asyncio.Task[None] | None = None
        self._is_complete = False

    def tell(self, said: bytes) -> None:
        if len(self._waiting) + len(said) > WAITING_MAX:
            self.drop()
            return
        self._waiting += said
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())

    def complete(self) -> None:
        """End the stream in order, after what waits."""
        self._is_complete = True
        self.tell(b"\n")

    def drop(self) -> None:
        if self._writer:
            self._writer.cancel()
        if self._stream:
            self._stream.cancel()

    async def _write(self) -> None:
        while self._waiting:
            said, self._waiting = self._waiting, b""
            is_last = self._is_complete
            await self._send({"type": "http.response.body", "body": said, "more_body": not is_last})
        self._writer = None
