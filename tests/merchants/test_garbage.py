"""Whatever is sent to the API, the answer is a refusal that names what is wrong, and never an error of ours."""

import json
from typing import Any

import pytest
from django.test import RequestFactory
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from logistics_portal.wsgi import application
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.merchants.garbage import BODIES, TEXTS, TOO_LARGE, as_json, paths_of, replaced, values
from tests.merchants.test_tenancy import API, actions, routes, rows_of, with_rows, world
from tests.orders.bodies import order_body

__all__ = ["world"]
FUZZ = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)


@pytest.fixture
def api(acme: Merchant) -> APIClient:
    client = build.api_client(acme)
    client.raise_request_exception = False
    return client


def assert_refused(answer: Any, what: object) -> None:
    assert 400 <= answer.status_code < 500, (what, answer.status_code, answer.content[:300])
    assert answer["Content-Type"] == "application/problem+json", what
    told = json.loads(answer.content)
    assert told["status"] == answer.status_code
    assert told["code"]
    assert told["detail"]


def creating() -> list[str]:
    return [f"{API}/{prefix}/" for prefix, viewset in routes() if hasattr(viewset, "create")]


def test_there_are_doors_that_take_bodies() -> None:
    assert {f"{API}/orders/", f"{API}/shipments/", f"{API}/stock/"} <= set(creating())


@pytest.mark.parametrize("path", creating())
def test_no_door_takes_such_a_body(api: APIClient, path: str) -> None:
    for name, (content_type, body) in BODIES.items():
        answer = api.generic("POST", path, body, content_type=content_type)
        assert_refused(answer, name)
        assert answer.status_code != 413
    assert not Order.objects.exists()


def test_no_action_stumbles_over_such_a_body(world: Order, api: APIClient) -> None:
    doors = [
        (method.upper(), f"{API}/{prefix}/{rows_of(api, prefix)[0]['id']}/{ending}")
        for prefix, viewset in with_rows()
        for method, ending in actions(viewset)
    ]
    assert len(doors) >= 5
    for number, (name, (content_type, body)) in enumerate(BODIES.items()):
        headers = {"idempotency-key": name.replace(" ", "-")} if number % 2 else {}
        for method, path in doors:
            answer = api.generic(method, path, body, content_type=content_type, headers=headers)
            assert answer.status_code < 500, (path, name, answer.content[:300])


def test_a_body_beyond_the_limit_is_413(api: APIClient) -> None:
    for path in creating():
        answer = api.generic("POST", path, TOO_LARGE, content_type="application/json")
        assert_refused(answer, path)
        assert answer.status_code == 413


@pytest.mark.django_db
def test_a_stranger_learns_nothing_by_garbage() -> None:
    stranger = APIClient(raise_request_exception=False)
    for content_type, body in [*BODIES.values(), ("application/json", TOO_LARGE)]:
        assert stranger.generic("POST", f"{API}/orders/", body, content_type=content_type).status_code == 401


ORDER = order_body(placed_at="2026-11-01T10:00:00Z", promised_on="2026-11-09", language="de", discount_total="1.00")


@FUZZ
@given(path=st.sampled_from(paths_of(ORDER)), value=values)
def test_one_wrong_field_of_an_order(api: APIClient, path: tuple, value: Any) -> None:
    """It is refused, or the value was good after all and the order can be read back."""
    answer = api.generic("POST", f"{API}/orders/", as_json(replaced(ORDER, path, value)), "application/json")
    if answer.status_code == 201:
        made = json.loads(answer.content)
        assert api.get(f"{API}/orders/{made['id']}/").status_code == 200
        Order.objects.filter(pk=made["id"]).delete()
    else:
        assert_refused(answer, (path, value))


@FUZZ
@given(
    path=st.sampled_from(["order", "order_number", "carrier", "service", "tracking_number", "parcels"]), value=values
)
def test_one_wrong_field_of_a_shipment(api: APIClient, acme: Merchant, path: str, value: Any) -> None:
    order = Order.objects.first() or build.order(merchant=acme)
    body = {"order": str(order.pk), "carrier": "dhl", "service": "", "tracking_number": "JD000999"} | {path: value}
    answer = api.generic("POST", f"{API}/shipments/", as_json(body), "application/json")
    if answer.status_code != 201:
        assert_refused(answer, (path, value))


@FUZZ
@given(path=st.sampled_from(["tracking_number", "weight_g", "sscc"]), value=values)
def test_one_wrong_field_of_a_parcel(api: APIClient, acme: Merchant, path: str, value: Any) -> None:
    order = Order.objects.first() or build.order(merchant=acme)
    parcel = {"tracking_number": "JD000999", "weight_g": 100, "sscc": "340123450000000017"} | {path: value}
    body = {"order": str(order.pk), "carrier": "dhl", "parcels": [parcel]}
    answer = api.generic("POST", f"{API}/shipments/", as_json(body), "application/json")
    if answer.status_code != 201:
        assert_refused(answer, (path, value))


@FUZZ
@given(path=st.sampled_from(["sku", "location", "on_hand"]), value=values)
def test_one_wrong_field_of_a_count(api: APIClient, acme: Merchant, path: str, value: Any) -> None:
    build.stock(acme)
    body = {"sku": "SKU-1", "location": "MAIN", "on_hand": 5} | {path: value}
    answer = api.generic("POST", f"{API}/stock/", as_json(body), "application/json")
    if answer.status_code != 200:
        assert_refused(answer, (path, value))


def test_no_filter_stumbles(api: APIClient) -> None:
    for prefix, viewset in routes():
        names = ["cursor", "limit", "format", "number"]
        if getattr(viewset, "filterset_class", None):
            names += list(viewset.filterset_class.base_filters)
        for text in TEXTS:
            answer = api.get(f"{API}/{prefix}/", dict.fromkeys(names, text[:9000].encode("utf-8", "replace")))
            assert answer.status_code < 500, (prefix, text)
        for number, name in enumerate(names):
            text = TEXTS[number % len(TEXTS)].encode("utf-8", "replace")
            assert api.get(f"{API}/{prefix}/", {name: text}).status_code < 500, (prefix, name)
        for name in names:
            assert api.get(f"{API}/{prefix}/", {name: "\0"}).status_code < 500, (prefix, name)


@pytest.mark.parametrize("query", ["number=%ff%fe", "number=%00", "status=%ED%A0%80", "limit=%", "a=%u0000", "&&==&"])
def test_no_query_string_stumbles(api: APIClient, query: str) -> None:
    assert api.get(f"{API}/orders/?{query}").status_code < 500


@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["rot13", "hex", "zlib", "klingon", "utf-16", "\xe9", ""])
def test_no_charset_stumbles(charset: str) -> None:
    """At the web server's own entry, since it is there that a request is made of what came in."""
    environ = RequestFactory()._base_environ(
        QUERY_STRING="a=%e4&lang=de", CONTENT_TYPE=f"text/plain; charset={charset}"
    )
    statuses: list[str] = []
    b"".join(application(environ, lambda status, headers: statuses.append(status)))
    assert statuses == ["200 OK"]


@pytest.mark.parametrize(
    "cursor", ["cD14eXo=", "cD0lMDA=", "bz0xMDAwMDAwMDAwMDAwMDAwMDAwMDA=", "cj0xJnA9", "!!!", "cD0xOTk5LTAx", "/w=="]
)
def test_a_made_up_cursor_is_refused_and_named(world: Order, api: APIClient, cursor: str) -> None:
    for prefix, _ in with_rows():
        answer = api.get(f"{API}/{prefix}/", {"cursor": cursor})
        if answer.status_code != 200:
            assert_refused(answer, prefix)
            assert "cursor" in answer.json()["errors"]


@pytest.mark.parametrize(
    "name", ["1", "x", "%00", "..", "a" * 5000, "0190-", "%ff", "00000000-0000-0000-0000-000000000000"]
)
def test_no_path_stumbles(api: APIClient, name: str) -> None:
    for prefix, viewset in routes():
        assert api.get(f"{API}/{prefix}/{name}/").status_code in (301, 404)
        for method, ending in actions(viewset):
            assert getattr(api, method)(f"{API}/{prefix}/{name}/{ending}").status_code in (301, 400, 404)


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*/*;q=0", "\xff", "application/json;v=9", ""])
def test_no_accept_header_stumbles(api: APIClient, accept: str) -> None:
    assert api.get(f"{API}/orders/", headers={"accept": accept}).status_code in (200, 406)


def test_methods_that_a_door_does_not_have_are_405(api: APIClient, order: Order) -> None:
    for method in ("put", "patch", "delete"):
        answer = getattr(api, method)(f"{API}/orders/{order.pk}/", {})
        assert answer.status_code == 405
        assert_refused(answer, method)
    assert api.get(reverse("schema")).status_code == 200
