"""Events for those who ask for them: in the order of their keys, and none that comes in behind a reader's back.

Keys hold the time at which they were made, so whoever reads in their order and remembers the last may miss an event
whose transaction was still open then. So what may still be joined by an earlier one is not shown yet: events are shown
up to the start of the oldest transaction that writes, less a margin for clocks that differ and for keys that were made
before their transaction's first write. A reader is behind by that margin, and by as long as the longest open writer.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from logistics_portal.kernel.models import Event
from merchants.models import Merchant

MARGIN = timedelta(seconds=1)

# One's own transaction does not count: one sees what it wrote.
_OLDEST_WRITER = """
SELECT min(xact_start) FROM pg_stat_activity
WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()
"""


def settled_events(merchant: Merchant) -> QuerySet[Event]:
    """A merchant's events that no earlier one can join any more."""
    before = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST_WRITER)
        [began] = cursor.fetchone()
    return Event.objects.filter(merchant_id=merchant.pk, id__lt=first_key(min(began or before, before) - MARGIN))


def first_key(moment: datetime) -> UUID:
    """The least key that can be made at a moment: keys begin with milliseconds since 1970, in 48 bits."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
