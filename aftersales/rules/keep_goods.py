"""Goods of so little value that their way back costs more than they are worth: paid back, and kept."""

from . import base
from .base import gettext_noop

KEPT_AT_MOST = 2  # gifts invite: from the third one on the goods come back


class Rule(base.Rule[base.ReturnCase]):
    judges = base.ReturnCase
    priority = 80
    label = gettext_noop("Low value, no return")
    words = {"low_value": gettext_noop("Worth %(value)s, at most %(limit)s: paid back without a return.")}

    def judge(self, case: base.ReturnCase) -> base.Verdict | None:
        day = case.days_since_delivery
        in_time = day is not None and day <= case.return_days
        is_little = 0 < case.value <= case.keep_goods_up_to
        if not (in_time and is_little and case.resolution == "refund" and case.auto_approve):
            return None
        if case.earlier_kept >= KEPT_AT_MOST:
            return None
        return self.say(
            "refund",
            "low_value",
            amount=case.value,
            value=str(case.value),
            limit=str(case.keep_goods_up_to),
        )
