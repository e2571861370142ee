"""Openings of an order's links are kept for a time: one a visitor and hour, without the visitor's address."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from uuid_utils.compat import uuid7

import customers.services
from logistics_portal.kernel import tokens
from logistics_portal.kernel.limits import network_of
from orders.models import Opening

REMEMBERED = timedelta(hours=1)
AGENT_MAX = 400
FORGOTTEN_AT_ONCE = 5000
MOST_AN_HOUR = 100  # of a link: who opens it under ever new names fills no table

# What is lost when the machine stops at this moment is one line of a log, so its reader does not wait for the disk.
_KEEP = """
WITH unhurried AS (SELECT set_config('synchronous_commit', 'off', true))
INSERT INTO orders_opening (id, order_id, link, hour, visitor, has_proof, opened_at, device, label)
SELECT %(id)s, %(order)s, %(link)s, %(hour)s, %(visitor)s, %(has_proof)s, %(now)s, %(device)s, %(label)s FROM unhurried
WHERE (SELECT count(*) FROM orders_opening WHERE order_id = %(order)s AND link = %(link)s AND hour = %(hour)s)
      < %(most)s
ON CONFLICT (order_id, link, hour, visitor, has_proof) DO NOTHING
"""


def record_opening(*, order_id: UUID, link: str, address: str, agent: str, has_proof: bool, now: datetime) -> None:
    """Keep that a visitor opened an order by a link, once an hour.

    A process remembers whom it has noted, so that only a visitor's first page in an hour costs a statement.

    Args:
        link: the link's name, see `AccessLink`.
        address: the visitor's network address; only a digest of it is kept, which differs from order to order.
        agent: what the browser tells of itself.
    """
    agent = agent[:AGENT_MAX]
    hour = now.replace(minute=0, second=0, microsecond=0)
    visitor = tokens.keyed_digest(f"visitor {order_id}", f"{network_of(address)} {agent}")
    known = f"opening:{order_id}:{link}:{hour:%d%H}:{visitor}:{has_proof}"
    if not cache.add(known, True, REMEMBERED.total_seconds()):
        return
    given: dict[str, Any] = {
        "id": uuid7(),
        "order": order_id,
        "link": link,
        "hour": hour,
        "visitor": visitor,
        "has_proof": has_proof,
        "now": now,
        "device": customers.services.device_class(agent),
        "label": customers.services.device_label(agent),
        "most": MOST_AN_HOUR,
    }
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, given)


def forget_old_openings(*, now: datetime | None = None, at_once: int = FORGOTTEN_AT_ONCE) -> int:
    """Remove openings older than ``OPENINGS_DAYS``, called by the clock; how many they were.

    Some thousands at a time, each in a transaction of its own: a run that is cut off is gone on with by the next.
    """
    before = (now or timezone.now()) - timedelta(days=settings.OPENINGS_DAYS)
    count = 0
    old = Opening.objects.filter(opened_at__lt=before).order_by("opened_at")
    while batch := list(old.values_list("pk", flat=True)[:at_once]):
        count += Opening.objects.filter(pk__in=batch).delete()[0]
    return count
