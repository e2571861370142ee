"""Something went wrong, and soon after it was signed without a new round: nobody may have come back."""

from datetime import timedelta

from ..carriers.base import Status
from . import base
from .base import gettext_noop

_SOON = timedelta(hours=24)
_TROUBLE = (Status.EXCEPTION, Status.ATTEMPT_FAILED)
_PLAN = (Status.OUT_FOR_DELIVERY, Status.AVAILABLE_FOR_PICKUP)


class Rule(base.Rule):
    """A signature by the consignee's own name is believed. It is for staff: many a courier just comes back."""

    label = gettext_noop("Signed right after a problem")

    def judge(self, facts: base.Facts) -> base.Finding | None:
        if facts.direction != "outbound":
            return None
        for scans in facts.by_parcel():
            trouble: base.Seen | None = None
            for scan in scans:
                if scan.status in _TROUBLE:
                    trouble = scan
                elif scan.status in _PLAN:
                    trouble = None
                elif scan.status == Status.DELIVERED and trouble and _is_doubtful(facts, trouble, scan):
                    return base.Finding(
                        occasion=f"scan {scan.identity[:64]}",
                        blame="carrier",
                        due_within=timedelta(hours=48),
                        evidence={
                            "hours": base.hours(base.moment(scan) - base.moment(trouble)),
                            "is_name_told": bool(scan.signed_by),
                            "scans": base.as_evidence([trouble, scan]),
                        },
                    )
        return None


def _is_doubtful(facts: base.Facts, trouble: base.Seen, signature: base.Seen) -> bool:
    if signature.source == base.COURIER or base.moment(signature) - base.moment(trouble) > _SOON:
        return False
    return not _is_of(signature.signed_by, facts.consignee)


def _is_of(signed_by: str, consignee: str) -> bool:
    """Whether a signature is the consignee's: a name of two letters or more in common, as "A. ARCHER" has."""
    names = {name for name in consignee.casefold().replace(".", " ").split() if len(name) > 1}
    signed = signed_by.casefold()
    return bool(names & set(signed.replace(".", " ").split())) or (bool(signed) and signed == consignee.casefold())
