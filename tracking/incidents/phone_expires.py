"""The consignee's virtual number stops working before the parcel can have arrived: nobody could be called."""

from datetime import datetime, timedelta

from . import base
from .base import gettext_noop


class Rule(base.Rule):
    label = gettext_noop("Number expires too early")

    def judge(self, facts: base.Facts) -> base.Finding | None:
        expires, arrives = facts.phone_expires_at, facts.arrives_by
        if facts.has_ended or facts.direction != "outbound" or expires is None:
            return None
        if expires > max(facts.now, arrives or facts.now):
            return None
        return base.Finding(
            occasion=f"expires {expires.isoformat()}",
            blame="merchant",
            due_within=max(min(expires - facts.now, timedelta(hours=24)), timedelta(hours=1)),
            evidence={
                "phone_expires_at": expires.isoformat(),
                "arrives_by": arrives.isoformat() if arrives else None,
            },
        )

    def wakes_at(self, facts: base.Facts) -> datetime | None:
        """A number that expires while nothing tells when the parcel arrives."""
        return None if facts.has_ended else facts.phone_expires_at
