"""A parcel that came days after the promise: a part of the shipping cost is proposed, and staff pay it or not."""

from decimal import ROUND_HALF_UP, Decimal

from . import base
from .base import gettext_noop

_CENT = Decimal("0.01")


class Rule(base.Rule[base.DelayCase]):
    judges = base.DelayCase
    label = gettext_noop("Compensation for a delay")
    words = {
        "late": gettext_noop(
            "Promised for %(promised)s, arrived on %(arrived)s: %(days)s days late."
            " %(percent)s %% of the shipping cost is %(sum)s."
        )
    }

    def judge(self, case: base.DelayCase) -> base.Verdict | None:
        if case.delay_days <= 0 or case.days_late < case.delay_days:
            return None
        share = (case.shipping_total * case.delay_percent / 100).quantize(_CENT, ROUND_HALF_UP)
        amount = min(share, case.refundable)
        if amount <= 0:
            return None
        return self.say(
            "propose",
            "late",
            amount=amount,
            promised=case.promised_on,
            arrived=case.arrived_on,
            days=case.days_late,
            percent=f"{case.delay_percent.normalize():f}",
            sum=f"{amount} {case.currency}",
        )
