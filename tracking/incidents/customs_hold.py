"""Held by customs for longer than a clearance takes."""

from datetime import datetime, timedelta

from ..carriers.base import Status
from . import base
from .base import gettext_noop

_CLEARED_WITHIN = timedelta(hours=24)


class Rule(base.Rule):
    label = gettext_noop("Held by customs")
    words = gettext_noop("Customs has held your parcel for more than a day.")
    next_words = gettext_noop("We check what customs needs. If it is something from you, we ask you.")

    def judge(self, facts: base.Facts) -> base.Finding | None:
        held = _held(facts)
        if not held or facts.now < base.moment(held[0]) + _CLEARED_WITHIN:
            return None
        since = base.moment(held[0])
        return base.Finding(
            occasion=f"held since {since.isoformat()}",
            blame="customs",
            due_within=timedelta(hours=48),
            evidence={"held_since": since.isoformat(), "scans": base.as_evidence(held)},
        )

    def wakes_at(self, facts: base.Facts) -> datetime | None:
        held = _held(facts)
        return base.moment(held[0]) + _CLEARED_WITHIN if held else None


def _held(facts: base.Facts) -> list[base.Seen]:
    """The scans of a hold that no other scan has ended: the next scan on the way is the release."""
    if facts.has_ended:
        return []
    for scans in facts.by_parcel():
        if held := base.still_standing(scans, _is_customs, lambda scan: scan.status in base.HANDLED):
            return held
    return []


def _is_customs(scan: base.Seen) -> bool:
    return scan.reason.startswith("customs_") and scan.status not in (Status.DELIVERED, Status.RETURNED)
