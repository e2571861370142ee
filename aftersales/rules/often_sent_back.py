"""An item that comes back much more often than others: staff look whether its page or its packing misleads."""

from . import base
from .base import gettext_noop

_SOLD_AT_LEAST = 20  # of fewer, chance tells more than the item
_SHARE = 0.3


class Rule(base.Rule[base.OrderCase]):
    judges = base.OrderCase
    priority = 60
    label = gettext_noop("Item with a high return rate")
    words = {"rate": gettext_noop("%(percent)s %% of %(name)s came back (%(returned)s of %(sold)s).")}

    def judge(self, case: base.OrderCase) -> base.Verdict | None:
        often = [line for line in case.lines if line.sold >= _SOLD_AT_LEAST and line.returned >= _SHARE * line.sold]
        if not often:
            return None
        worst = max(often, key=lambda line: (line.returned / line.sold, line.sku))
        return self.say(
            "warn",
            "rate",
            occasion=f"item {worst.sku}",
            percent=round(100 * worst.returned / worst.sold),
            name=worst.name,
            returned=worst.returned,
            sold=worst.sold,
        )
