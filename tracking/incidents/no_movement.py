"""Nothing was heard for longer than this lane is ever silent: the word that was promised did not come."""

from datetime import datetime

from ..carriers.base import Status
from . import base

_MOVING = (Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY, Status.ATTEMPT_FAILED, Status.EXCEPTION, Status.RETURNING)


class Rule(base.Rule):
    label = "No movement"
    words = "Your parcel has not moved for longer than usual. We have asked the carrier and will tell you what we hear."

    def judge(self, facts: base.Facts) -> base.Finding | None:
        if facts.status not in _MOVING or facts.now <= facts.last_at + facts.silence:
            return None
        return base.Finding(
            occasion=f"silent since {facts.last_at.isoformat()}",
            blame="customs" if facts.reason.startswith("customs_") else "carrier",
            evidence={
                "last_heard_at": facts.last_at.isoformat(),
                "usual_silence_h": round(facts.silence.total_seconds() / 3600, 1),
                "last_scan": base.as_evidence(facts.scans[-1:]),
            },
        )

    def wakes_at(self, facts: base.Facts) -> datetime | None:
        return facts.last_at + facts.silence if facts.status in _MOVING else None
