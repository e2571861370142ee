"""Goods that may come back, in time, of ordinary value: nobody needs to look."""

from . import base


class Rule(base.Rule):
    version = 1
    priority = 100

    def judge(self, case: base.Case) -> base.Verdict | None:
        in_time = case.days_since_delivery is not None and case.days_since_delivery <= case.return_days
        if case.auto_approve and case.all_returnable and in_time and case.value <= case.auto_approve_up_to:
            return base.Verdict(
                "approve", f"Day {case.days_since_delivery} of {case.return_days}, value within the merchant's limit."
            )
        return None
