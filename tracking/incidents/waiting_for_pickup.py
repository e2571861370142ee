"""It waits in a parcel shop, and the day on which it goes back comes near."""

from datetime import datetime, timedelta

from ..carriers.base import Status
from . import base
from .base import gettext_noop

_PATIENCE = timedelta(days=5)


class Rule(base.Rule):
    label = gettext_noop("Not picked up")
    words = gettext_noop("Your parcel still waits to be picked up.")
    next_words = gettext_noop("Please pick it up soon: carriers send parcels back after about a week.")

    def judge(self, facts: base.Facts) -> base.Finding | None:
        since = _since(facts)
        if since is None or facts.now < since + _PATIENCE:
            return None
        return base.Finding(
            occasion=f"waiting since {since.isoformat()}",
            blame="consignee",
            due_within=timedelta(hours=48),
            evidence={"waiting_since": since.isoformat(), "place": _waiting(facts)[-1].place},
        )

    def wakes_at(self, facts: base.Facts) -> datetime | None:
        since = _since(facts)
        return since + _PATIENCE if since else None


def _waiting(facts: base.Facts) -> list[base.Seen]:
    return facts.of(Status.AVAILABLE_FOR_PICKUP)


def _since(facts: base.Facts) -> datetime | None:
    """When it came to the shop where it waits now: reminders of the same shop don't begin anew."""
    if facts.status != Status.AVAILABLE_FOR_PICKUP or facts.direction != "outbound":
        return None
    for scans in facts.by_parcel():
        waiting = base.still_standing(
            scans,
            lambda scan: scan.status == Status.AVAILABLE_FOR_PICKUP,
            lambda scan: scan.status in base.HANDLED,
        )
        if waiting:
            return base.moment(waiting[0])
    return None
