"""What a customer paid for single pieces of an order: prices less their share of the discount, to the cent.

The shares of all lines sum exactly to what was paid for the goods, and those of a line's pieces to the line's.
"""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def line_shares(amounts: Sequence[Decimal], discount: Decimal) -> list[Decimal]:
    """What was paid for each line: its amount less its share of ``discount``, which is given out by largest remainder.

    A discount larger than the goods leaves nothing of them.
    """
    goods = sum(amounts, Decimal(0))
    off = min(discount, goods)
    if not goods:
        return [Decimal(0)] * len(amounts)
    exact = [off * amount / goods for amount in amounts]
    cut = [share.quantize(CENT, ROUND_DOWN) for share in exact]
    left = int((off - sum(cut, Decimal(0))) / CENT)
    by_remainder = sorted(range(len(amounts)), key=lambda at: (cut[at] - exact[at], at))
    for at in by_remainder[:left]:
        cut[at] += CENT
    return [amount - share for amount, share in zip(amounts, cut, strict=True)]


def pieces_share(paid: Decimal, quantity: int, before: int, count: int) -> Decimal:
    """What was paid for ``count`` pieces of a line of ``quantity``, after ``before`` of them were counted already."""
    return _up_to(paid, quantity, before + count) - _up_to(paid, quantity, before)


def _up_to(paid: Decimal, quantity: int, pieces: int) -> Decimal:
    return (paid * min(pieces, quantity) / quantity).quantize(CENT, ROUND_HALF_UP)
