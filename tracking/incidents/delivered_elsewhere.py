"""Delivered far from where the consignee lives."""

from ..carriers.base import Status
from ..gazetteer import kilometers
from . import base
from .base import gettext_noop

_NEAR_KM = 50.0  # a depot that signs for its round lies nearer


class Rule(base.Rule):
    label = gettext_noop("Delivered far from the address")
    words = gettext_noop("Your parcel was signed for in another town.")
    next_words = gettext_noop("We ask the carrier where it was left and who took it.")

    def judge(self, facts: base.Facts) -> base.Finding | None:
        if facts.direction != "outbound" or facts.destination is None:
            return None
        for scans in facts.by_parcel():
            deliveries = [scan for scan in scans if scan.status == Status.DELIVERED]
            if finding := deliveries and _finding(facts, facts.destination, deliveries[-1]):
                return finding
        return None


def _finding(facts: base.Facts, destination: tuple[float, float], scan: base.Seen) -> base.Finding | None:
    place = base.coordinates(scan)
    if place is None or scan.source == base.COURIER:
        return None
    far = kilometers(place, destination)
    if far <= _NEAR_KM:
        return None
    return base.Finding(
        occasion=f"scan {scan.identity[:64]}",
        blame="carrier",
        evidence={
            "km": round(far),
            "address": f"{facts.destination_name}, {facts.destination_country}",
            "delivery": base.as_evidence([scan]),
        },
    )
