"""A contract that the law lets the customer withdraw from: no merchant's policy and no number of returns refuses it."""

from . import base
from .base import gettext_noop


class Rule(base.Rule[base.ReturnCase]):
    judges = base.ReturnCase
    priority = 10
    label = gettext_noop("Withdrawal by law")
    words = {"law": gettext_noop("Withdrawal by law: it can't be refused.")}

    def judge(self, case: base.ReturnCase) -> base.Verdict | None:
        return self.say("approve", "law", law=case.legal_basis) if case.legal_basis else None
