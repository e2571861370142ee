"""An address from which parcels came back before, because nobody found it."""

from . import base
from .base import gettext_noop


class Rule(base.Rule[base.OrderCase]):
    judges = base.OrderCase
    priority = 30
    label = gettext_noop("Not deliverable before")
    words = {"failed": gettext_noop("%(count)s parcels to this address were not delivered because of the address.")}
    questions = {"failed": gettext_noop("Please check your address: a parcel to it could not be delivered before.")}
    answers = ("correct", "as_is")
    is_blocking = True

    def judge(self, case: base.OrderCase) -> base.Verdict | None:
        if not case.address_failures:
            return None
        return self.say("ask", "failed", occasion=case.address, count=case.address_failures)
