"""A return that no other rule decides waits for a person, who reads here what stood in the way."""

from . import base
from .base import gettext_noop


class Rule(base.Rule[base.ReturnCase]):
    judges = base.ReturnCase
    priority = 1000
    label = gettext_noop("Return for a person")
    words = {
        "not_arrived": gettext_noop("No delivery is known."),
        "too_late": gettext_noop("Day %(day)s of %(days)s."),
        "not_returnable": gettext_noop("Something in it is not to be sent back."),
        "too_valuable": gettext_noop("Worth %(value)s, above the limit of %(limit)s."),
        "by_hand": gettext_noop("The merchant decides each return."),
    }

    def judge(self, case: base.ReturnCase) -> base.Verdict | None:
        if case.days_since_delivery is None:
            return self.say("person", "not_arrived")
        if case.days_since_delivery > case.return_days:
            return self.say("person", "too_late", day=case.days_since_delivery, days=case.return_days)
        if not case.all_returnable:
            return self.say("person", "not_returnable")
        if case.value > case.auto_approve_up_to:
            return self.say("person", "too_valuable", value=str(case.value), limit=str(case.auto_approve_up_to))
        return self.say("person", "by_hand")
