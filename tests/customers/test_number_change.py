"""A number changes with two proofs, open orders follow, and history stays with the person."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber as Number
from rest_framework.test import APIClient

import customers.services
from customers.models import Customer, Device, NumberChange, PhoneNumber, PhoneVerification
from customers.services import verification_code
from logistics_portal.kernel import work
from logistics_portal.kernel.models import Allowance
from merchants.models import Merchant
from notifications.models import Message
from orders.models import Order
from tests import build
from tests.visitors import holder, last_code, text_of, worker
from tracking.models import Incident, Watch
from tracking.services import watch

pytestmark = pytest.mark.django_db
OLD, NEW = build.ANNS_PHONE, "+4915155566677"
DOOR = "/api/v1/number-changes/"


def code_to(phone: str) -> str:
    return verification_code(PhoneVerification.objects.filter(number=phone).latest("id"))


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def begin(client: Client, old: str = OLD, new: str = NEW) -> Any:
    Allowance.objects.filter(key__startswith="code-minute").delete()
    return client.post("/orders/number/", {"old": old, "phone": new})


def change(client: Client, old: str = OLD, new: str = NEW) -> Any:
    assert begin(client, old, new)["Location"] == "/orders/number/codes/"
    return client.post("/orders/number/codes/", {"old_code": code_to(old), "new_code": code_to(new)})


def changed(client: Client, old: str = OLD, new: str = NEW) -> None:
    assert change(client, old, new)["Location"] == "/orders/"
    work.drain()


def test_open_orders_follow_and_history_stays_with_the_person(acme: Merchant) -> None:
    under_way, over = build.order(merchant=acme), build.order(merchant=acme)
    Order.objects.filter(pk=over.pk).update(status=Order.Status.CANCELED)
    client = holder()
    changed(client)
    under_way.refresh_from_db()
    over.refresh_from_db()
    assert (str(under_way.phone), str(over.phone)) == (NEW, OLD)
    old, new = PhoneNumber.objects.order_by("since")
    assert (str(old.number), str(new.number), new.until) == (OLD, NEW, None)
    assert old.until == new.since
    assert new.verified_at is not None
    page = text_of(holder(NEW).get("/orders/"))
    assert under_way.number in page
    assert over.number in page, "the person keeps the history"
    assert "Lindenstraße" in text_of(holder(NEW).get(f"/t/{over.token}/"))


def test_the_next_holder_of_the_old_number_sees_nothing(acme: Merchant) -> None:
    order = build.order(merchant=acme)
    Order.objects.update(status=Order.Status.CANCELED)
    changed(holder())
    stranger = holder(OLD)
    assert order.number not in text_of(stranger.get("/orders/"))
    assert "Lindenstraße" not in text_of(stranger.get(f"/t/{order.token}/"))


@pytest.mark.parametrize("end", ["old_code", "new_code"])
def test_one_proof_is_not_enough(acme: Merchant, end: str) -> None:
    build.order(merchant=acme)
    client = holder()
    begin(client)
    codes = {"old_code": code_to(OLD), "new_code": code_to(NEW)}
    refused = client.post("/orders/number/codes/", codes | {end: wrong(codes[end])})
    assert refused.status_code == 422
    assert "This is not the code. Tries left: 4." in text_of(refused)
    assert NumberChange.objects.get().done_at is None
    assert client.post("/orders/number/codes/", codes)["Location"] == "/orders/", "what was proved stays so"


def test_only_who_proved_the_old_number_may_begin(acme: Merchant) -> None:
    assert (
        Client().post("/orders/number/", {"old": OLD, "phone": NEW})["Location"] == "/orders/sign-in/?to=change_number"
    )
    assert begin(holder("+4915198765432")).status_code == 422
    assert Client().get("/orders/number/codes/")["Location"] == "/orders/number/"
    assert not NumberChange.objects.exists()


def test_the_same_number_and_no_number_are_refused(acme: Merchant) -> None:
    client = holder()
    assert begin(client, new=OLD).status_code == 422
    slip = begin(client, new="13812345678")
    assert slip.status_code == 422
    assert 'value="+8613812345678"' in slip.content.decode()


def test_a_change_that_waits_too_long_begins_anew(acme: Merchant) -> None:
    client = holder()
    begin(client)
    codes = {"old_code": code_to(OLD), "new_code": code_to(NEW)}
    NumberChange.objects.update(asked_at=timezone.now() - timedelta(minutes=31))
    assert client.post("/orders/number/codes/", codes).status_code == 404


def test_both_numbers_are_told_and_the_old_one_how_to_take_it_back(acme: Merchant) -> None:
    build.order(merchant=acme)
    changed(holder())
    told = {message.address: message.body for message in Message.objects.filter(kind="number_changed")}
    assert set(told) == {OLD, NEW}
    assert "/orders/number/" in told[OLD]
    assert "/orders/number/" not in told[NEW]
    assert "1511234" not in told[NEW], "last digits only"


def test_the_old_number_takes_it_back_within_a_day(acme: Merchant) -> None:
    order, client = build.order(merchant=acme), holder()
    changed(client)
    thief = holder(NEW)
    page = text_of(holder().get("/orders/number/"))
    assert "Was it not you?" in page
    assert thief.post("/orders/number/undo/", {"change": NumberChange.objects.get().pk}).status_code == 302
    assert NumberChange.objects.get().undone_at is None, "the new number can't"
    holder().post("/orders/number/undo/", {"change": NumberChange.objects.get().pk})
    work.drain()
    order.refresh_from_db()
    assert str(order.phone) == OLD
    assert str(PhoneNumber.objects.get(until__isnull=True).number) == OLD
    assert thief.get("/orders/")["Location"] == "/orders/sign-in/", "its devices are signed out"
    assert order.number not in text_of(holder(NEW).get("/orders/"))


def test_after_a_day_it_stays(acme: Merchant) -> None:
    build.order(merchant=acme)
    changed(holder())
    NumberChange.objects.update(done_at=timezone.now() - timedelta(hours=25))
    holder().post("/orders/number/undo/", {"change": NumberChange.objects.get().pk})
    assert NumberChange.objects.get().undone_at is None
    assert holder().post("/orders/number/undo/", {"change": "x"})["Location"] == "/orders/number/"


def test_three_changes_a_month_are_enough(acme: Merchant) -> None:
    build.order(merchant=acme)
    numbers = [OLD, NEW, "+4915155566688", "+4915155566699"]
    for old, new in pairwise(numbers):
        changed(holder(old), old, new)
    NumberChange.objects.update(new=numbers[-1])
    assert begin(holder(numbers[-1]), numbers[-1], "+4915155566600").status_code == 429


def test_a_second_record_of_the_same_person_gives_way(acme: Merchant) -> None:
    first, second = build.order(merchant=acme), build.order(merchant=acme, phone=NEW, consignee="Ann A.")
    changed(holder())
    page = text_of(holder(NEW).get("/orders/"))
    assert first.number in page and second.number in page
    holder().post("/orders/number/undo/", {"change": NumberChange.objects.get().pk})
    assert PhoneNumber.objects.filter(until__isnull=True).count() == 2


def test_the_courier_sees_the_new_number_and_the_carrier_must_be_told(acme: Merchant, staff: User) -> None:
    order = build.order(merchant=acme)
    shipment = build.shipment(order)
    build.scan(shipment.parcels.get(), "out_for_delivery")
    changed(holder())
    watch(list(Watch.objects.all()))
    assert Incident.objects.get(rule="phone_changed").shipment == shipment
    assert f"tel:{NEW}" in worker(staff).get(f"/courier/{shipment.pk}/").content.decode()


# By API.


def test_merchants_change_it_in_their_own_books(
    api: APIClient, rival_api: APIClient, acme: Merchant, rival: Merchant
) -> None:
    ours, theirs = build.order(merchant=acme), build.order(merchant=rival)
    asked = api.post(DOOR, {"old": "0151 12345678", "new": NEW})
    assert asked.status_code == 202
    codes = {"old_code": code_to(OLD), "new_code": code_to(NEW)}
    confirm = f"{DOOR}{asked.json()['id']}/confirm/"
    assert rival_api.post(confirm, codes).status_code == 404
    refused = api.post(confirm, codes | {"new_code": wrong(codes["new_code"])})
    assert list(refused.json()["errors"]) == ["new_code"]
    done = api.post(confirm, codes)
    assert done.json()["done_at"]
    assert api.post(confirm, codes).json() == done.json()
    work.drain()
    ours.refresh_from_db()
    theirs.refresh_from_db()
    assert (str(ours.phone), str(theirs.phone)) == (NEW, OLD)


def test_the_api_tells_nobody_who_is_known(api: APIClient, acme: Merchant) -> None:
    build.order(merchant=acme)
    known = api.post(DOOR, {"old": OLD, "new": NEW})
    unknown = api.post(DOOR, {"old": "+4915100000001", "new": "+4915100000002"})
    assert (known.status_code, known.json().keys()) == (unknown.status_code, unknown.json().keys())


# By staff, when the old number is lost.


def test_staff_change_it_with_a_reason(acme: Merchant) -> None:
    order, boss = build.order(merchant=acme), build.staff(superuser=True, name="boss")
    device = holder()
    url = f"/admin/customers/customer/{order.customer_id}/do/change-number/"
    desk = worker(boss)
    assert "required" in text_of(desk.post(url, {"phone": NEW, "reason": ""}))
    assert desk.post(url, {"phone": "+49 151", "reason": "lost"}).status_code == 200
    assert not NumberChange.objects.exists()
    assert desk.post(url, {"phone": NEW, "reason": "Phone stolen, showed the passport"}).status_code == 302
    work.drain()
    order.refresh_from_db()
    assert str(order.phone) == NEW
    assert PhoneNumber.objects.get(until__isnull=True).verified_at is None
    assert not Device.objects.filter(number=OLD, ended_at__isnull=True).exists()
    assert device.get("/orders/")["Location"] == "/orders/sign-in/", "the lost phone is signed out"
    page = text_of(desk.get(f"/admin/customers/customer/{order.customer_id}/change/"))
    assert "by boss: Phone stolen, showed the passport" in page
    with pytest.raises(customers.services.UnableToChangeNumber):
        customers.services.change_number_by_staff(
            customer=Customer.objects.get(), new=Number.from_string(NEW), by=boss, reason="again"
        )


def test_staff_of_another_merchant_can_not(acme: Merchant, rival: Merchant) -> None:
    order = build.order(merchant=acme)
    url = f"/admin/customers/customer/{order.customer_id}/do/change-number/"
    answer = worker(build.staff(rival, name="rivals")).post(url, {"phone": NEW, "reason": "mine"})
    assert answer.status_code in (302, 403, 404)
    assert not NumberChange.objects.exists()


def test_a_code_of_the_change_opens_nothing_else(acme: Merchant) -> None:
    build.order(merchant=acme)
    begin(holder())
    code, thief = code_to(OLD), Client()
    Allowance.objects.all().delete()
    thief.post("/orders/sign-in/", {"phone": OLD})
    if code != last_code():
        assert thief.post("/orders/sign-in/code/", {"code": code}).status_code == 422


def test_the_link_that_undoes_a_change_leads_back_to_it_by_way_of_the_sign_in(acme: Merchant) -> None:
    build.order(merchant=acme)
    changed(holder())
    Allowance.objects.all().delete()
    asker = Client()
    asked = asker.get("/orders/number/")
    answer = asker.post(asked["Location"], {"phone": OLD})
    assert answer["Location"] == "/orders/sign-in/code/"
    back = asker.post("/orders/sign-in/code/", {"code": last_code()})
    assert back["Location"] == "/orders/number/"
    assert str(NumberChange.objects.get().pk) in asker.get("/orders/number/").content.decode()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "home", "admin:index", ""])
def test_signing_in_leads_to_pages_of_the_portal_only(acme: Merchant, elsewhere: str) -> None:
    asker = Client()
    asker.post(f"/orders/sign-in/?to={elsewhere}", {"phone": OLD})
    assert asker.post("/orders/sign-in/code/", {"code": last_code()})["Location"] == "/orders/"
