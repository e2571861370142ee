"""Answers from an order's facts: a table of what is known and what is said of it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from aftersales.answers import delivered, late, refunded, returned, where
from aftersales.answers._macros import fill_in, unknown_names
from aftersales.answers.base import Facts, ParcelFacts, RefundFacts, ReturnFacts, Words

WORDS = Words(
    gettext=lambda text: text,
    day=lambda on: f"{on:%d %b}",
    time=lambda at: f"{at:%d %b %H:%M}",
    money=lambda amount, currency: f"{amount} {currency}",
)
FACTS = Facts(
    order="A-1",
    status="shipped",
    order_headline="Your order is confirmed.",
    customer="Ann",
    merchant="Acme",
    link="https://portal.example/t/x/",
    today=date(2026, 5, 12),
)
PARCEL = ParcelFacts(
    number="JD1",
    carrier="DHL",
    status="in_transit",
    headline="Your parcel is on its way.",
    next_words="The carrier brings it to your area.",
    cause="",
    last_place="Leipzig",
    last_scan_at=datetime(2026, 5, 11, 22, 5, tzinfo=UTC),
    arrives_from=date(2026, 5, 13),
    arrives_to=date(2026, 5, 14),
    promised_on=date(2026, 5, 14),
    delivered_at=None,
    signed_by="",
    delivered_place="",
    is_trouble=False,
)
ARRIVED = replace(
    PARCEL, status="delivered", delivered_at=datetime(2026, 5, 12, 10, 2, tzinfo=UTC), signed_by="A. Archer"
)
RETURN = ReturnFacts("R-1", "approved", "Return approved", is_sent=False, parcel_headline="")
REFUND = RefundFacts("pending", Decimal("19.90"), "EUR", date(2026, 5, 10), None)


def written(module, **facts: object) -> str:
    return module.Answer().write(replace(FACTS, **facts), WORDS)


@pytest.mark.parametrize(
    ("parcels", "said"),
    [
        ([], "Your order is confirmed."),
        (
            [PARCEL],
            "Your parcel is on its way. It was last seen in Leipzig, 11 May 22:05. The carrier brings it to your area. "
            "We expect it between 13 May and 14 May.",
        ),
        (
            [replace(PARCEL, last_place="", next_words="", arrives_from=None, arrives_to=None)],
            "Your parcel is on its way.",
        ),
        (
            [ARRIVED, replace(PARCEL, last_place="", next_words="", arrives_from=date(2026, 5, 14))],
            "DHL JD1: Your parcel is on its way. We expect it on 14 May.",
        ),
        ([ARRIVED], ""),
    ],
)
def test_where_it_is(parcels: list[ParcelFacts], said: str) -> None:
    assert written(where, parcels=parcels) == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        (
            {"promised_on": date(2026, 5, 11), "arrives_to": None, "arrives_from": None},
            "It was promised for 11 May, and we are sorry that it is late. The carrier gave no reason.",
        ),
        (
            {"promised_on": date(2026, 5, 13), "cause": "Held by customs."},
            "It was promised for 13 May, and we are sorry that it is late. Held by customs. "
            "We expect it between 13 May and 14 May.",
        ),
        ({"promised_on": None}, ""),
        (
            {"promised_on": None, "is_trouble": True, "arrives_from": None, "arrives_to": None},
            "We are sorry that it is late. The carrier gave no reason.",
        ),
        ({"promised_on": date(2026, 5, 1), "delivered_at": datetime(2026, 5, 12, tzinfo=UTC)}, ""),
    ],
)
def test_why_it_is_late(changes: dict, said: str) -> None:
    assert written(late, parcels=[replace(PARCEL, **changes)]) == said


def test_where_it_was_left() -> None:
    assert written(delivered, parcels=[PARCEL]) == ""
    said = written(delivered, parcels=[replace(ARRIVED, delivered_place="Garage")])
    assert said.startswith(
        "DHL reports that parcel JD1 was delivered: 12 May 10:02. Place: Garage. Taken by: A. Archer.\nPlease look"
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Return R-1: Return approved. Please send it, and tell us its tracking number on the page of your order."),
        (
            {"is_sent": True, "parcel_headline": "Your return is on its way back."},
            "Return R-1: Return approved. Your return is on its way back.",
        ),
        ({"status": "received", "status_words": "Return received"}, "Return R-1: Return received."),
    ],
)
def test_what_about_the_return(changes: dict, said: str) -> None:
    assert written(returned, returns=[replace(RETURN, **changes)]) == said
    assert written(returned) == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Your refund of 19.90 EUR was started on 10 May and is about to be paid."),
        (
            {"status": "paid", "paid_on": date(2026, 5, 11)},
            "We paid 19.90 EUR back on 11 May. Your bank may take some days to show it.",
        ),
        ({"status": "canceled"}, ""),
        ({"status": "a_new_one"}, ""),
    ],
)
def test_where_the_money_is(changes: dict, said: str) -> None:
    assert written(refunded, refunds=[replace(REFUND, **changes)]) == said


def test_macros_take_words_of_the_order_and_nothing_else() -> None:
    given = {"customer": "Ann {order}", "order": "A-1"}
    assert fill_in("Hello {customer}: {order}, {0}, {x.y}, {unknown}", given) == (
        "Hello Ann {order}: A-1, {0}, {x.y}, {unknown}"
    )
    assert unknown_names("{order} {oder} {link}") == ["oder"]
