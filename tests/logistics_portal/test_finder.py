"""Staff find an order by whatever somebody has of it, and only what they may see."""

import pytest

import aftersales.services
import orders.services
from logistics_portal.finder import FOUND_AT_MOST, Found, find_orders, name_query, readings
from merchants.models import Merchant
from orders.models import Delegate, Order
from tests import build

PHONE = "+4915112340987"


def found(term: str, *merchants: Merchant) -> list[Found]:
    return find_orders(term, merchants=[merchant.pk for merchant in merchants], regions=["DE", "CN"])


@pytest.fixture
def müller(acme: Merchant) -> Order:
    order = build.order(merchant=acme, number="A-10293", consignee="Jörg Müller-Groß", phone=PHONE)
    Order.objects.filter(pk=order.pk).update(email="joerg@mail.example")
    build.delivered(order, number="JJD000390007")
    return Order.objects.get(pk=order.pk)


@pytest.mark.parametrize(
    ("term", "key"),
    [
        ("A-10293", "order_number"),
        (" a-10293 ", "order_number"),
        ("A-102", "order_number"),
        ("JJD0 0039 0007", "tracking_number"),
        ("jjd000390007", "tracking_number"),
        (PHONE, "phone"),
        ("0151 1234 0987", "phone"),
        ("0151/12340987", "phone"),
        ("0987", "last_four"),
        ("Joerg@mail.example", "email"),
        ("joerg@", "email"),
        ("müller", "name"),
        ("Mueller", "name"),
        ("muller jorg", "name"),
        ("Joerg Gross", "name"),
        ("groß", "name"),
        ("mül", "name"),
    ],
)
def test_every_key_finds_its_order(acme: Merchant, müller: Order, term: str, key: str) -> None:
    build.order(merchant=acme, number="B-1", consignee="Ann Other", phone="+4915112340000")
    assert [(one.order_id, one.key) for one in found(term, acme)] == [(müller.pk, key)]


@pytest.mark.parametrize("term", ["王小明", "小明", "明", "王"])
def test_chinese_names_are_found_by_any_of_their_characters_in_a_row(acme: Merchant, term: str) -> None:
    wang = build.order(merchant=acme, number="C-1", consignee="王小明", phone="+8613800138000")
    build.order(merchant=acme, number="C-2", consignee="张小花", phone="+8613800138001")
    assert found(term, acme)[-1].order_id == wang.pk
    assert [one.order_id for one in found("王小明", acme)] == [wang.pk]
    assert found("明小", acme) == []


def test_a_return_is_found_by_its_number(acme: Merchant, müller: Order) -> None:
    line = müller.lines.first()
    case = aftersales.services.request_return(order=müller, reason="too_small", comment="", quantities={line.pk: 1})
    assert [(one.order_id, one.key) for one in found(case.number, acme)] == [(müller.pk, "return_number")]


def test_a_receiver_and_an_earlier_number_are_found(acme: Merchant, müller: Order) -> None:
    Delegate.objects.create(order=müller, name="Neighbor", phone="+4915777777777", added_by="customer")
    assert [one.key for one in found("+4915777777777", acme)] == ["receiver_phone"]
    Order.objects.filter(pk=müller.pk).update(phone="+4915112349999")
    assert [one.key for one in found(PHONE, acme)] == ["earlier_phone"]


def test_others_see_nothing(acme: Merchant, rival: Merchant, müller: Order) -> None:
    for term in ("A-10293", "JJD000390007", PHONE, "0987", "joerg@mail.example", "müller", "A-102", "joerg@"):
        assert found(term, rival) == []
        assert found(term) == []
        assert len(found(term, acme, rival)) == 1


@pytest.mark.parametrize(
    "term", ["", "  ", "\0", "%", "_", "'", "a'b", "\\", "(&|!:*", "x" * 5000, "@", "@%", "٣٤٥٦", "--", "😀", "ß:*"]
)
def test_no_term_breaks_the_search(acme: Merchant, müller: Order, term: str) -> None:
    assert found(term, acme) == []


def test_the_newest_come_first_and_not_all_come(acme: Merchant) -> None:
    made = [build.order(merchant=acme, number=f"N-{number}", phone=PHONE) for number in range(FOUND_AT_MOST + 2)]
    newest = [order.pk for order in reversed(made)][:FOUND_AT_MOST]
    assert [one.order_id for one in found(PHONE, acme)] == newest


def test_one_statement_answers(acme: Merchant, müller: Order, django_assert_num_queries: object) -> None:
    for term in ("A-10293", "0987", PHONE, "müller"):
        found(term, acme)  # has it prepared
    for term, queries in (("A-10293", 1), (PHONE, 1), ("0987", 1), ("joerg müller", 1), ("müller", 2)):
        with django_assert_num_queries(queries):  # type: ignore[operator]
            found(term, acme)


def test_what_a_term_can_be() -> None:
    assert set(readings("0987", ["DE"]).exact) == {"last_four", "order_number", "return_number", "tracking_number"}
    assert readings("Ann Miller", ["DE"]).exact == {}
    assert set(readings("ann@mail.example", []).exact) == {"email"}
    assert readings("100%", ["DE"]).beginnings == {"order_number": "100\\%%"}
    assert name_query("O'Brien") == "('o':*) & ('brien':*)"


def test_an_order_that_matches_twice_comes_once(acme: Merchant) -> None:
    order = build.order(merchant=acme, number="0987", phone=PHONE)
    assert [(one.order_id, one.key) for one in found("0987", acme)] == [(order.pk, "order_number")]
    orders.services.cancel_order(order=order)
    assert found("0987", acme)[0].status == Order.Status.CANCELED
