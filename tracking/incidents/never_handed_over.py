"""A label was made, and the carrier never got the parcel."""

from datetime import datetime, timedelta

from ..carriers.base import Status
from . import base

_PATIENCE = timedelta(hours=72)
_WAITING = (Status.PENDING, Status.INFO_RECEIVED)


class Rule(base.Rule):
    label = "Label made, never handed over"
    words = "The carrier does not have your parcel yet. We have asked the shop to hand it over."

    def judge(self, facts: base.Facts) -> base.Finding | None:
        if facts.status not in _WAITING or facts.now <= facts.created_at + _PATIENCE:
            return None
        return base.Finding(
            occasion="handover",
            blame="merchant",
            evidence={"label_made_at": facts.created_at.isoformat(), "announced": base.as_evidence(facts.scans)},
        )

    def wakes_at(self, facts: base.Facts) -> datetime | None:
        return facts.created_at + _PATIENCE if facts.status in _WAITING else None
