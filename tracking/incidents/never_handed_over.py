"""A label was made, and the carrier never got the parcel."""

from datetime import datetime, timedelta

from ..carriers.base import Status
from . import base
from .base import gettext_noop

_PATIENCE = timedelta(hours=72)
_WAITING = (Status.PENDING, Status.INFO_RECEIVED)


class Rule(base.Rule):
    label = gettext_noop("Label made, never handed over")
    words = gettext_noop("The carrier does not have your parcel yet.")
    next_words = gettext_noop("We check where it is and have it handed over. You hear from us when it moves.")

    def judge(self, facts: base.Facts) -> base.Finding | None:
        if not _is_waiting(facts) or facts.now < facts.created_at + _PATIENCE:
            return None
        return base.Finding(
            occasion="handover",
            blame="merchant",
            evidence={"label_made_at": facts.created_at.isoformat(), "announced": base.as_evidence(facts.scans)},
        )

    def wakes_at(self, facts: base.Facts) -> datetime | None:
        return facts.created_at + _PATIENCE if _is_waiting(facts) else None


def _is_waiting(facts: base.Facts) -> bool:
    """A customer who sends something back may take longer, so only the way out counts."""
    return facts.status in _WAITING and facts.direction == "outbound"
