"""How long lanes stay silent: learned from their own scans, with a guess where too few are known."""

from collections.abc import Iterable
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
FROM (SELECT p.carrier, m.country AS origin, o.country AS destination, e.status,
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
"""

Lane = tuple[str, str, str, str]  # carrier, origin, destination, status


@transaction.atomic
def learn_lanes() -> int:
    """Compute every lane's gaps anew from the scans of 180 days; run each night. Returns the number of lanes."""
    LaneGap.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(_LEARN, [SAMPLES_NEEDED])
        return cursor.rowcount


def usual_silences(lanes: Iterable[Lane]) -> dict[Lane, timedelta]:
    """How long each lane stays silent: 95 of 100 gaps are shorter."""
    wanted = set(lanes)
    learned = LaneGap.objects.filter(carrier__in={lane[0] for lane in wanted}, status__in={lane[3] for lane in wanted})
    known = {(gap.carrier, gap.origin, gap.destination, gap.status): gap.p95_h for gap in learned}
    return {lane: timedelta(hours=known.get(lane) or _guess_h(lane)) for lane in wanted}


def _guess_h(lane: Lane) -> float:
    _, origin, destination, status = lane
    return _GUESS_H.get(Status(status), _OTHER_H)[origin != destination]
