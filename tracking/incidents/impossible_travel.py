"""Two scans of one parcel, too far apart for the time between them: one of them is of another parcel, or invented."""

from datetime import timedelta
from itertools import pairwise

from ..gazetteer import kilometers
from . import base
from .base import gettext_noop

_LEAST_KM = 150.0
_FASTEST_KMH = 900.0  # a plane in the air; with handling it is never reached
_MOMENT_H = 1 / 60  # carriers stamp minutes


class Rule(base.Rule):
    """It is a fact of the past: it stands until staff close it, or the carrier takes a scan back."""

    label = gettext_noop("Impossible travel")

    def judge(self, facts: base.Facts) -> base.Finding | None:
        for scans in facts.by_parcel():
            seen = [scan for scan in scans if _is_sure(scan)]
            for before, after in pairwise(seen):
                if finding := _finding(before, after):
                    return finding
        return None


def _is_sure(scan: base.Seen) -> bool:
    """Scanned with the parcel in hand, at a known place and instant. Customs clears parcels that are in the air."""
    is_handled = scan.status in base.HANDLED and not scan.reason.startswith("customs_")
    return is_handled and base.coordinates(scan) is not None and base.has_sure_time(scan)


def _finding(before: base.Seen, after: base.Seen) -> base.Finding | None:
    here, there = base.coordinates(before), base.coordinates(after)
    assert here is not None and there is not None
    far = kilometers(here, there)
    span = base.moment(after) - base.moment(before)
    if far <= _LEAST_KM or far <= _FASTEST_KMH * max(span / timedelta(hours=1), _MOMENT_H):
        return None
    return base.Finding(
        occasion=f"scan {after.identity[:64]}",
        blame="carrier",
        due_within=timedelta(hours=48),
        evidence={
            "km": round(far),
            "hours": round(span / timedelta(hours=1), 2),
            "scans": base.as_evidence([before, after]),
        },
    )
