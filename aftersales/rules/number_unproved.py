"""A number that nobody proved, at a merchant who has them proved; or one that did not reach its holder lately."""

from . import base
from .base import gettext_noop


class Rule(base.Rule[base.OrderCase]):
    judges = base.OrderCase
    priority = 50
    label = gettext_noop("Number not verified")
    words = {
        "unproved": gettext_noop("Nobody has proved the phone number."),
        "doubted": gettext_noop("The phone number may not reach the customer (%(why)s)."),
    }
    questions = {
        "unproved": gettext_noop("Please check your phone number: the courier may call it."),
        "doubted": gettext_noop("Please check your phone number: a message or call to it did not get through."),
    }
    answers = ("number", "as_is")

    def judge(self, case: base.OrderCase) -> base.Verdict | None:
        if case.phone_doubt:
            return self.say("ask", "doubted", occasion=f"doubted: {case.phone_doubt}", why=case.phone_doubt)
        if case.does_merchant_prove and not case.is_phone_proved:
            return self.say("ask", "unproved", occasion="unproved")
        return None
