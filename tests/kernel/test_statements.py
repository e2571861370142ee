"""A statement reads what its query reads, with one question and each time anew."""

from threading import Thread
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import QuerySet, Value
from django.test.utils import CaptureQueriesContext

from logistics_portal.kernel.statements import Statement
from merchants.models import Merchant
from orders.models import Order
from tests import build

pytestmark = pytest.mark.django_db


def by_key(key: UUID) -> QuerySet[Order]:
    joined = Order.objects.select_related("merchant__brand", "merchant__policy")
    return joined.annotate(seven=Value(7), odd=Value("50 % of 'it' \\ $1")).filter(pk=key).order_by("pk")


def test_it_reads_what_the_query_reads(acme: Merchant, rival: Merchant) -> None:
    statement = Statement(by_key)
    assert statement.rows(uuid4()) == []  # from here on the connection knows it
    for order in (build.order(merchant=acme), build.order(merchant=rival), build.order(merchant=acme)):
        with CaptureQueriesContext(connection) as queries:
            [read] = statement.rows(order.pk)
            assert (read, read.seven, read.odd, read.merchant, read.merchant.brand.pk) == (  # type: ignore[attr-defined]
                order,
                7,
                "50 % of 'it' \\ $1",
                order.merchant,
                order.merchant.brand.pk,
            )
        assert len(queries) == 1
        expected = by_key(order.pk).get()
        plain = {field.attname for field in Order._meta.concrete_fields}
        assert {name: getattr(read, name) for name in plain} == {name: getattr(expected, name) for name in plain}
    assert statement.rows(uuid4()) == []


def test_it_reads_anew(acme: Merchant) -> None:
    statement, order = Statement(by_key), build.order(merchant=acme)
    before = statement.rows(order.pk)[0].city
    Order.objects.update(city="Elsewhere")
    assert before != "Elsewhere"
    assert statement.rows(order.pk)[0].city == "Elsewhere"


@pytest.mark.django_db(transaction=True)
def test_threads_ask_over_connections_of_their_own(acme: Merchant) -> None:
    statement = Statement(by_key)
    wanted = [build.order(merchant=acme).pk for _ in range(4)]
    found: dict[UUID, list[Order]] = {}

    def ask(key: UUID) -> None:
        for _ in range(5):
            found[key] = statement.rows(key)
        connection.close()

    threads = [Thread(target=ask, args=[key]) for key in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {key: [row.pk for row in rows] for key, rows in found.items()} == {key: [key] for key in wanted}


def test_it_prefetches_nothing() -> None:
    with pytest.raises(ValueError, match="prefetches"):
        Statement(lambda key: Order.objects.prefetch_related("lines").filter(pk=key)).rows(uuid4())
