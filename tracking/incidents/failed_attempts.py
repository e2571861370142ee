"""The courier came twice for nothing, or once and no new plan followed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ..carriers.base import Status
from . import base
from .base import gettext_noop

_PLAN_WITHIN = timedelta(hours=48)
_SAME_ATTEMPT = timedelta(hours=4)  # two sources tell of one attempt, minutes or a wrong hour apart
_SOLVED = (Status.AVAILABLE_FOR_PICKUP, Status.RETURNING)


class Rule(base.Rule):
    label = gettext_noop("Failed attempts")
    words = gettext_noop("The courier could not deliver your parcel.")
    next_words = gettext_noop("We arrange with the carrier how it reaches you. Please check the name on your bell.")

    def judge(self, facts: base.Facts) -> base.Finding | None:
        attempts = _attempts(facts)
        if not attempts or facts.has_ended or facts.status in _SOLVED:
            return None
        if len(attempts) > 1:
            return _finding("several attempts", attempts)
        due_at = _plan_due_at(facts, attempts)
        return _finding("first attempt", attempts) if due_at and facts.now >= due_at else None

    def wakes_at(self, facts: base.Facts) -> datetime | None:
        return _plan_due_at(facts, _attempts(facts))


def _attempts(facts: base.Facts) -> list[base.Seen]:
    """The attempts at the parcel that had most of them."""
    counted: list[list[base.Seen]] = [[]]
    for scans in facts.by_parcel():
        found: list[base.Seen] = []
        for scan in scans:
            if scan.status != Status.ATTEMPT_FAILED:
                continue
            if not found or base.moment(scan) - base.moment(found[-1]) > _SAME_ATTEMPT:
                found.append(scan)
        counted.append(found)
    return max(counted, key=len)


def _plan_due_at(facts: base.Facts, attempts: Sequence[base.Seen]) -> datetime | None:
    """By when the first attempt needs a plan, while there is none."""
    if len(attempts) != 1 or facts.status != Status.ATTEMPT_FAILED:
        return None
    return base.moment(attempts[0]) + _PLAN_WITHIN


def _finding(occasion: str, attempts: Sequence[base.Seen]) -> base.Finding:
    return base.Finding(
        occasion=occasion,
        blame=base.blame_of(attempts[-1].reason, "carrier"),
        evidence={"attempts": base.as_evidence(attempts)},
    )
