"""Goods that may come back, in time, of ordinary value: nobody needs to look."""

from . import base
from .base import gettext_noop


class Rule(base.Rule[base.ReturnCase]):
    judges = base.ReturnCase
    version = 1
    priority = 100
    label = gettext_noop("In policy")
    words = {"in_time": gettext_noop("Day %(day)s of %(days)s, value within the merchant's limit.")}

    def judge(self, case: base.ReturnCase) -> base.Verdict | None:
        day = case.days_since_delivery
        in_time = day is not None and day <= case.return_days
        if case.auto_approve and case.all_returnable and in_time and case.value <= case.auto_approve_up_to:
            return self.say("approve", "in_time", day=day or 0, days=case.return_days)
        return None
