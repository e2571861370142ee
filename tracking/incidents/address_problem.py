"""The carrier can't work with the address."""

from ..carriers.base import Status
from . import base
from .base import gettext_noop

_REASONS = ("consignee_incorrect_address", "carrier_address_not_found", "consignee_moved")
_SOLVED = (Status.OUT_FOR_DELIVERY, Status.AVAILABLE_FOR_PICKUP, Status.DELIVERED, Status.RETURNING, Status.RETURNED)


class Rule(base.Rule):
    label = gettext_noop("Problem with the address")
    words = gettext_noop("The carrier can't find your address.")
    next_words = gettext_noop("Compare the address with yours. If it is wrong, tell us today.")
    is_told_by_status = True

    def judge(self, facts: base.Facts) -> base.Finding | None:
        if facts.has_ended:
            return None
        for scans in facts.by_parcel():
            if told := base.still_standing(scans, _is_told, lambda scan: scan.status in _SOLVED):
                return base.Finding(
                    occasion=f"scan {told[0].identity[:64]}",
                    blame=base.blame_of(told[-1].reason, "consignee"),
                    evidence={"scans": base.as_evidence(told)},
                )
        return None


def _is_told(scan: base.Seen) -> bool:
    return scan.reason in _REASONS
