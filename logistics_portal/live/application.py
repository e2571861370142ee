"""The streams as a bare ASGI application: no Django request, no session, no query for a viewer."""

import asyncio
import random
from collections.abc import Coroutine
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .hub import Hub
from .passes import topic_of
from .viewer import Message, Receive, Send, Viewer

PREFIX = "/live/"
READY = "ready"
VIEWERS_A_TOPIC = 100  # nobody has more pages of one order open
_TEXT = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]


class Application:
    """``GET /live/<pass>?at=<milliseconds>`` is a stream of events; ``GET /live/ready`` says whether they come.

    Args:
        page_origin: the origin of the portal's pages, the only one that may read a stream from elsewhere.
    """

    def __init__(self, hub: Hub, page_origin: str) -> None:
        self._hub = hub
        self._headers = [
            (b"content-type", b"text/event-stream"),
            (b"cache-control", b"no-cache"),
            (b"x-accel-buffering", b"no"),
            (b"access-control-allow-origin", page_origin.encode()),
            (b"vary", b"Origin"),
        ]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        tasks = [_start(self._hub.listen()), _start(self._hub.beat())]
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if scope["method"] not in ("GET", "HEAD") or not path.startswith(PREFIX):
            await _refuse(send, 404, b"Not found")
        elif path == PREFIX + READY:
            await (_refuse(send, 200, b"ok") if self._hub.is_listening else _refuse(send, 503, b"database down"))
        elif (topic := topic_of(path.removeprefix(PREFIX))) is None:
            await _refuse(send, 403, b"This pass is not good (any more).")
        elif scope["method"] == "HEAD" or self._hub.viewers_of(topic) >= VIEWERS_A_TOPIC:
            await _refuse(send, 503, b"Too many viewers")
        else:
            await self._stream(topic, _knows_until(scope), receive, send)

    async def _stream(self, topic: str, knows_until: int, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self._headers})
        # Browsers come back at moments of their own, so that a restart is no stampede.
        retry = b"retry: %d\n\n" % random.randint(1500, 6000)  # noqa: S311 - no secret
        await send({"type": "http.response.body", "body": retry, "more_body": True})
        viewer = Viewer(send)
        self._hub.join(topic, viewer, knows_until=knows_until)
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self._hub.leave(topic, viewer)


def _start(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.create_task(work)


async def _refuse(send: Send, status: int, why: bytes) -> None:
    headers = [*_TEXT, (b"content-length", b"%d" % len(why))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": why, "more_body": False})


def _knows_until(scope: Message) -> int:
    """Up to when the page was told everything: by its last event, else by when it was read; 0 when it does not say."""
    last = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"last-event-id"), "")
    said = last or parse_qs(scope["query_string"].decode("latin-1")).get("at", [""])[0]
    return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else 0


def origin_of(url: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
