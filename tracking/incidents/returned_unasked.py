"""It goes back to the sender, and nobody asked for that."""

from datetime import timedelta

from ..carriers.base import Status
from . import base
from .base import gettext_noop

_BACK = (Status.RETURNING, Status.RETURNED)


class Rule(base.Rule):
    label = gettext_noop("Going back unasked")
    words = gettext_noop("Your parcel goes back to the sender.")
    next_words = gettext_noop("We ask you whether to send it again or to pay you back.")
    is_told_by_status = True

    def judge(self, facts: base.Facts) -> base.Finding | None:
        if facts.status not in _BACK or facts.direction != "outbound" or facts.is_return_asked:
            return None
        back = facts.of(*_BACK)
        told = [scan.reason for scan in facts.scans if scan.reason]
        return base.Finding(
            occasion="way back",
            blame=base.blame_of(told[-1] if told else "", "carrier"),
            due_within=timedelta(hours=48),
            evidence={"way_back": base.as_evidence(back[:1]), "last_reason": told[-1] if told else ""},
        )
