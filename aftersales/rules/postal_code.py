"""A postal code that is missing, or has not the form of its country's."""

from . import base
from ._addresses import fits, form_of, needs_code
from .base import gettext_noop


class Rule(base.Rule[base.OrderCase]):
    judges = base.OrderCase
    priority = 10
    label = gettext_noop("Postal code")
    words = {
        "missing": gettext_noop("The postal code is missing."),
        "form": gettext_noop("“%(code)s” is no postal code of %(country)s, like %(form)s."),
    }
    questions = {
        "missing": gettext_noop("Please check your address: the postal code is missing."),
        "form": gettext_noop("Please check your address: “%(code)s” is no postal code of this country."),
    }
    answers = ("correct", "as_is")
    is_blocking = True

    def judge(self, case: base.OrderCase) -> base.Verdict | None:
        if not case.postal_code.strip():
            return self.say("ask", "missing", occasion=case.address) if needs_code(case.country) else None
        if fits(case.postal_code, case.country):
            return None
        return self.say(
            "ask",
            "form",
            occasion=case.address,
            code=case.postal_code,
            country=case.country,
            form=form_of(case.country),
        )
