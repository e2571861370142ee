"""A customer who sends very much back is looked at by a person, not refused."""

from . import base
from .base import gettext_noop

MANY = 10


class Rule(base.Rule[base.ReturnCase]):
    judges = base.ReturnCase
    version = 1
    priority = 50
    label = gettext_noop("Many returns")
    words = {"many": gettext_noop("%(count)s returns in 180 days.")}

    def judge(self, case: base.ReturnCase) -> base.Verdict | None:
        if case.earlier_returns >= MANY:
            return self.say("person", "many", count=case.earlier_returns)
        return None
