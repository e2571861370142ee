"""What the customer's page says of incidents."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from logistics_portal.kernel import work
from orders.models import Order
from tests import build
from tests.visitors import text_of
from tracking.models import Incident, Shipment
from tracking.services import RULES, close_incident

pytestmark = pytest.mark.django_db
SILENT = RULES["no_movement"]


def page(order: Order, client: Client | None = None) -> str:
    return text_of((client or Client()).get(f"/t/{order.token}/"))


def silent_shipment(order: Order, **changes: object) -> Shipment:
    """A shipment that was seen four days ago, and not since."""
    sent = timezone.now() - timedelta(days=4)
    shipment = build.shipment(order, at=sent, **changes)
    build.scan(shipment.parcels.get(), "in_transit", at=sent)
    work.answer("tracking.watch")
    return shipment


def test_the_page_tells_what_happened_and_what_happens_next(order: Order, staff: User) -> None:
    """Also to a visitor whose page was kept; and no longer once it is over."""
    build.shipment(order)
    client = Client()
    assert SILENT.words not in page(order, client)
    silent_shipment(order)
    said = page(order, client)
    assert SILENT.words in said
    assert SILENT.next_words in said
    close_incident(incident=Incident.objects.get(), by=staff, note="Found.")
    assert SILENT.words not in page(order, client)


def test_a_return_shows_no_incident(order: Order) -> None:
    silent_shipment(order, direction=Shipment.Direction.RETURN)
    assert Incident.objects.count() == 1
    assert SILENT.words not in page(order)


def test_what_the_status_says_is_not_said_twice(order: Order) -> None:
    shipment = build.shipment(order)
    build.scan(shipment.parcels.get(), "exception", reason="carrier_damaged_parcel")
    work.answer("tracking.watch")
    said = page(order)
    assert "Your parcel was damaged on the way." in said
    assert RULES["damaged"].words not in said
    build.scan(shipment.parcels.get(), "in_transit", at=timezone.now() + timedelta(minutes=1))
    assert RULES["damaged"].words in page(order), "it moves on, and still is damaged"


def test_what_is_for_staff_only_is_not_shown(order: Order) -> None:
    shipment = build.shipment(order)
    for place, ago in (("Hamburg", 20), ("Munich", 19.9)):
        at = timezone.now() - timedelta(hours=ago)
        build.scan(shipment.parcels.get(), "in_transit", at=at, place=place, code=place)
    work.answer("tracking.watch")
    assert Incident.objects.get().rule == "impossible_travel"
    assert "Impossible" not in page(order)


def test_the_word_is_promised_on_the_page(order: Order) -> None:
    shipment = build.shipment(order)
    build.scan(shipment.parcels.get(), "in_transit")
    work.answer("tracking.watch")
    assert "If nothing changes, you hear from us by" in page(order)
    build.scan(shipment.parcels.get(), "delivered", at=timezone.now() + timedelta(minutes=1))
    work.answer("tracking.watch")
    assert "you hear from us by" not in page(order)
