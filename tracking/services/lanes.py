"""How long lanes stay silent: learned from their own scans, with a guess where too few are known."""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from ..carriers.base import Status
from ..models import LaneGap

logger = logging.getLogger(__name__)

SAMPLES_NEEDED = 30

# Hours between scans that a first customer of a lane must reckon with, at home and abroad.
_GUESS_H = {
    Status.PENDING: (72, 72),
    Status.INFO_RECEIVED: (72, 72),
    Status.IN_TRANSIT: (48, 120),
    Status.OUT_FOR_DELIVERY: (18, 24),
    Status.ATTEMPT_FAILED: (48, 72),
    Status.AVAILABLE_FOR_PICKUP: (7 * 24, 10 * 24),
    Status.EXCEPTION: (48, 96),
    Status.RETURNING: (96, 168),
}
_OTHER_H = (72, 120)

HISTORY = timedelta(days=180)
FRESH = timedelta(hours=20)
RUN_SECONDS = 45.0  # after which a run leaves the rest to the next one; the queue gives a job two minutes
_SLICE_SECONDS = 50

_CARRIERS = """
SELECT p.carrier
FROM tracking_parcel p
JOIN tracking_shipment s ON s.id = p.shipment_id
LEFT JOIN (SELECT carrier, max(computed_at) AS at FROM tracking_lanegap GROUP BY carrier) AS known
       ON known.carrier = p.carrier
WHERE s.last_event_at > %(since)s AND (known.at IS NULL OR known.at <= %(stale)s)
GROUP BY p.carrier
ORDER BY min(known.at) NULLS LAST, count(*) DESC
"""

# Gaps between two scans of a parcel, by the status it had meanwhile; what took over 60 days was lost, not slow. Of each
# lane the newest parcels tell enough: a carrier's slice grows with its lanes, not with its parcels.
_LEARN = """
WITH known AS (
    SELECT p.id,
           CASE s.direction WHEN 'outbound' THEN m.country ELSE o.country END AS origin,
           CASE s.direction WHEN 'outbound' THEN o.country ELSE m.country END AS destination
    FROM tracking_parcel p
    JOIN tracking_shipment s ON s.id = p.shipment_id
    JOIN orders_order o ON o.id = s.order_id
    JOIN merchants_merchant m ON m.id = s.merchant_id
    WHERE p.carrier = %(carrier)s AND s.last_event_at > %(since)s),
ranked AS (SELECT *, row_number() OVER (PARTITION BY origin, destination ORDER BY id DESC) AS newest FROM known),
gaps AS (
    SELECT r.origin, r.destination, e.status,
           extract(epoch FROM lead(e.occurred_at) OVER w - e.occurred_at) / 3600 AS gap_h
    FROM ranked r
    JOIN tracking_trackingevent e ON e.parcel_id = r.id
    WHERE r.newest <= %(parcels)s AND e.occurred_at > %(since)s
    WINDOW w AS (PARTITION BY e.parcel_id ORDER BY e.occurred_at))
INSERT INTO tracking_lanegap (carrier, origin, destination, status, samples, median_h, p95_h, computed_at)
SELECT %(carrier)s, origin, destination, status, count(*),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY gap_h), percentile_cont(0.95) WITHIN GROUP (ORDER BY gap_h), %(now)s
FROM gaps
WHERE gap_h > 0 AND gap_h < 60 * 24 AND status NOT IN ('delivered', 'returned', 'expired', 'unknown')
GROUP BY origin, destination, status
HAVING count(*) >= %(samples)s
ON CONFLICT (carrier, origin, destination, status) DO UPDATE
SET samples = excluded.samples, median_h = excluded.median_h, p95_h = excluded.p95_h, computed_at = excluded.computed_at
"""
PARCELS_A_LANE = 4000

# A parcel makes several gaps, so one in twenty parcels' gaps beyond the 95th percentile would be an alarm for every
# third parcel. Gaps are spread about as a log-normal is; its 99.5th percentile lies this much further from the median.
_RARELY = 2.576 / 1.645
_LEAST_H, _MOST_H = 12.0, 30 * 24.0
_ROUNDS_SHARE = 0.1  # of a carrier's gaps; one that tells of every round has one in five to one in ten

Lane = tuple[str, str, str, str]  # carrier, origin, destination, status


@dataclass(frozen=True, slots=True)
class Lanes:
    """What is known of some lanes: how long each stays silent, and which carriers tell of their rounds."""

    silences: dict[Lane, timedelta]
    tell_rounds: set[str]


def learn_lanes(*, run_seconds: float = RUN_SECONDS) -> int:
    """Learn the lanes of carriers that were not learned today, those first that wait longest.

    Each carrier is learned in a transaction of its own. After ``run_seconds`` the run ends and the next one goes on; so
    does it where a run was cut off, or a carrier took too long. Returns the number of lanes learned.
    """
    ends, now = monotonic() + run_seconds, timezone.now()
    LaneGap.objects.filter(computed_at__lt=now - HISTORY).delete()  # of carriers that have no parcels any more
    learned = 0
    for carrier in _carriers_to_learn(now):
        try:
            learned += _learn(carrier, now)
        except OperationalError:  # above all: canceled, since it took too long
            logger.exception("the lanes of %s were not learned; they stay as they are", carrier)
        if monotonic() >= ends:
            break
    return learned


def _carriers_to_learn(now: datetime) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_CARRIERS, {"since": now - HISTORY, "stale": now - FRESH})
        return [carrier for (carrier,) in cursor.fetchall()]


@transaction.atomic
def _learn(carrier: str, now: datetime) -> int:
    """Learn one carrier's lanes anew and forget those that its scans no longer show."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended('lanes ' || %s, 0))", [carrier])
        if not cursor.fetchone()[0]:
            return 0  # another run is at it
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{_SLICE_SECONDS}s"])
        given: dict[str, Any] = {"carrier": carrier, "since": now - HISTORY, "now": now}
        cursor.execute(_LEARN, {**given, "parcels": PARCELS_A_LANE, "samples": SAMPLES_NEEDED})
        learned = cursor.rowcount
    LaneGap.objects.filter(carrier=carrier, computed_at__lt=now).delete()
    return learned


def known_lanes(lanes: Iterable[Lane]) -> Lanes:
    """What was learned of lanes, with a guess where too few of their scans are known."""
    wanted = set(lanes)
    learned = list(LaneGap.objects.filter(carrier__in={lane[0] for lane in wanted}))
    gaps = {(gap.carrier, gap.origin, gap.destination, gap.status): gap for gap in learned}
    return Lanes(
        silences={lane: timedelta(hours=_silence_h(gaps[lane]) if lane in gaps else _guess_h(lane)) for lane in wanted},
        tell_rounds={carrier for carrier in {gap.carrier for gap in learned} if _tells_rounds(carrier, learned)},
    )


def _silence_h(gap: LaneGap) -> float:
    """How long a lane is silent but for one gap in two hundred."""
    rare = gap.median_h * (gap.p95_h / gap.median_h) ** _RARELY if gap.median_h else gap.p95_h
    return min(max(rare, gap.p95_h, _LEAST_H), _MOST_H)


def _tells_rounds(carrier: str, learned: Iterable[LaneGap]) -> bool:
    counts: Counter[bool] = Counter()
    for gap in learned:
        if gap.carrier == carrier:
            counts[gap.status == Status.OUT_FOR_DELIVERY] += gap.samples
    return counts[True] >= SAMPLES_NEEDED and counts[True] >= _ROUNDS_SHARE * counts.total()


def _guess_h(lane: Lane) -> float:
    _, origin, destination, status = lane
    return _GUESS_H.get(Status(status), _OTHER_H)[origin != destination]
