"""Tells open pages that something they show has changed, through PostgreSQL's NOTIFY.

A topic is the id of what a page is about. What is told holds no content: whoever hears it reads the page anew.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

CHANNEL = "portal_live"
TOPICS_A_PAYLOAD = 200  # 33 bytes each; PostgreSQL takes less than 8000 in one payload
_TELL = "SELECT pg_notify(%s, payload) FROM unnest(%s::text[]) AS payload"


def tell_viewers(topics: Iterable[UUID]) -> None:
    """Tell whoever looks at ``topics`` once the current transaction has committed: one statement, however many.

    Call it where a batch is written. Commits that notify wait for each other, so single-row writes must not.
    """
    names = sorted({topic.hex for topic in topics})
    if not names:
        return
    payloads = [" ".join(names[at : at + TOPICS_A_PAYLOAD]) for at in range(0, len(names), TOPICS_A_PAYLOAD)]
    with connection.cursor() as cursor:
        cursor.execute(_TELL, [CHANNEL, payloads])


def read_topics(payload: str) -> list[str]:
    """The topics of a payload, in hex."""
    return payload.split()
