"""A parcel that its carrier says it lost or broke needs no proof by the customer: paid back at once."""

from . import base
from .base import gettext_noop

LOST, DAMAGED = "carrier_parcel_lost", "carrier_damaged_parcel"


class Rule(base.Rule[base.ClaimCase]):
    judges = base.ClaimCase
    priority = 10
    label = gettext_noop("Loss proved by the carrier")
    words = {
        "lost": gettext_noop("The carrier says that it lost the parcel."),
        "damaged": gettext_noop("The carrier says that it damaged the parcel."),
    }

    def judge(self, case: base.ClaimCase) -> base.Verdict | None:
        if not case.refund_lost or not case.is_carriers_word or case.value <= 0:
            return None
        if case.kind == "not_received" and case.reason == LOST and case.status != "delivered":
            return self.say("refund", "lost")
        if case.kind == "damaged" and case.reason == DAMAGED and case.status != "delivered":
            return self.say("refund", "damaged")
        return None
