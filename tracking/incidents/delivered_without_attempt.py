"""Signed as delivered, though the courier never set out: the scan of a parcel that may lie in a depot."""

from datetime import datetime, timedelta

from ..carriers.base import Status
from . import base
from .base import gettext_noop

_LATE_SCANS = timedelta(hours=6)
_AT_THE_DOOR = (Status.OUT_FOR_DELIVERY, Status.ATTEMPT_FAILED, Status.AVAILABLE_FOR_PICKUP)


class Rule(base.Rule):
    """Only where the carrier usually tells of its rounds, only when the parcel's way was told, and never at once.

    Many carriers leave rounds out, and many tell of them late; so the rule waits some hours for a late scan, and is
    silent about a carrier whose lanes have none.
    """

    label = gettext_noop("Delivered without being out for delivery")

    def judge(self, facts: base.Facts) -> base.Finding | None:
        if not facts.tells_rounds or facts.direction != "outbound":
            return None
        for scans in facts.by_parcel():
            signed = _signed_unseen(scans)
            if signed and facts.now >= base.moment(signed) + _LATE_SCANS:
                evidence = {"delivery": base.as_evidence([signed]), "before": base.as_evidence(_before(scans)[-2:])}
                return base.Finding(f"scan {signed.identity[:64]}", "carrier", timedelta(hours=24), evidence)
        return None

    def wakes_at(self, facts: base.Facts) -> datetime | None:
        signed = [found for scans in facts.by_parcel() if (found := _signed_unseen(scans))]
        return min((base.moment(scan) + _LATE_SCANS for scan in signed), default=None)


def _signed_unseen(scans: list[base.Seen]) -> base.Seen | None:
    """The delivery of a parcel whose way was told but not its round; our own courier's proof needs none."""
    delivery = next((scan for scan in scans if scan.status == Status.DELIVERED), None)
    if delivery is None or delivery.source == base.COURIER:
        return None
    before = _before(scans)
    was_at_the_door = any(scan.status in _AT_THE_DOOR for scan in scans)
    return delivery if before and not was_at_the_door else None


def _before(scans: list[base.Seen]) -> list[base.Seen]:
    """The scans on the way, beyond the label."""
    return [scan for scan in scans if scan.status == Status.IN_TRANSIT]
