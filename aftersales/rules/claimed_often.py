"""Who claims again and again, under one name, number or address, is looked at by a person, not refused."""

from . import base
from .base import gettext_noop

MANY = 2  # earlier ones in a year


class Rule(base.Rule[base.ClaimCase]):
    judges = base.ClaimCase
    priority = 20
    label = gettext_noop("Repeated claims")
    words = {
        "again": gettext_noop(
            "Earlier claims in a year: %(customer)s of this customer, %(phone)s with this number,"
            " %(address)s at this address."
        )
    }

    def judge(self, case: base.ClaimCase) -> base.Verdict | None:
        if case.earlier < MANY:
            return None
        return self.say(
            "person",
            "again",
            customer=case.earlier_by_customer,
            phone=case.earlier_by_phone,
            address=case.earlier_by_address,
        )
