"""Orders over the API: what is refused is named, what is repeated is done once, pages stay where they are."""

import copy
import io
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient

from logistics_portal.kernel.models import Event
from merchants.models import IdempotencyRecord, Merchant
from merchants.services import ANSWERS_KEPT, forget_old_answers
from orders.models import Order
from tests import build
from tests.orders.bodies import LINE, order_body

pytestmark = pytest.mark.django_db
ORDERS = "/api/v1/orders/"


def place(api: APIClient, key: str = "", **changes: Any) -> Any:
    headers = {"idempotency-key": key} if key else {}
    return api.post(ORDERS, order_body(**changes), headers=headers)


def refusal(answer: Any, status: int = 400) -> dict:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) >= {"type", "title", "status", "code", "detail"}
    assert problem["status"] == status
    assert problem["type"].startswith("urn:")
    return problem


# Placing.


def test_an_order_is_placed_and_can_be_read(api: APIClient) -> None:
    made = place(api, lines=[LINE, LINE | {"sku": "SKU-2", "quantity": 1, "unit_price": "5"}], discount_total="3.00")
    assert made.status_code == 201
    order = made.json()
    assert (order["status"], order["phone"], order["total"]) == ("placed", "+4915112345678", "46.70")
    assert order["address"] == {**order_body()["address"], "line2": "", "region": ""}
    assert api.get(f"{ORDERS}{order['id']}/").json() == order
    assert Event.objects.get().name == "orders.placed"


def test_the_link_in_the_answer_opens_the_order(api: APIClient, client: Any) -> None:
    url = place(api).json()["tracking_url"]
    assert client.get(url[url.index("/t/") :]).status_code == 200


@pytest.mark.parametrize(
    ("phone", "why"),
    [
        ("+1212", "too short"),
        ("+491511234567890123", "too long"),
        ("call me", "not a phone number"),
        ("", "as text"),
        (" ", "as text"),
        (4915112345678, "as text"),
        (["+4915112345678"], "as text"),
        ("+999123456789", "country code"),
        ("+4900000000000", "nobody was given"),
        ("+", "not a phone number"),
        ("+49 151 1234 \u0000", ""),
        ("1" * 300, ""),
    ],
)
def test_a_wrong_phone_is_refused_with_the_reason(api: APIClient, phone: Any, why: str) -> None:
    answer = place(api, phone=phone)
    assert 400 <= answer.status_code < 500
    problem = refusal(answer, answer.status_code)
    told = " ".join(problem.get("errors", {}).get("phone", [problem["detail"]]))
    assert why in told, told
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("0151 12345678", "+4915112345678"),
        ("+49 (0) 151 / 123-456-78", "+4915112345678"),
        ("004915112345678", "+4915112345678"),
        ("+1 212 555 0123", "+12125550123"),
        ("+86 131 2345 6789", "+8613123456789"),
        ("\uff0b49 151 12345678", "+4915112345678"),
    ],
)
def test_a_phone_is_read_as_people_of_the_merchants_country_write_it(api: APIClient, written: str, kept: str) -> None:
    assert place(api, phone=written).json()["phone"] == kept


@pytest.mark.parametrize("field", ["number", "phone", "address", "currency", "lines"])
def test_a_missing_field_is_named(api: APIClient, field: str) -> None:
    assert field in refusal(place(api, **{field: None}))["errors"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"currency": "eur"}, "currency"),
        ({"currency": "EURO"}, "currency"),
        ({"email": "ann@"}, "email"),
        ({"language": "fr"}, "language"),
        ({"lines": []}, "lines"),
        ({"lines": [LINE] * 201}, "lines"),
        ({"lines": [LINE | {"quantity": 0}]}, "lines"),
        ({"lines": [LINE | {"quantity": 1.5}]}, "lines"),
        ({"lines": [LINE | {"unit_price": "-1"}]}, "lines"),
        ({"lines": [LINE | {"unit_price": "1.005"}]}, "lines"),
        ({"lines": [LINE | {"gtin": "12"}]}, "lines"),
        ({"shipping_total": "-0.01"}, "shipping_total"),
        ({"placed_at": "yesterday"}, "placed_at"),
        ({"placed_at": "0001-01-01T00:00:00Z"}, "placed_at"),
        ({"promised_on": "9999-12-31"}, "promised_on"),
        ({"address": order_body()["address"] | {"country": "Germany"}}, "address"),
        ({"address": order_body()["address"] | {"city": "Ber\x1blin"}}, "address"),
        ({"number": "A\tB"}, "number"),
    ],
)
def test_a_wrong_field_is_named(api: APIClient, changes: dict, field: str) -> None:
    assert field in refusal(place(api, **changes))["errors"]
    assert not Order.objects.exists()


def test_a_sum_that_no_column_holds_is_refused(api: APIClient) -> None:
    lines = [LINE | {"quantity": 100_000, "unit_price": "9999999999.99"}] * 2
    assert "lines" in refusal(place(api, lines=lines), 409)["errors"]


def test_a_discount_beyond_the_goods_is_refused(api: APIClient) -> None:
    assert "discount_total" in refusal(place(api, discount_total="44.71"), 409)["errors"]
    assert place(api, discount_total="44.70").json()["total"] == "0.00"


def test_a_number_is_used_once(api: APIClient) -> None:
    place(api)
    assert "number" in refusal(place(api), 409)["errors"]
    assert Order.objects.count() == 1


# Once.


def test_the_same_key_and_body_get_the_same_answer(api: APIClient) -> None:
    first, second = place(api, key="k"), place(api, key="k")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert Order.objects.count() == Event.objects.count() == 1


def test_an_answer_is_repeated_as_it_was_given(api: APIClient) -> None:
    first = place(api, key="k").json()
    assert api.post(f"{ORDERS}{first['id']}/cancel/").json()["status"] == "canceled"
    assert place(api, key="k").json() == first


def test_the_same_key_with_another_body_is_refused(api: APIClient) -> None:
    place(api, key="k")
    assert refusal(place(api, key="k", number="B-1"), 422)["code"] == "idempotency_key_reused"
    assert Order.objects.count() == 1


def test_the_same_key_at_another_door_is_refused(api: APIClient) -> None:
    order = place(api, key="k").json()
    answer = api.post(f"{ORDERS}{order['id']}/pack/", headers={"idempotency-key": "k"})
    assert refusal(answer, 422)["code"] == "idempotency_key_reused"
    assert Order.objects.get().status == "placed"


def test_a_refusal_is_not_kept(api: APIClient) -> None:
    assert place(api, key="k", discount_total="100").status_code == 409
    assert place(api, key="k2", phone="+49151").status_code == 400
    assert not IdempotencyRecord.objects.exists()
    assert place(api, key="k").status_code == 201


@pytest.mark.parametrize("key", ["x" * 201, "caf\xe9\x7f", "\t\t."])
def test_a_key_that_can_be_none_is_refused(api: APIClient, key: str) -> None:
    assert refusal(place(api, key=key), 422)["detail"].startswith("Idempotency-Key")


def test_actions_are_done_once_too(api: APIClient) -> None:
    order = place(api).json()
    for _ in range(2):
        answer = api.post(f"{ORDERS}{order['id']}/pack/", headers={"idempotency-key": "pack"})
        assert (answer.status_code, answer.json()["status"]) == (200, "packed")
    assert refusal(api.post(f"{ORDERS}{order['id']}/pack/"), 409)["code"] == "wrong_status"
    assert Event.objects.filter(name="orders.packed").count() == 1


def test_after_a_week_a_key_is_new(api: APIClient) -> None:
    place(api, key="k")
    assert forget_old_answers() == 0
    IdempotencyRecord.objects.update(created_at=timezone.now() - ANSWERS_KEPT - timedelta(minutes=1))
    assert forget_old_answers() == 1
    assert refusal(place(api, key="k"), 409)["code"] == "order_exists"


# Reading.


def test_filters(api: APIClient, acme: Merchant) -> None:
    now = timezone.now().replace(microsecond=0)
    for days in range(3):
        build.order(merchant=acme, number=f"F-{days}", placed_at=now - timedelta(days=days))
    Order.objects.filter(number="F-1").update(status="packed")

    def numbers(**asked: Any) -> set[str]:
        return {row["number"] for row in api.get(ORDERS, asked).json()["results"]}

    assert numbers(status="packed") == {"F-1"}
    assert numbers(number="F-2") == {"F-2"}
    assert numbers(placed_after=(now - timedelta(days=1)).isoformat()) == {"F-0", "F-1"}
    assert numbers(placed_before=(now - timedelta(days=1)).isoformat()) == {"F-2"}
    assert "status" in refusal(api.get(ORDERS, {"status": "nonsense"}))["errors"]
    assert "placed_after" in refusal(api.get(ORDERS, {"placed_after": "x"}))["errors"]


def test_pages_stay_stable_while_orders_come_in(api: APIClient, acme: Merchant) -> None:
    given = [build.order(merchant=acme).number for _ in range(7)]
    seen: list[str] = []
    url: str | None = f"{ORDERS}?limit=3"
    while url:
        page = api.get(url).json()
        seen += [row["number"] for row in page["results"]]
        url = page["next"]
        build.order(merchant=acme)
    assert seen == given[::-1]


def test_the_page_size_has_a_limit(api: APIClient, acme: Merchant) -> None:
    for _ in range(3):
        build.order(merchant=acme)
    assert len(api.get(ORDERS, {"limit": 2}).json()["results"]) == 2
    assert len(api.get(ORDERS, {"limit": 10**9}).json()["results"]) == 3


def test_a_longer_page_takes_no_more_statements(
    api: APIClient, acme: Merchant, django_assert_max_num_queries: Any
) -> None:
    for _ in range(12):
        build.order(merchant=acme)
    api.get(ORDERS)
    with django_assert_max_num_queries(4):
        assert len(api.get(ORDERS).json()["results"]) == 12


def test_what_is_not_there_is_a_problem_document(api: APIClient, order: Order) -> None:
    for path in (f"{ORDERS}00000000-0000-0000-0000-000000000000/", f"{ORDERS}{order.pk}/nothing/"):
        assert api.get(path).status_code == 404
    assert refusal(api.get(f"{ORDERS}00000000-0000-0000-0000-000000000000/"), 404)["code"] == "not_found"


# The description.


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", stdout=out)
    return json.loads(out.getvalue())


def conforms(schema: dict[str, Any], name: str, document: Any) -> list[str]:
    whole = _with_null(schema) | {"$ref": f"#/components/schemas/{name}"}
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(whole).iter_errors(document)]


def _with_null(node: Any) -> Any:
    """OpenAPI 3.0's ``nullable`` as JSON Schema says it."""
    if isinstance(node, list):
        return [_with_null(child) for child in node]
    if not isinstance(node, dict):
        return node
    made = {key: _with_null(child) for key, child in node.items() if key != "nullable"}
    return {"anyOf": [made, {"type": "null"}]} if node.get("nullable") is True else made


def test_answers_are_as_the_description_says(schema: dict, api: APIClient, acme: Merchant) -> None:
    order = place(api).json()
    assert conforms(schema, "OrderOutput", order) == []
    sent = {"order": order["id"], "carrier": "dhl", "tracking_number": "JD00099911"}
    shipment = api.post("/api/v1/shipments/", sent).json()
    assert conforms(schema, "NewShipmentOutput", shipment) == []
    assert conforms(schema, "PaginatedOrderOutputList", api.get(ORDERS).json()) == []
    broken = copy.deepcopy(order) | {"status": 17}
    assert conforms(schema, "OrderOutput", broken), "the check itself must be able to fail"


def test_every_operation_is_described(schema: dict) -> None:
    operations = [(method, operation) for path in schema["paths"].values() for method, operation in path.items()]
    assert len(operations) >= 15
    for method, operation in operations:
        assert operation.get("description") or method == "get", operation["operationId"]
        assert operation["security"] == [{"bearerKey": []}], operation["operationId"]


def test_the_total_is_the_sum(api: APIClient) -> None:
    made = place(api, lines=[LINE | {"quantity": 3, "unit_price": "0.10"}], shipping_total="0.05").json()
    assert Decimal(made["total"]) == Decimal("0.35")
