"""The consignee got another number while the parcel was on its way: the carrier still has the former one."""

from datetime import timedelta

from . import base
from .base import gettext_noop


class Rule(base.Rule):
    label = gettext_noop("Number changed on the way")

    def judge(self, facts: base.Facts) -> base.Finding | None:
        changed = facts.phone_changed_at
        if facts.has_ended or facts.direction != "outbound" or changed is None or changed <= facts.created_at:
            return None
        return base.Finding(
            occasion=f"changed {changed.isoformat()}",
            blame="consignee",
            due_within=timedelta(hours=4),
            evidence={"phone_changed_at": changed.isoformat()},
        )
