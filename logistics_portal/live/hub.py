"""Hears what changed over one database connection, and tells the viewers of it."""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any

import psycopg

from logistics_portal.kernel.live import CHANNEL, read_topics

from .viewer import Viewer

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 20.0
CHECK_SECONDS = 15.0  # a connection that went silent is asked whether it is still there
ANSWER_SECONDS = 5.0
RECONNECT_SECONDS = 1.0
AT_ONCE = 50  # viewers told between two looks at the rest of the work, so that a broadcast delays nobody
REMEMBERED = 50_000  # topics
CLOCKS_DIFFER_MS = 2000  # the web server's clock from ours, at most
APPLICATION_NAME = "portal live"


class Hub:
    """The viewers by topic, and when each topic changed last, as far back as is remembered.

    PostgreSQL replays no notification. So the hub knows from when on it has heard everything; whoever was told less,
    or comes back from before that moment, is sent to look.
    """

    def __init__(self, database: Mapping[str, Any]) -> None:
        self._database = database
        self._topics: dict[str, set[Viewer]] = {}
        self._changed_at: dict[str, int] = {}  # oldest first
        self._complete_since: int | None = None  # None while nothing is heard
        self._last_id = 0

    @property
    def is_listening(self) -> bool:
        return self._complete_since is not None

    def viewers_of(self, topic: str) -> int:
        return len(self._topics.get(topic, ()))

    def join(self, topic: str, viewer: Viewer, *, knows_until: int) -> None:
        """Add a viewer whose page shows what was known at ``knows_until`` (milliseconds; 0 for unknown)."""
        self._topics.setdefault(topic, set()).add(viewer)
        since = self._complete_since
        if since is None:  # it is told to look when the database is back
            return
        knows_until -= CLOCKS_DIFFER_MS
        is_current = since <= knows_until and self._changed_at.get(topic, 0) <= knows_until
        viewer.tell(self._heartbeat() if is_current else self._message("changed"))

    def leave(self, topic: str, viewer: Viewer) -> None:
        viewers = self._topics.get(topic, set())
        viewers.discard(viewer)
        if not viewers:
            self._topics.pop(topic, None)

    def close(self) -> None:
        """End every stream in order."""
        for viewer in self._everybody():
            viewer.complete()

    async def listen(self) -> None:
        """Hear for ever; when the database goes away, come back and send everybody to look."""
        while True:
            try:
                await self._hear()
            except (psycopg.Error, OSError, TimeoutError) as error:
                logger.warning("live pages: not listening: %s", str(error).strip() or type(error).__name__)
            self._complete_since = None
            await asyncio.sleep(RECONNECT_SECONDS)

    async def beat(self) -> None:
        """Keep idle streams open through proxies, a few at a time; each beat says up to when everything was told."""
        while True:
            everybody = self._everybody()
            pause = HEARTBEAT_SECONDS / (len(everybody) // AT_ONCE + 1)
            for start in range(0, len(everybody) or 1, AT_ONCE):
                self._tell(everybody[start : start + AT_ONCE], self._heartbeat())
                await asyncio.sleep(pause)

    async def _hear(self) -> None:
        connection = await psycopg.AsyncConnection.connect(**self._database, autocommit=True)
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self._changed_at.clear()
            self._complete_since = self._now()
            resync = asyncio.create_task(self._tell_everybody(self._message("resync")))
            try:
                while True:
                    async for notification in connection.notifies(timeout=CHECK_SECONDS):
                        self._note(read_topics(notification.payload))
                    async with asyncio.timeout(ANSWER_SECONDS):
                        await connection.execute("SELECT 1")
            finally:
                resync.cancel()

    def _note(self, topics: Iterable[str]) -> None:
        message, now = self._message("changed"), self._last_id
        for topic in topics:
            self._changed_at.pop(topic, None)  # so that it is put at the end
            self._changed_at[topic] = now
            self._tell(self._topics.get(topic, ()), message)
        while len(self._changed_at) > REMEMBERED:
            self._complete_since = self._changed_at.pop(next(iter(self._changed_at)))

    async def _tell_everybody(self, message: bytes) -> None:
        everybody = self._everybody()
        for start in range(0, len(everybody), AT_ONCE):
            self._tell(everybody[start : start + AT_ONCE], message)
            await asyncio.sleep(0)

    def _tell(self, viewers: Iterable[Viewer], message: bytes) -> None:
        for viewer in list(viewers):
            viewer.tell(message)

    def _everybody(self) -> list[Viewer]:
        return [viewer for viewers in self._topics.values() for viewer in viewers]

    def _now(self) -> int:
        """Milliseconds of the clock that never stand still or go back: the ids of what is told."""
        self._last_id = max(self._last_id + 1, time.time_ns() // 1_000_000)
        return self._last_id

    def _message(self, event: str) -> bytes:
        return b"event: %s\nid: %d\ndata: 1\n\n" % (event.encode(), self._now())

    def _heartbeat(self) -> bytes:
        """An id alone: a browser remembers it without waking the page. While nothing is heard, nothing is claimed."""
        return b"id: %d\n\n" % self._now() if self.is_listening else b":\n\n"
