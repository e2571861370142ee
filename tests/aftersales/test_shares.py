"""Discounts are shared out to the cent: nothing is lost, nothing given twice."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from aftersales.shares import line_shares, pieces_share, unit_of

cents = st.integers(0, 10_000_000).map(lambda number: Decimal(number) / 100)
lines = st.lists(st.tuples(st.integers(0, 500_000), st.integers(1, 40)), min_size=1, max_size=12)


@given(lines, cents)
def test_the_shares_of_all_pieces_sum_to_what_was_paid(drawn: list[tuple[int, int]], discount: Decimal) -> None:
    amounts = [Decimal(price) / 100 * quantity for price, quantity in drawn]
    shares = line_shares(amounts, discount)
    assert sum(shares) == max(sum(amounts) - discount, Decimal(0))
    assert all(Decimal(0) <= share <= amount for share, amount in zip(shares, amounts, strict=True))
    for share, (_, quantity) in zip(shares, drawn, strict=True):
        assert sum(pieces_share(share, quantity, before, 1) for before in range(quantity)) == share
        assert pieces_share(share, quantity, 0, quantity) == share


def test_a_discount_that_does_not_divide() -> None:
    assert line_shares([Decimal("10.00")] * 3, Decimal("10.00")) == [Decimal("6.66"), Decimal("6.67"), Decimal("6.67")]
    assert [pieces_share(Decimal("10.00"), 3, before, 1) for before in range(3)] == [
        Decimal("3.33"),
        Decimal("3.34"),
        Decimal("3.33"),
    ]


def test_a_currency_without_cents_is_shared_in_whole_units() -> None:
    unit = unit_of("JPY")
    assert (unit, unit_of("EUR"), unit_of("KWD")) == (Decimal(1), Decimal("0.01"), Decimal("0.01"))
    assert line_shares([Decimal("1000.00")] * 3, Decimal("100.00"), unit=unit) == [967, 967, 966][::-1]
    assert [pieces_share(Decimal("1000.00"), 3, before, 1, unit=unit) for before in range(3)] == [333, 334, 333]
