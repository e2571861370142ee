"""Stock over the API."""

import pytest
from rest_framework.test import APIClient

from inventory.models import StockLevel
from merchants.models import Merchant
from tests import build

pytestmark = pytest.mark.django_db
STOCK = "/api/v1/stock/"


def test_levels_and_items_are_listed(api: APIClient, acme: Merchant) -> None:
    build.stock(acme, on_hand=7)
    build.order(merchant=acme)
    [row] = api.get(STOCK).json()["results"]
    assert row == {"sku": "SKU-1", "location": "MAIN", "on_hand": 7, "reserved": 2, "free": 5}
    assert {item["sku"] for item in api.get("/api/v1/items/").json()["results"]} == {"SKU-1", "SKU-2"}
    assert [item["sku"] for item in api.get("/api/v1/items/?sku=SKU-2").json()["results"]] == ["SKU-2"]


def test_a_count_is_set(api: APIClient, acme: Merchant) -> None:
    build.stock(acme, on_hand=7)
    answer = api.post(STOCK, {"sku": "SKU-1", "location": "MAIN", "on_hand": 3})
    assert (answer.status_code, answer.json()["on_hand"]) == (200, 3)
    assert StockLevel.objects.get().on_hand == 3


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"sku": "NO"}, 400, "sku"),
        ({"location": "NO"}, 400, "location"),
        ({"on_hand": -1}, 400, "on_hand"),
        ({"on_hand": 2**31}, 400, "on_hand"),
        ({"on_hand": "many"}, 400, "on_hand"),
    ],
)
def test_a_wrong_count_is_named(api: APIClient, acme: Merchant, changes: dict, status: int, field: str) -> None:
    build.stock(acme, on_hand=7)
    answer = api.post(STOCK, {"sku": "SKU-1", "location": "MAIN", "on_hand": 3} | changes)
    assert answer.status_code == status
    assert field in answer.json()["errors"]
    assert StockLevel.objects.get().on_hand == 7


def test_promised_goods_are_not_counted_away(api: APIClient, acme: Merchant) -> None:
    build.stock(acme, on_hand=7)
    build.order(merchant=acme)
    answer = api.post(STOCK, {"sku": "SKU-1", "location": "MAIN", "on_hand": 1})
    assert answer.status_code == 409
    assert "promised" in answer.json()["detail"]
