"""Platforms' virtual numbers: base, extension and expiry are kept, and one that expires too early is noticed."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from customers.numbers import check_number
from logistics_portal.kernel.models import Event
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.orders.bodies import order_body
from tests.visitors import text_of, worker
from tracking.models import Incident, Watch
from tracking.services import watch

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "written", ["13212345774-1234", "+86 132 1234 5774-1234", "13212345774转1234", "13212345774,1234"]
)
def test_a_virtual_number_is_read_in_its_parts(written: str) -> None:
    check = check_number(written, region="CN")
    assert check.is_valid and check.number is not None
    assert (check.number.as_e164, check.number.extension) == ("+8613212345774", "1234")


@pytest.mark.parametrize("written", ["0151-23456789", "030-1234-5678", "212-555-0123", "138-1234-5678"])
def test_a_hyphen_alone_makes_no_extension(written: str) -> None:
    for region in ("DE", "US", "CN"):
        number = check_number(written, region=region).number
        assert number is None or not number.extension


def place(api: APIClient, **changes: Any) -> Any:
    answer = api.post("/api/v1/orders/", order_body(**{"phone": "+86 132 1234 5774-1234", **changes}))
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_the_api_keeps_extension_and_expiry(api: APIClient) -> None:
    told = place(api, phone_expires_at="2026-12-01T10:00:00Z")
    assert (told["phone"], told["phone_extension"]) == ("+8613212345774", "1234")
    assert told["phone_expires_at"] == "2026-12-01T10:00:00Z"
    assert Order.objects.get().dialed == "+8613212345774,1234"


@pytest.mark.parametrize(("days", "is_noticed"), [(-1, True), (3, False)])
def test_an_expiry_before_the_promised_day_is_noticed(api: APIClient, days: int, is_noticed: bool) -> None:
    promised = date(2026, 12, 1)
    expires = datetime(2026, 12, 1, 12, tzinfo=timezone.get_fixed_timezone(0)) + timedelta(days=days)
    place(api, promised_on=promised.isoformat(), phone_expires_at=expires.isoformat())
    assert Event.objects.filter(name="orders.phone_expiry_noticed").exists() is is_noticed


def test_staff_get_an_incident_when_the_parcel_will_be_later_than_the_number(acme: Merchant, staff: Any) -> None:
    soon = timezone.now() + timedelta(hours=8)
    order = build.order(merchant=acme, phone="+8613212345774", phone_expires_at=soon)
    Order.objects.filter(pk=order.pk).update(phone_extension="1234", promised_on=timezone.localdate() + timedelta(3))
    shipment = build.shipment(order)
    build.scan(shipment.parcels.get(), "out_for_delivery")
    watch(list(Watch.objects.all()))
    incident = Incident.objects.get(rule="phone_expires")
    assert incident.shipment == shipment
    assert soon.isoformat() == incident.evidence["phone_expires_at"]
    page = worker(staff).get(f"/courier/{shipment.pk}/")
    assert "tel:+8613212345774,1234" in page.content.decode()
    assert "+86 132 1234 5774-1234" in text_of(page)
