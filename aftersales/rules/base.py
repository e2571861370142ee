"""What a rule is: a pure judge of a case, which anyone can replay from the facts that were stored with its verdict."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Case:
    """The facts of a return that rules may look at."""

    reason: str
    days_since_delivery: int | None  # None: no delivery is known
    return_days: int
    value: Decimal  # of what is sent back, in the order's currency
    auto_approve: bool
    auto_approve_up_to: Decimal
    all_returnable: bool
    earlier_returns: int  # of the same customer, in the last 180 days

    def as_facts(self) -> dict[str, object]:
        """The case as plain JSON."""
        return {name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(self).items()}

    @classmethod
    def from_facts(cls, facts: dict[str, Any]) -> "Case":
        """The case that `as_facts` wrote, for a replay."""
        amounts = {name: Decimal(facts[name]) for name in ("value", "auto_approve_up_to")}
        return cls(**{**facts, **amounts})


@dataclass(frozen=True, slots=True)
class Verdict:
    """``approve``, ``reject``, ``refund``, or ``person``: somebody must look; ``why`` is for staff, in English."""

    decision: str
    why: str
    amount: Decimal | None = None  # to pay back, where the decision is about money; None: all that is left


class Rule:
    """Base of every ``aftersales/rules/<code>.py``: ``class Rule(base.Rule)``. The lowest ``priority`` speaks first."""

    code: str  # set by discovery: the file's name
    version = 1
    priority = 100

    def judge(self, case: Case) -> Verdict | None:
        """A verdict, or None when this rule has nothing to say."""
        raise NotImplementedError
