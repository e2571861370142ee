"""Decisions in words, for the pages of returns and disputes."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy, pgettext_lazy

from .. import services
from ..models import Decision
from .facts import facts_in_words

VERDICTS = {
    "approve": gettext_lazy("Approved"),
    "refund": gettext_lazy("Refund without return"),
    "person": gettext_lazy("Left to a person"),
    "reject": pgettext_lazy("return", "Declined"),
    "reopen": gettext_lazy("Opened again"),
    "accepted": gettext_lazy("Decided for the customer"),
    "rejected": gettext_lazy("Declined"),
}


def in_words(decisions: Iterable[Decision]) -> list[dict[str, Any]]:
    """What was decided, by which rule or whom, why, in place of what, and the facts that were seen."""
    return [
        {
            "words": _words(row.verdict),
            "rule": row.rule,
            "rule_words": services.rule_label(row.rule),
            "rule_version": row.rule_version,
            "decided_by": row.decided_by,
            "decided_at": row.decided_at,
            "reason": services.reason_of(row),
            "facts": facts_in_words(row.facts),
            "overruled": _words(row.overrules.verdict) if row.overrules else "",
        }
        for row in decisions
    ]


def _words(verdict: str) -> str:
    return str(VERDICTS.get(verdict, verdict))
