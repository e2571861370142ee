"""“Not received”, though the code or a signature was given at the address: a person weighs word against proof."""

from . import base
from .base import gettext_noop

_AT_ADDRESS_KM = 5.0  # a scan's place is often the middle of the town


class Rule(base.Rule[base.ClaimCase]):
    judges = base.ClaimCase
    priority = 30
    label = gettext_noop("Doubtful: handed over")
    words = {
        "code": gettext_noop("The courier was given the customer's code."),
        "signature": gettext_noop("Somebody signed at the address."),
        "elsewhere": gettext_noop("It was signed for %(km)s km away from the address."),
        "said_has_it": gettext_noop("The customer said before that it had arrived."),
    }

    def judge(self, case: base.ClaimCase) -> base.Verdict | None:
        if case.kind != "not_received" or case.status != "delivered":
            return None
        if case.answer == "has_it":
            return self.say("person", "said_has_it")
        if case.proof == "code":
            return self.say("person", "code")
        if case.proof == "signature":
            if case.km_to_address is not None and case.km_to_address > _AT_ADDRESS_KM:
                return self.say("person", "elsewhere", km=round(case.km_to_address))
            return self.say("person", "signature")
        return None
