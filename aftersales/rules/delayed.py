"""A parcel days behind its promise: a part of the shipping cost is proposed, and more as it grows later."""

from decimal import ROUND_HALF_UP, Decimal

from ..shares import CENT, unit_of
from . import base
from .base import gettext_noop


class Rule(base.Rule[base.DelayCase]):
    judges = base.DelayCase
    version = 2
    label = gettext_noop("Compensation for a delay")
    words = {
        "late": gettext_noop(
            "Promised for %(promised)s, arrived on %(arrived)s: %(days)s days late."
            " %(percent)s %% of the shipping cost is %(sum)s."
        ),
        "late_more": gettext_noop(
            "Promised for %(promised)s, arrived on %(arrived)s: %(days)s days late."
            " %(percent)s %% of the shipping cost, less the %(paid)s that it was given before, is %(sum)s."
        ),
        "waiting": gettext_noop(
            "Promised for %(promised)s, still on its way on %(seen)s: %(days)s days late."
            " %(percent)s %% of the shipping cost is %(sum)s."
        ),
        "waiting_more": gettext_noop(
            "Promised for %(promised)s, still on its way on %(seen)s: %(days)s days late."
            " %(percent)s %% of the shipping cost, less the %(paid)s that it was given before, is %(sum)s."
        ),
    }

    def judge(self, case: base.DelayCase) -> base.Verdict | None:
        if case.delay_days <= 0 or case.days_late < case.delay_days:
            return None
        step = min(case.days_late // case.delay_days, case.delay_steps)
        if step <= case.last_step:
            return None
        percent = case.delay_percent * step
        amount = min(_share(case, percent, unit_of(case.currency)) - case.paid, case.refundable)
        if amount <= 0:
            return None
        here = {"arrived": case.arrived_on} if case.arrived_on else {"seen": case.seen_on}
        less = {"paid": f"{case.paid} {case.currency}"} if case.paid else {}
        return self.say(
            "propose",
            ("late" if case.arrived_on else "waiting") + ("_more" if case.paid else ""),
            amount=amount,
            step=step,
            promised=case.promised_on,
            **here,
            days=case.days_late,
            percent=f"{percent.normalize():f}",
            **less,
            sum=f"{amount} {case.currency}",
        )

    def _judge_once(self, case: base.DelayCase) -> base.Verdict | None:
        """Version 1: of a parcel that came, once, and in cents of every currency."""
        if case.delay_days <= 0 or case.days_late < case.delay_days:
            return None
        amount = min(_share(case, case.delay_percent, CENT), case.refundable)
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

    earlier = {1: _judge_once}


def _share(case: base.DelayCase, percent: Decimal, unit: Decimal) -> Decimal:
    return (case.shipping_total * percent / 100).quantize(unit, ROUND_HALF_UP)
