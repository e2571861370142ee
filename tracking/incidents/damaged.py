"""The carrier says that the parcel was damaged."""

from . import base
from .base import gettext_noop


class Rule(base.Rule):
    """It is a fact of the past: it stands until staff close it, or the carrier takes it back."""

    label = gettext_noop("Damaged")
    words = gettext_noop("The carrier says that your parcel was damaged.")
    next_words = gettext_noop("We ask the carrier what is broken and tell you how it goes on.")
    is_told_by_status = True

    def judge(self, facts: base.Facts) -> base.Finding | None:
        found = [scan for scan in facts.scans if scan.reason == "carrier_damaged_parcel"]
        if not found:
            return None
        return base.Finding(
            occasion=f"scan {found[0].identity[:64]}", blame="carrier", evidence={"scans": base.as_evidence(found)}
        )
