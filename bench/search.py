"""The search box of staff at a million orders, by each kind of key, beside the bare SQL of that key's index.

The orders are shaped after a marketplace's (Olist: a hundred orders have ninety-seven customers, one parcel each, a
twentieth sent back here): four merchants, phones of three countries, names of which some are everybody's. ``ratio`` is
the 95th percentile of the bare SQL over that of the search; ``p95_ms`` is what the box waits for, page and all.
"""

import argparse
import random
from collections.abc import Callable
from itertools import pairwise
from statistics import quantiles
from time import perf_counter
from uuid import UUID

from bench import portal
from bench.report import tell

# isort: split
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, override_settings

from aftersales.models import Return
from bench.history import insert, key
from customers.models import Customer, PhoneNumber
from logistics_portal.finder import find_orders, name_query
from merchants.models import Merchant
from orders.models import Order
from tracking.models import Parcel, Shipment

SLICE = 100_000  # orders a statement
GOAL, P95_MS = 0.3, 200
MERCHANTS = 4
FIRST = (
    "Anna",
    "Jörg",
    "Sophie",
    "Łukasz",
    "Çağla",
    "Emma",
    "Noah",
    "Mia",
    "Ben",
    "Renée",
    "Ali",
    "Olga",
    "Ana",
    "Luís",
)
BEGUN, ENDED = (
    ("Mü", "Schm", "Wa", "Ga", "Sil", "Ro", "Ko", "Be", "Li", "Har"),
    ("ller", "idt", "ng", "rcía", "va", "ssi"),
)
CHINESE_FAMILY, CHINESE_GIVEN = "王李张刘陈杨黄赵吴周", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平"


def grow(count: int) -> list[Merchant]:
    """``count`` orders with their customers, phone numbers, shipments and parcels, and returns of a twentieth."""
    first = portal.merchant()
    merchants = [first] + [
        Merchant.objects.create(name=f"Bench {number}", slug=f"bench-{number}", country=country)
        for number, country in enumerate(("CN", "US", "DE"), start=2)
    ]
    sample = portal.shipments(first, 1, prefix="SEEK")[0]
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # what is copied from one row needs no check a row
        for start in range(1, count + 1, SLICE):
            _copy(sample, merchants, start, min(start + SLICE - 1, count))
        cursor.execute("SET session_replication_role = DEFAULT")
    portal.vacuum()
    return merchants


def _copy(sample: Parcel, merchants: list[Merchant], start: int, end: int) -> None:
    spans = f"generate_series({start}, {end}) n"
    whose = f"(ARRAY[{', '.join(f"'{merchant.pk}'::uuid" for merchant in merchants)}])[1 + mod(n, {MERCHANTS})]"
    person = "(n - mod(n, 34) / 33)"  # every 34th order is of the customer before
    phone = f"'+49151' || lpad(mod({person}::bigint * 7919, 100000000)::text, 8, '0')"
    number = "'SK' || upper(substr(md5(n::text), 1, 10))"
    order, shipment, parcel, customer = (key(kind) for kind in (1, 2, 3, 4))
    theirs = {"merchant_id": whose}
    held = {"id": customer.replace("n)", f"{person})"), "name": _name(person)}
    once = f"{spans} WHERE {person} = n"
    insert(Customer, once, sample.shipment.order.customer, **held, **theirs)
    owned = {"customer_id": held["id"], "number": phone}
    insert(
        PhoneNumber,
        once,
        PhoneNumber.objects.filter(customer=sample.shipment.order.customer).earliest("pk"),
        id=key(5),
        **owned,
        **theirs,
    )
    written = {"id": order, "number": number, "phone": phone, "consignee": _name(person), "status": "'completed'"}
    email = f"'c' || {person} || '@mail.example'"
    insert(Order, spans, sample.shipment.order, customer_id=held["id"], email=email, **written, **theirs)
    insert(Shipment, spans, sample.shipment, id=shipment, order_id=order, status="'delivered'", **theirs)
    tracking_number = "'JJD' || lpad(n::text, 12, '0')"
    insert(Parcel, spans, sample, id=parcel, shipment_id=shipment, tracking_number=tracking_number, **theirs)
    back = Return(merchant=sample.merchant, order=sample.shipment.order, reason="too_small")
    sent = {"id": key(6), "order_id": order, "number": f"'R-' || {number} || '-1'"}
    insert(Return, f"{spans} WHERE mod(n, 20) = 0", back, **sent, **theirs)


def _name(person: str) -> str:
    """A name as SQL: few are everybody's, most are rare; every fifth is Chinese."""

    def one(values: tuple[str, ...] | str, salt: int) -> str:
        array = ", ".join(f"'{value}'" for value in values)
        chance = f"power(mod(abs(hashint8({person} + {salt})), 10007) / 10007.0, 2)"
        return f"(ARRAY[{array}])[1 + floor({len(values)} * {chance})::int]"

    rare = f"substr(translate(md5(({person} / 40)::text), '0123456789', 'aeiouaeiou'), 1, 5)"
    latin = f"{one(FIRST, 1)} || ' ' || {one(BEGUN, 2)} || {one(ENDED, 3)}"
    chinese = f"{one(CHINESE_FAMILY, 1)} || {one(CHINESE_GIVEN, 2)} || {one(CHINESE_GIVEN, 3)}"
    return (
        f"CASE mod({person}, 5) WHEN 0 THEN {chinese} WHEN 1 THEN {latin}"
        f" ELSE {one(FIRST, 4)} || ' ' || initcap({rare}) END"
    )


def terms(count: int) -> dict[str, list[str]]:
    """What staff type, of orders picked by chance."""
    asked = (
        "SELECT o.number, p.tracking_number, o.phone, o.email, o.consignee FROM orders_order o"
        " JOIN tracking_shipment s ON s.order_id = o.id JOIN tracking_parcel p ON p.shipment_id = s.id"
        " WHERE o.number LIKE 'SK%%' ORDER BY md5(o.number || 'x') LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(asked, [count])
        rows = cursor.fetchall()
        cursor.execute("SELECT number FROM aftersales_return ORDER BY md5(number || 'x') LIMIT %s", [count])
        returns = [number for (number,) in cursor.fetchall()]
    return {
        "order_number": [row[0] for row in rows],
        "tracking_number": [row[1] for row in rows],
        "return_number": returns,
        "phone": [row[2] for row in rows],
        "last_four": [row[2][-4:] for row in rows],
        "email": [row[3] for row in rows],
        "name": [row[4] for row in rows],
        "common_name": [random.Random(row[0]).choice(("Anna", "müller", "wang", "jorg")) for row in rows],
    }


def bare(kind: str) -> Callable[[str, str], None]:
    """The SQL that an engineer would type for this key, through the same connection."""
    joined = {
        "tracking_number": " JOIN tracking_shipment s ON s.order_id = o.id"
        " JOIN tracking_parcel p ON p.shipment_id = s.id",
        "return_number": " JOIN aftersales_return r ON r.order_id = o.id",
    }
    wanted = {
        "order_number": "o.number = %s",
        "tracking_number": "p.tracking_number = %s",
        "return_number": "r.merchant_id = o.merchant_id AND r.number = %s",
        "phone": "o.phone = %s",
        "last_four": "right(o.phone, 4) = %s",
        "email": "o.email = %s",
    }
    text = (
        f"SELECT o.id, o.number, o.consignee, o.status FROM orders_order o{joined.get(kind, '')}"
        f" WHERE o.merchant_id = ANY(%s::uuid[]) AND {wanted.get(kind, 'name_words(o.consignee) @@ %s::tsquery')}"
        " ORDER BY o.id DESC LIMIT 20"
    )

    def ask(term: str, merchants: str) -> None:
        value = name_query(term) if kind.endswith("name") else term
        with connection.cursor() as cursor:
            cursor.execute(text, [merchants, value])
            cursor.fetchall()

    return ask


def measure(kind: str, asked: list[str], merchants: list[Merchant], box: Client) -> None:
    ask, keys = bare(kind), [merchant.pk for merchant in merchants]
    times: dict[str, list[float]] = {"bare": [], "search": [], "box": []}

    for term in asked[:20]:
        _ask_each(term, keys, ask, box)
    for term in asked:
        for name, milliseconds in _ask_each(term, keys, ask, box).items():
            times[name].append(milliseconds)
    p95 = {name: quantiles(kept, n=20)[18] for name, kept in times.items()}
    p95_ms = round(p95["box"], 1)
    tell(
        f"search_{kind}",
        1000 / p95["search"],
        "searches/s at p95",
        reference=1000 / p95["bare"],
        goal=GOAL,
        search_ms=round(p95["search"], 2),
        bare_ms=round(p95["bare"], 2),
        p95_ms=p95_ms,
        quick_enough=p95_ms < P95_MS,
    )


def _ask_each(term: str, keys: list[UUID], ask: Callable[[str, str], None], box: Client) -> dict[str, float]:
    """Milliseconds of each way to ask for a term, in turn."""
    marks = [perf_counter()]
    ask(term, "{" + ",".join(str(one) for one in keys) + "}")
    marks.append(perf_counter())
    found = find_orders(term, merchants=keys, regions=["DE", "CN", "US"])
    marks.append(perf_counter())
    answer = box.get("/admin/search/", {"s": term})
    marks.append(perf_counter())
    if not found or answer.status_code != 200 or found[0].number not in answer.content.decode():
        raise RuntimeError(f"nothing found for {term!r}")
    spans = [1000 * (later - earlier) for earlier, later in pairwise(marks)]
    return dict(zip(("bare", "search", "box"), spans, strict=True))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--orders", type=int, default=1_000_000)
    arguments.add_argument("--terms", type=int, default=300, help="searches of each kind")
    given = arguments.parse_args()
    with portal.database(), override_settings(ALLOWED_HOSTS=["*"]):
        merchants = grow(given.orders)
        box = Client()
        box.force_login(User.objects.create_superuser("bench"))
        for kind, asked in terms(given.terms).items():
            measure(kind, asked, merchants, box)


if __name__ == "__main__":
    main()
