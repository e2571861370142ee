"""Who may call the API, and how often."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

import merchants.services
from logistics_portal.kernel.models import Allowance
from merchants.authentication import BAD_KEYS, KeyThrottle
from merchants.models import ApiKey, Merchant
from orders.models import Order
from tests import build

ORDERS = "/api/v1/orders/"


def caller(authorization: str = "", **headers: str) -> APIClient:
    return APIClient(headers={**({"authorization": authorization} if authorization else {}), **headers})


def test_a_key_opens_its_merchants_door(api: APIClient, order: Order) -> None:
    answer = api.get(ORDERS)
    assert answer.status_code == 200
    assert [row["number"] for row in answer.json()["results"]] == [order.number]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer lp_wrong",
        "Basic bHA6bHA=",
        "Token lp_wrong",
        "Bearer a b c",
        "Bearer \xe9\xe8",
        f"Bearer {'x' * 9000}",
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_without_a_good_key_every_call_is_401(authorization: str, method: str) -> None:
    answer = getattr(caller(authorization), method)(ORDERS)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 401


def test_a_revoked_key_is_no_key(acme: Merchant) -> None:
    row, key = merchants.services.create_api_key(merchant=acme, label="old")
    assert caller(f"Bearer {key}").get(ORDERS).status_code == 200
    merchants.services.revoke_api_key(api_key=row)
    assert caller(f"Bearer {key}").get(ORDERS).status_code == 401


def test_a_merchant_that_left_has_no_keys(acme: Merchant) -> None:
    key = build.api_key(acme)
    Merchant.objects.update(is_active=False)
    assert caller(f"Bearer {key}").get(ORDERS).status_code == 401


def test_only_the_digest_of_a_key_is_kept(acme: Merchant) -> None:
    row, key = merchants.services.create_api_key(merchant=acme, label="new")
    kept = str(ApiKey.objects.filter(pk=row.pk).values().get())
    assert key not in kept
    assert key[9:] not in kept


def test_the_use_of_a_key_is_noted_now_and_then(acme: Merchant) -> None:
    row, key = merchants.services.create_api_key(merchant=acme, label="used")
    caller(f"Bearer {key}").get(ORDERS)
    row.refresh_from_db()
    first = row.last_used_at
    assert first is not None
    caller(f"Bearer {key}").get(ORDERS)
    row.refresh_from_db()
    assert row.last_used_at == first
    ApiKey.objects.update(last_used_at=timezone.now() - timedelta(hours=1))
    caller(f"Bearer {key}").get(ORDERS)
    row.refresh_from_db()
    assert row.last_used_at > first


@pytest.fixture
def five_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KeyThrottle, "THROTTLE_RATES", {"key": "5/min"})


def test_too_many_calls_with_one_key_are_429(five_a_minute: None, acme: Merchant, rival_api: APIClient) -> None:
    api = build.api_client(acme)
    assert [api.get(ORDERS).status_code for _ in range(7)] == [200] * 5 + [429] * 2
    refused = api.get(ORDERS)
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert refused["Content-Type"] == "application/problem+json"
    assert rival_api.get(ORDERS).status_code == 200, "another merchant must not feel it"


def test_keys_are_counted_by_all_processes_together(five_a_minute: None, acme: Merchant) -> None:
    """What another process has counted is in the database alone."""
    api = build.api_client(acme)
    for _ in range(3):
        assert api.get(ORDERS).status_code == 200
    cache.clear()  # the next process knows nothing of what this one did
    assert [api.get(ORDERS).status_code for _ in range(4)] == [200] * 2 + [429] * 2


def test_a_call_asks_the_database_for_its_share_seldom(monkeypatch: pytest.MonkeyPatch, acme: Merchant) -> None:
    monkeypatch.setattr(KeyThrottle, "THROTTLE_RATES", {"key": "120/min"})
    api = build.api_client(acme)
    with CaptureQueriesContext(connection) as asked:
        statuses = [api.get("/api/v1/recognize/?number=1").status_code for _ in range(125)]
    assert statuses == [200] * 120 + [429] * 5
    counted = [query for query in asked if "kernel_allowance" in query["sql"]]
    assert len(counted) == 61, "two calls a statement, and one for all refusals"


@pytest.mark.parametrize("authorization", ["", "Bearer lp_wrong", "Basic bHA6bHA="])
def test_bad_keys_are_limited_by_address(authorization: str, acme: Merchant) -> None:
    statuses = [caller(authorization).get(ORDERS).status_code for _ in range(BAD_KEYS.times + 2)]
    assert statuses == [401] * BAD_KEYS.times + [429] * 2
    refused = caller(authorization).get(ORDERS)
    assert refused["Content-Type"] == "application/problem+json"
    assert 1 <= int(refused["Retry-After"]) <= BAD_KEYS.seconds
    good = caller(f"Bearer {build.api_key(acme)}").get(ORDERS)
    assert good.status_code == 200, "a good key must not suffer from its neighbor"


@pytest.mark.django_db
def test_a_limited_address_costs_no_statement_for_the_count() -> None:
    for _ in range(BAD_KEYS.times + 1):
        caller().get(ORDERS)
    with CaptureQueriesContext(connection) as asked:
        assert caller().get(ORDERS).status_code == 429
    assert len(asked) == 0


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["x-forwarded-for", "x-real-ip", "forwarded", "client-ip"])
def test_a_caller_is_known_by_the_socket_whatever_it_calls_itself(header: str) -> None:
    for number in range(3):
        caller(**{header: f"198.51.100.{number}"}).get(ORDERS)
    assert Allowance.objects.filter(key__startswith="bad-key").count() == 1


def test_a_key_is_counted_wherever_it_calls_from(five_a_minute: None, acme: Merchant) -> None:
    key = f"Bearer {build.api_key(acme)}"
    statuses = [caller(key, **{"x-forwarded-for": f"203.0.113.{n}"}).get(ORDERS).status_code for n in range(8)]
    assert statuses == [200] * 5 + [429] * 3
