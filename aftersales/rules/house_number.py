"""A street without a house number, where streets have them."""

from . import base
from ._addresses import lacks_number
from .base import gettext_noop


class Rule(base.Rule[base.OrderCase]):
    judges = base.OrderCase
    priority = 10
    label = gettext_noop("No house number")
    words = {"missing": gettext_noop("“%(street)s” has no house number.")}
    questions = {"missing": gettext_noop("Please check your address: “%(street)s” has no house number.")}
    answers = ("correct", "as_is")
    is_blocking = True

    def judge(self, case: base.OrderCase) -> base.Verdict | None:
        if not lacks_number(case.street, case.country):
            return None
        return self.say("ask", "missing", occasion=case.address, street=case.street)
