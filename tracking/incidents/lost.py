"""The carrier says that it lost the parcel."""

from . import base
from .base import gettext_noop


class Rule(base.Rule):
    label = gettext_noop("Lost")
    words = gettext_noop("The carrier can't find your parcel.")
    next_words = gettext_noop("The carrier searches for it. We tell you what it finds and what we do then.")
    is_told_by_status = True

    def judge(self, facts: base.Facts) -> base.Finding | None:
        for scans in facts.by_parcel():
            if lost := base.still_standing(scans, _is_lost, lambda scan: scan.status in base.HANDLED):
                return base.Finding(
                    occasion=f"scan {lost[0].identity[:64]}",
                    blame="carrier",
                    evidence={"scans": base.as_evidence(lost)},
                )
        return None


def _is_lost(scan: base.Seen) -> bool:
    return scan.reason == "carrier_parcel_lost"
