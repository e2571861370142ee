"""Numbers that may not reach their holder are shown until they are proved or changed."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from customers.models import PhoneNumber
from customers.services import doubt_number
from logistics_portal.kernel.models import Allowance, Event
from merchants.models import Merchant
from tests import build
from tests.visitors import holder, last_code, text_of, worker

pytestmark = pytest.mark.django_db


def test_a_bounced_number_is_shown_until_it_is_proved(acme: Merchant) -> None:
    build.order(merchant=acme)
    doubt_number(number=build.ANNS_PHONE, reason="bounced")
    client = holder()
    page = text_of(client.get("/orders/"))
    assert "Is ••••• 5678 still your number?" in page
    assert "A message could not be delivered." in page
    Allowance.objects.all().delete()
    client.post("/orders/sign-in/", {"phone": build.ANNS_PHONE})
    client.post("/orders/sign-in/code/", {"code": last_code()})
    assert "still your number" not in text_of(client.get("/orders/"))


def test_told_again_it_is_the_same_doubt(acme: Merchant) -> None:
    build.order(merchant=acme)
    doubt_number(number=build.ANNS_PHONE, reason="call_failed")
    doubt_number(number=build.ANNS_PHONE, reason="bounced")
    doubt_number(number="+4915100000001", reason="bounced")
    assert PhoneNumber.objects.get().doubt == "call_failed"
    assert Event.objects.filter(name="customers.phone_doubted").count() == 1


def test_a_reason_that_does_not_exist_is_refused(acme: Merchant) -> None:
    with pytest.raises(ValueError, match="hunch"):
        doubt_number(number=build.ANNS_PHONE, reason="hunch")


def test_a_doubt_stays_with_the_number_that_is_given_up(acme: Merchant) -> None:
    build.order(merchant=acme)
    doubt_number(number=build.ANNS_PHONE, reason="bounced")
    PhoneNumber.objects.update(until=timezone.now())
    assert "still your number" not in text_of(holder().get("/orders/"))


def test_staff_find_customers_with_numbers_to_check(acme: Merchant) -> None:
    doubted = build.order(merchant=acme, consignee="Dora Doubt").customer
    build.order(merchant=acme, consignee="Gus Good", phone="+4915100000001", email="gus@example.com")
    build.order(merchant=acme, consignee="Sia Silent", phone="+4915100000002", email="sia@example.com")
    doubt_number(number=build.ANNS_PHONE, reason="call_failed")
    PhoneNumber.objects.filter(number="+4915100000002").update(heard_at=timezone.now() - timedelta(days=91))
    desk: Client = worker(build.staff(superuser=True))
    listed = text_of(desk.get("/admin/customers/customer/?number=doubted"))
    assert "Dora Doubt" in listed and "Sia Silent" in listed
    assert "Gus Good" not in listed
    assert "A call did not get through" in text_of(desk.get(f"/admin/customers/customer/{doubted.pk}/change/"))
