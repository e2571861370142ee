"""The same things ordered twice within a day: often a second click, sometimes a second gift."""

from . import base
from .base import gettext_noop

_WITHIN_H = 24.0


class Rule(base.Rule[base.OrderCase]):
    judges = base.OrderCase
    priority = 40
    label = gettext_noop("Ordered twice")
    words = {"twin": gettext_noop("Order %(number)s, %(minutes)s minutes before, has the same in it.")}
    questions = {
        "twin": gettext_noop("Did you mean to order twice? Your order %(number)s has the same in it."),
    }
    answers = ("as_is", "cancel")
    is_blocking = True

    def judge(self, case: base.OrderCase) -> base.Verdict | None:
        twin = next((one for one in case.twins if 0 <= one.hours_before <= _WITHIN_H), None)
        if twin is None:
            return None
        return self.say(
            "ask", "twin", occasion=f"twin of {twin.number}", number=twin.number, minutes=round(60 * twin.hours_before)
        )
