"""What a receiver says of the parcel is kept where the customer's own word is, and couriers ring at their door."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber

import aftersales.services
import orders.services
from aftersales.models import Confirmation
from dispatch.views import _wish
from logistics_portal.kernel import work
from orders.models import DayWish, Delegate, Order
from orders.services import DelegateDraft
from tests import build
from tests.visitors import holder, text_of, worker

pytestmark = pytest.mark.django_db
MIA = "+4915155500011"


def received_by_mia(order: Order, *, gets_code: bool = True) -> Delegate:
    draft = DelegateDraft("Mia Moss", PhoneNumber.from_string(MIA), gets_code=gets_code)
    return orders.services.add_delegate(order=order, draft=draft, by="customer")


@pytest.mark.parametrize(("said", "kept"), [("has_it", "has_it"), ("missing", "not_here")])
def test_a_receivers_answer_is_a_confirmation(order: Order, said: str, kept: str) -> None:
    delegate = received_by_mia(order)
    shipment = build.delivered(order)
    work.drain()
    delegate.order.refresh_from_db()
    orders.services.answer_as_delegate(delegate=delegate, answer=said)
    work.drain()
    row = Confirmation.objects.get()
    assert (row.shipment, row.answer, row.proof) == (shipment, kept, "receiver")
    aftersales.services.note_receivers_answer(order_id=order.pk, answer=said)
    assert Confirmation.objects.count() == 1, "told twice, kept once"
    assert "The receiver said:" in text_of(holder().get(f"/t/{order.token}/"))


def test_couriers_see_and_ring_who_takes_the_code(order: Order, staff: User) -> None:
    received_by_mia(order)
    shipment = build.shipment(order)
    build.scan(shipment.parcels.get(), "out_for_delivery")
    courier = worker(staff)
    sheet = text_of(courier.get("/courier/"))
    assert "Receiver: Mia Moss · ••••• 0011" in sheet
    stop = courier.get(f"/courier/{shipment.pk}/").content.decode()
    assert f'href="tel:{MIA}"' in stop
    assert "Receiver: Mia Moss" in stop


def test_who_does_not_take_it_at_the_door_is_not_rung(order: Order, staff: User) -> None:
    received_by_mia(order, gets_code=False)
    shipment = build.shipment(order)
    build.scan(shipment.parcels.get(), "out_for_delivery")
    assert "Mia" not in text_of(worker(staff).get("/courier/"))
    assert MIA not in worker(staff).get(f"/courier/{shipment.pk}/").content.decode()


def test_a_wished_day_is_seen_where_it_is_packed_and_brought(order: Order, staff: User) -> None:
    today = timezone.now().date()
    day = orders.services.wishable_days(today)[3]
    orders.services.wish_day(order=order, day=day, today=today)
    desk = worker(staff)
    for page in ("/warehouse/", f"/warehouse/{order.pk}/"):
        assert "Wished for" in text_of(desk.get(page))
    shipment = build.shipment(order)
    build.scan(shipment.parcels.get(), "out_for_delivery")
    for page in ("/courier/", f"/courier/{shipment.pk}/"):
        assert "Wished for" in text_of(desk.get(page))
    DayWish.objects.create(order=order, day=None)
    assert "Wished for" not in text_of(desk.get("/courier/"))


def test_wished_days_are_counted_on_the_address_s_clock(acme: object) -> None:
    order = build.order(merchant=acme, country="CN", city="Shanghai", postal_code="200000")
    late = datetime(2026, 3, 2, 20, tzinfo=UTC)  # already the third in Shanghai
    DayWish.objects.create(order=order, day=late.date() + timedelta(days=1))
    wish = _wish(order, late)
    assert wish is not None and wish.days == 0
    assert _wish(order, late + timedelta(days=1)) is None
