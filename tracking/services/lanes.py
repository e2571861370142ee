"""How long lanes stay silent: learned from their own scans, with a guess where too few are known."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction

from ..carriers.base import Status
from ..models import LaneGap

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

# Gaps between two scans of a parcel, by the status it had meanwhile; what took over 60 days was lost, not slow.
_LEARN = """
INSERT INTO tracking_lanegap (carrier, origin, destination, status, samples, median_h, p95_h, computed_at)
SELECT carrier, origin, destination, status, count(*),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY gap_h), percentile_cont(0.95) WITHIN GROUP (ORDER BY gap_h), now()
FROM (SELECT p.carrier, e.status,
             CASE s.direction WHEN 'outbound' THEN m.country ELSE o.country END AS origin,
             CASE s.direction WHEN 'outbound' THEN o.country ELSE m.country END AS destination,
             extract(epoch FROM lead(e.occurred_at) OVER w - e.occurred_at) / 3600 AS gap_h
      FROM tracking_trackingevent e
      JOIN tracking_parcel p ON p.id = e.parcel_id
      JOIN tracking_shipment s ON s.id = p.shipment_id
      JOIN orders_order o ON o.id = s.order_id
      JOIN merchants_merchant m ON m.id = s.merchant_id
      WHERE e.occurred_at > now() - interval '180 days'
      WINDOW w AS (PARTITION BY e.parcel_id ORDER BY e.occurred_at)) AS gaps
WHERE gap_h > 0 AND gap_h < 60 * 24 AND status NOT IN ('delivered', 'returned', 'expired', 'unknown')
GROUP BY carrier, origin, destination, status
HAVING count(*) >= %s
ON CONFLICT (carrier, origin, destination, status) DO UPDATE
SET samples = excluded.samples, median_h = excluded.median_h, p95_h = excluded.p95_h, computed_at = excluded.computed_at
"""

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


@transaction.atomic
def learn_lanes() -> int:
    """Compute every lane's gaps anew from the scans of 180 days; run each night. Returns the number of lanes."""
    with connection.cursor() as cursor:
        cursor.execute(_LEARN, [SAMPLES_NEEDED])
        learned = cursor.rowcount
        cursor.execute("DELETE FROM tracking_lanegap WHERE computed_at < now()")  # now() is this transaction's
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
