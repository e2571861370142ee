"""A city that can be none, or that is known in another country only.

The gazetteer knows cities of 15,000 inhabitants and more: that it does not know a name is no fault of the address.
"""

from . import base
from ._addresses import is_name
from .base import gettext_noop


class Rule(base.Rule[base.OrderCase]):
    judges = base.OrderCase
    priority = 20
    label = gettext_noop("City")
    words = {
        "no_name": gettext_noop("“%(city)s” is no name of a city."),
        "elsewhere": gettext_noop("“%(city)s” is known in %(known)s only, and the address says %(country)s."),
    }
    questions = {
        "no_name": gettext_noop("Please check your address: “%(city)s” is no name of a city."),
        "elsewhere": gettext_noop("Please check your address: is “%(city)s” in the right country?"),
    }
    answers = ("correct", "as_is")
    is_blocking = True

    def judge(self, case: base.OrderCase) -> base.Verdict | None:
        if case.is_city_known:
            return None
        if not is_name(case.city):
            return self.say("ask", "no_name", occasion=case.address, city=case.city)
        if case.city_elsewhere:
            return self.say(
                "ask",
                "elsewhere",
                occasion=case.address,
                city=case.city,
                known=case.city_elsewhere,
                country=case.country,
            )
        return None
