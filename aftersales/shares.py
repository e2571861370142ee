"""What a customer paid for single pieces of an order: prices less their share of the discount, to the smallest coin.

The shares of all lines sum exactly to what was paid for the goods, and those of a line's pieces to the line's.
"""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from babel.numbers import get_currency_precision

CENT = Decimal("0.01")  # finer amounts are not kept, even of currencies that have them


def unit_of(currency: str) -> Decimal:
    """The smallest amount that is paid in a currency: 0.01 of most, 1 of those without cents, as CLDR lists them."""
    return max(CENT, Decimal(1).scaleb(-get_currency_precision(currency)))


def line_shares(amounts: Sequence[Decimal], discount: Decimal, *, unit: Decimal = CENT) -> list[Decimal]:
    """What was paid for each line: its amount less its share of ``discount``, which is given out by largest remainder.

    A discount larger than the goods leaves nothing of them. ``unit`` is the currency's (see `unit_of`).
    """
    goods = sum(amounts, Decimal(0))
    off = min(discount, goods)
    if not goods:
        return [Decimal(0)] * len(amounts)
    exact = [off * amount / goods for amount in amounts]
    cut = [share.quantize(unit, ROUND_DOWN) for share in exact]
    left = int((off - sum(cut, Decimal(0))) / unit)
    by_remainder = sorted(range(len(amounts)), key=lambda at: (cut[at] - exact[at], at))
    for at in by_remainder[:left]:
        cut[at] += unit
    return [amount - share for amount, share in zip(amounts, cut, strict=True)]


def pieces_share(paid: Decimal, quantity: int, before: int, count: int, *, unit: Decimal = CENT) -> Decimal:
    """What was paid for ``count`` pieces of a line of ``quantity``, after ``before`` of them were counted already."""
    return _up_to(paid, quantity, before + count, unit) - _up_to(paid, quantity, before, unit)


def _up_to(paid: Decimal, quantity: int, pieces: int, unit: Decimal) -> Decimal:
    return paid if pieces >= quantity else (paid * pieces / quantity).quantize(unit, ROUND_HALF_UP)
