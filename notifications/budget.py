"""What the rest of a month's messages will cost, and which of them a budget does not pay for; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from .kinds import KINDS, Weight

NEVER_DROPPED = Weight.URGENT  # and whatever weighs more


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of message in a month: paid parts that went out so far, and those that are expected until its end."""

    kind: str
    sent: int
    expected: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """A month's messages against the budget; all sums in the merchant's currency.

    ``dropped`` are the kinds that the rest of the budget does not pay for, the least important first. ``rest`` is what
    the others will cost until the month's end. ``is_short`` says that even what is never dropped costs more.
    """

    lines: tuple[Line, ...]
    spent: Decimal
    expected: Decimal
    rest: Decimal
    dropped: tuple[str, ...]
    is_short: bool


def look_ahead(
    sent: Mapping[str, int], usual: Mapping[str, float], *, days_left: float, price: Decimal, budget: Decimal | None
) -> Outlook:
    """What a month comes to.

    Args:
        sent: paid parts of this month so far, by kind.
        usual: paid parts a day, by kind.
        days_left: days until the month's end.
        price: of one part.
        budget: for the whole month; None is no limit.
    """
    lines = tuple(
        Line(kind, sent.get(kind, 0), usual.get(kind, 0.0) * days_left) for kind in sorted({*sent, *usual}, key=_weight)
    )
    spent = price * sum(line.sent for line in lines)
    costs = {line.kind: price * Decimal(round(line.expected, 3)) for line in lines}
    expected = sum(costs.values(), Decimal(0))
    dropped: list[str] = []
    rest = expected
    if budget is not None:
        for line in lines:
            if spent + rest <= budget or _weight(line.kind) >= NEVER_DROPPED:
                break
            dropped.append(line.kind)
            rest -= costs[line.kind]
    is_short = budget is not None and spent + rest > budget
    return Outlook(lines, spent, expected, rest, tuple(dropped), is_short)


def _weight(kind: str) -> int:
    return KINDS[kind].weight if kind in KINDS else Weight.IMPORTANT
