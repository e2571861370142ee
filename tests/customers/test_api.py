"""Merchants check numbers as they are typed and prove them at the checkout; nobody learns who is known."""

import re
from statistics import median
from time import perf_counter
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from customers.models import PhoneNumber, PhoneVerification
from customers.services import TRIES_A_CODE
from customers.services.verification import SENDS_A_MERCHANT
from logistics_portal.kernel.errors import TooOften
from logistics_portal.kernel.limits import spend
from logistics_portal.kernel.models import Allowance
from merchants.models import Merchant
from tests import build
from tests.visitors import last_code

pytestmark = pytest.mark.django_db
DOOR = "/api/v1/phone-verifications/"
CHECK = "/api/v1/phone-check/"
STRANGER = "+4915199995678"


def ask(api: APIClient, phone: str = build.ANNS_PHONE, *, key: str = "", **more: Any) -> Any:
    return api.post(DOOR, {"phone": phone, **more}, headers={"idempotency-key": key} if key else {})


def confirm(api: APIClient, verification: str, code: str, *, key: str = "") -> Any:
    headers = {"idempotency-key": key} if key else {}
    return api.post(f"{DOOR}{verification}/confirm/", {"code": code}, headers=headers)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_a_number_is_proved_at_the_checkout(api: APIClient, acme: Merchant) -> None:
    build.order(merchant=acme)
    asked = ask(api, "0151 12345678")
    assert asked.status_code == 202
    assert asked.json()["phone"] == build.ANNS_PHONE
    proved = confirm(api, asked.json()["id"], last_code())
    assert proved.status_code == 200
    assert proved.json()["verified_at"]
    assert PhoneNumber.objects.get().verified_at is not None
    assert confirm(api, asked.json()["id"], last_code()).json() == proved.json(), "a repetition gets the same answer"


def test_the_same_key_sends_one_code(api: APIClient) -> None:
    first, again = ask(api, key="checkout-1"), ask(api, key="checkout-1")
    assert first.json() == again.json()
    assert PhoneVerification.objects.count() == 1


def test_a_code_of_one_merchant_is_nothing_to_another(api: APIClient, rival_api: APIClient) -> None:
    verification = ask(api).json()["id"]
    assert confirm(rival_api, verification, last_code()).status_code == 404
    assert PhoneVerification.objects.get().tries == 0
    assert confirm(api, verification, last_code()).status_code == 200


def test_a_key_does_not_buy_more_tries(api: APIClient) -> None:
    verification = ask(api).json()["id"]
    code = last_code()
    for number in range(TRIES_A_CODE):
        assert confirm(api, verification, wrong(code), key=f"try-{number}").status_code == 422
    refused = confirm(api, verification, code, key="last")
    assert refused.status_code == 422
    assert "too often" in refused.json()["detail"]


def test_codes_are_limited_for_numbers_shoppers_and_merchants(api: APIClient, acme: Merchant) -> None:
    ask(api)
    refused = ask(api)
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 60
    for digits in range(30):
        ask(api, f"+49151123{digits:05d}", shopper_ip="203.0.113.9")
    assert ask(api, "+4915112399999", shopper_ip="203.0.113.9").status_code == 429
    assert ask(api, "+4915112399999", shopper_ip="203.0.113.10").status_code == 202
    hour = SENDS_A_MERCHANT[0]
    Allowance.objects.filter(key=f"{hour.name}:{acme.pk}").update(used=hour.times)
    with pytest.raises(TooOften):
        spend(hour, str(acme.pk), message="")
    assert ask(api, "+4915112388888").status_code == 429


def test_a_code_of_the_checkout_opens_no_orders(api: APIClient, client: Any) -> None:
    ask(api)
    code = last_code()
    client.post("/orders/sign-in/", {"phone": build.ANNS_PHONE})
    assert client.post("/orders/sign-in/code/", {"code": code}).status_code == 422


def statements(api: APIClient, phone: str) -> tuple[dict[str, Any], list[str], dict[str, Any], list[str]]:
    with CaptureQueriesContext(connection) as asking:
        asked = ask(api, phone).json()
    with CaptureQueriesContext(connection) as confirming:
        proved = confirm(api, asked["id"], last_code()).json()
    return asked, shapes(asking), proved, shapes(confirming)


def shapes(queries: CaptureQueriesContext) -> list[str]:
    """The statements without their values."""
    return [re.sub(r"'[^']*'|\"s\d+_x\d+\"|\d+", "?", query["sql"]) for query in queries]


def test_known_and_unknown_numbers_are_answered_alike(api: APIClient, acme: Merchant) -> None:
    build.order(merchant=acme)
    statements(api, "+4915100000001")  # the first call of a key notes when it was used
    asked, asking, proved, confirming = statements(api, build.ANNS_PHONE)
    others, others_asking, others_proved, others_confirming = statements(api, STRANGER)
    assert asked.keys() == others.keys()
    assert proved.keys() == others_proved.keys()
    assert asking == others_asking, "the database is asked the same"
    assert confirming == others_confirming


def test_known_and_unknown_numbers_take_the_same_time(api: APIClient, acme: Merchant) -> None:
    build.order(merchant=acme)
    ask(api, "+4915100000001")  # the first call of a process loads what the others find
    times: dict[str, list[float]] = {build.ANNS_PHONE: [], STRANGER: []}
    for _ in range(15):
        for phone, taken in times.items():
            Allowance.objects.all().delete()
            begin = perf_counter()
            assert ask(api, phone).status_code == 202
            taken.append(perf_counter() - begin)
    known, unknown = (median(taken) for taken in times.values())
    assert 0.5 < known / unknown < 2


def test_a_number_is_checked_with_what_was_meant(api: APIClient) -> None:
    found = api.get(CHECK, {"number": "13812345678"}).json()
    assert (found["valid"], found["possible"], found["problem"]) == (False, True, "nobodys_range")
    assert found["did_you_mean"] == [
        {"phone": "+8613812345678", "international": "+86 138 1234 5678", "slip": "other_country"}
    ]
    right = api.get(CHECK, {"number": "0151 23456789"}).json()
    assert right == {
        "possible": True,
        "valid": True,
        "may_get_sms": True,
        "type": "mobile",
        "region": "DE",
        "phone": "+4915123456789",
        "problem": None,
        "detail": "",
        "did_you_mean": [],
    }
    assert api.get(CHECK, {"number": "138 1234 5678", "region": "CN"}).json()["valid"]
    assert api.get(CHECK).status_code == 400
    assert api.get(CHECK, {"number": "1", "region": "Germany"}).status_code == 400
    assert APIClient().get(CHECK, {"number": "1"}).status_code == 401


def test_orders_and_pages_ask_what_was_meant(api: APIClient, client: Any, acme: Merchant) -> None:
    order = api.post("/api/v1/orders/", {"phone": "13812345678"}).json()
    assert "Did you mean +86 138 1234 5678?" in order["errors"]["phone"][0]
    page = client.post("/orders/sign-in/", {"phone": "+86 86 13812345678"})
    assert page.status_code == 422
    assert 'value="+8613812345678"' in page.content.decode()
