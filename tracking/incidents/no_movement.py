"""Nothing was heard for longer than this lane is silent: the word that was promised did not come."""

from datetime import datetime

from ..carriers.base import Status
from . import base
from .base import gettext_noop

_MOVING = (
    Status.IN_TRANSIT,
    Status.OUT_FOR_DELIVERY,
    Status.ATTEMPT_FAILED,
    Status.EXCEPTION,
    Status.RETURNING,
    Status.UNKNOWN,
)


class Rule(base.Rule):
    label = gettext_noop("No movement")
    words = gettext_noop("Your parcel has not moved for longer than usual.")
    next_words = gettext_noop("We ask the carrier where it is and tell you the answer.")

    def judge(self, facts: base.Facts) -> base.Finding | None:
        if facts.status not in _MOVING or facts.now < facts.last_at + facts.silence:
            return None
        return base.Finding(
            occasion=f"silent since {facts.last_at.isoformat()}",
            blame=base.blame_of(facts.reason, "carrier"),
            evidence={
                "last_heard_at": facts.last_at.isoformat(),
                "usual_silence_h": base.hours(facts.silence),
                "last_scan": base.as_evidence(facts.scans[-1:]),
            },
        )

    def wakes_at(self, facts: base.Facts) -> datetime | None:
        return facts.last_at + facts.silence if facts.status in _MOVING else None
