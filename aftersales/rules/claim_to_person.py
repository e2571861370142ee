"""A claim that no other rule decides waits for a person, who reads here what is known."""

from . import base
from .base import gettext_noop


class Rule(base.Rule[base.ClaimCase]):
    judges = base.ClaimCase
    priority = 1000
    label = gettext_noop("Claim for a person")
    words = {
        "no_proof": gettext_noop("Said to be delivered, without a proof of it."),
        "under_way": gettext_noop("The parcel did not arrive, and the carrier does not say that it is lost."),
        "contents": gettext_noop("What was in the parcel must be looked at."),
    }

    def judge(self, case: base.ClaimCase) -> base.Verdict | None:
        if case.kind != "not_received":
            return self.say("person", "contents")
        return self.say("person", "no_proof" if case.status == "delivered" else "under_way")
