"""A customer who sends very much back is looked at by a person, not refused."""

from . import base

MANY = 10


class Rule(base.Rule):
    version = 1
    priority = 50

    def judge(self, case: base.Case) -> base.Verdict | None:
        if case.earlier_returns >= MANY:
            return base.Verdict("person", f"{case.earlier_returns} returns in 180 days.")
        return None
