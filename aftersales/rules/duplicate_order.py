"""The same things ordered twice within a day: often a second click, sometimes a second gift."""

from collections.abc import Mapping

from . import base
from ._durations import spoken
from .base import gettext_noop

_WITHIN_H = 24.0


class Rule(base.Rule[base.OrderCase]):
    judges = base.OrderCase
    version = 2
    priority = 40
    label = gettext_noop("Ordered twice")
    words = {"twin": gettext_noop("Order %(number)s, %(before)s before, has the same in it.")}
    questions = {
        "twin": gettext_noop("Did you mean to order twice? Your order %(number)s has the same in it."),
    }
    answers = ("as_is", "cancel")
    is_blocking = True

    def judge(self, case: base.OrderCase) -> base.Verdict | None:
        twin = _twin(case)
        if twin is None:
            return None
        return self.say("ask", "twin", occasion=_occasion(twin), number=twin.number, before=spoken(_minutes(twin)))

    def _judge_in_minutes(self, case: base.OrderCase) -> base.Verdict | None:
        """Version 1: any length of time in minutes."""
        twin = _twin(case)
        if twin is None:
            return None
        why = f"Order {twin.number}, {_minutes(twin)} minutes before, has the same in it."
        told: dict[str, str | int] = {"number": twin.number, "minutes": _minutes(twin)}
        return base.Verdict("ask", why, code="twin", parameters=told, occasion=_occasion(twin))

    earlier = {1: _judge_in_minutes}

    def completed(self, parameters: Mapping[str, str | int]) -> Mapping[str, str | int]:
        if "before" in parameters:
            return parameters
        return {**parameters, "before": spoken(int(parameters["minutes"]))}


def _twin(case: base.OrderCase) -> base.Twin | None:
    return next((one for one in case.twins if 0 <= one.hours_before <= _WITHIN_H), None)


def _occasion(twin: base.Twin) -> str:
    return f"twin of {twin.number}"


def _minutes(twin: base.Twin) -> int:
    return round(60 * twin.hours_before)
