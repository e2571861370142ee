"""Merchants read what their customers want to hear, and pass on what these chose in a preference center of theirs."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber as Number
from rest_framework.test import APIClient

from customers.models import PhoneNumber
from logistics_portal.kernel import work
from logistics_portal.kernel.tokens import keyed_digest
from merchants.models import ApiKey, Merchant
from notifications import groups, services
from notifications.models import ClosedAddress, Message, PassedChoice, Preference
from notifications.services import CHANNELS
from notifications.stop_links import PURPOSE
from orders.models import Order
from tests import build
from tests.visitors import holder, text_of, worker

pytestmark = pytest.mark.django_db
ANN, MAX = build.ANNS_PHONE, "+4915155500044"
PAGE = "/orders/messages/"
EVERY = set(groups.BY_CODE)


def door(order: Order) -> str:
    return f"/api/v1/message-choices/{order.pk}/"


def switch(group: str, channel: str, is_on: bool) -> dict[str, Any]:
    return {"group": group, "channel": channel, "is_on": is_on}


def put(api: APIClient, order: Order, *choices: dict[str, Any], key: str = "") -> Any:
    return api.patch(door(order), {"choices": choices}, headers={"idempotency-key": key} if key else {})


def told(answer: Any, group: str, channel: str) -> dict[str, Any]:
    found = next(one for one in answer.json()["groups"] if one["group"] == group)
    return next(one for one in found["choices"] if one["channel"] == channel)


def channel_of(answer: Any, channel: str) -> dict[str, Any]:
    return next(one for one in answer.json()["channels"] if one["channel"] == channel)


def test_where_nobody_said_anything_all_is_on(api: APIClient, order: Order) -> None:
    answer = api.get(door(order), headers={"accept-language": "de"})
    assert answer.status_code == 200, answer.content
    shown = answer.json()
    assert shown["order"] == str(order.pk)
    assert [one["group"] for one in shown["groups"]] == list(groups.BY_CODE)
    assert shown["groups"][0]["label"] == "Ihre Bestellung"
    assert {choice["channel"] for choice in shown["groups"][0]["choices"]} == set(CHANNELS)
    assert told(answer, "arriving", "sms") == {
        "channel": "sms",
        "is_on": True,
        "set_by": "",
        "set_at": None,
        "api_key": "",
        "may_turn_on": True,
    }
    assert channel_of(answer, "sms") == {"channel": "sms", "is_reached": True, "closed": "", "closed_at": None}
    assert not channel_of(answer, "push")["is_reached"]


@pytest.mark.usefixtures("demo")
def test_what_is_passed_on_holds_for_this_merchants_messages_alone(
    api: APIClient, acme: Merchant, rival: Merchant, order: Order
) -> None:
    answer = put(api, order, switch("arriving", "sms", is_on=False))
    assert answer.status_code == 200, answer.content
    choice = told(answer, "arriving", "sms")
    assert (choice["is_on"], choice["set_by"], choice["api_key"]) == (False, "merchant", "tests")
    assert told(answer, "trouble", "sms")["is_on"]
    kept = PassedChoice.objects.get()
    assert (kept.merchant, str(kept.number), kept.api_key) == (acme, ANN, ApiKey.objects.get(merchant=acme))
    build.shipment(order)
    build.shipment(build.order(merchant=rival))
    work.drain()
    sent = Message.objects.filter(kind="shipped", channel="sms")
    assert [row.merchant for row in sent] == [rival]
    assert Message.objects.filter(kind="shipped", merchant=acme, channel="email").exists(), "the next channel tells it"


@pytest.mark.usefixtures("demo")
def test_what_waits_already_is_sifted_by_it_and_the_reason_is_told(api: APIClient, order: Order) -> None:
    build.shipment(order)
    work.answer("kernel.event")
    put(api, order, switch("arriving", "sms", is_on=False))
    work.drain()
    message = Message.objects.get(kind="shipped", channel="sms")
    assert (message.status, message.error_code) == ("withdrawn", "passed_on")
    assert "The shop told us that you don't want it." in text_of(holder().get(PAGE))


def test_a_merchant_turns_on_again_what_it_turned_off(api: APIClient, order: Order) -> None:
    put(api, order, switch("arriving", "sms", is_on=False), switch("returning", "email", is_on=False))
    answer = put(api, order, switch("arriving", "sms", is_on=True))
    assert told(answer, "arriving", "sms")["is_on"]
    assert not told(answer, "returning", "email")["is_on"], "what is not named stays"


@pytest.mark.parametrize(
    ("channel", "address", "why"),
    [("sms", ANN, "STOP"), ("email", "ann@example.com", PURPOSE), ("email", "ann@example.com", "spam complaint")],
)
def test_what_was_stopped_no_merchant_opens(api: APIClient, order: Order, channel: str, address: str, why: str) -> None:
    services.stop_address(channel=channel, address=address, why=why)
    answer = put(api, order, switch("arriving", channel, is_on=True), switch("trouble", "sms", is_on=False))
    assert (answer.status_code, answer["content-type"]) == (409, "application/problem+json")
    problem = answer.json()
    assert problem["code"] == "closed_by_customer"
    assert problem["errors"] == {"choices": [f"arriving over {channel} was closed by the customer."]}
    assert not PassedChoice.objects.exists(), "nothing of it is kept"
    assert ClosedAddress.objects.standing().count() == 1
    seen = api.get(door(order))
    assert channel_of(seen, channel)["closed"] == "stopped" and channel_of(seen, channel)["closed_at"]
    assert not told(seen, "arriving", channel)["may_turn_on"]
    assert put(api, order, switch("arriving", channel, is_on=False)).status_code == 200, "closing more is no harm"


def test_what_customers_turned_off_on_their_page_no_merchant_opens(api: APIClient, order: Order) -> None:
    services.save_wishes(number=ANN, wanted={"sms": EVERY - {"returning"}})
    answer = put(api, order, switch("returning", "sms", is_on=True))
    assert (answer.status_code, answer.json()["code"]) == (409, "closed_by_customer")
    choice = told(api.get(door(order)), "returning", "sms")
    assert (choice["is_on"], choice["set_by"], choice["may_turn_on"]) == (False, "customer", False)
    assert choice["set_at"]
    assert put(api, order, switch("trouble", "sms", is_on=True)).status_code == 200
    assert not services.wishes_of({ANN}, ()).is_wanted(ANN, "sms", "refund_paid")


def test_an_address_that_is_dead_is_told_apart(api: APIClient, order: Order) -> None:
    services.mark_address_dead(channel="email", address="ann@example.com", why="550")
    answer = put(api, order, switch("arriving", "email", is_on=True))
    assert answer.status_code == 200, "no customer closed it"
    assert channel_of(answer, "email")["closed"] == "dead"
    assert not channel_of(answer, "email")["is_reached"]


def test_codes_come_whatever_is_passed_on(api: APIClient, acme: Merchant, order: Order) -> None:
    put(api, order, *(switch(group, "sms", is_on=False) for group in EVERY))
    wishes = services.wishes_of({ANN}, ())
    assert not wishes.is_passed_off(acme.pk, ANN, "sms", "verification_code")
    assert wishes.is_passed_off(acme.pk, ANN, "sms", "refund_paid")


@pytest.mark.parametrize(
    "choices",
    [
        [],
        [switch("everything", "sms", is_on=False)],
        [switch("arriving", "pigeon", is_on=False)],
        [switch("verification_code", "sms", is_on=False)],
        [{"group": "arriving", "channel": "sms"}],
        [switch("arriving", "sms", is_on=False), switch("arriving", "sms", is_on=True)],
        [switch("arriving", "sms", is_on=False)] * 200,
    ],
)
def test_what_makes_no_sense_is_refused(api: APIClient, order: Order, choices: list) -> None:
    answer = put(api, order, *choices)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert not PassedChoice.objects.exists()


def test_a_stranger_sees_and_sets_nothing(rival_api: APIClient, order: Order) -> None:
    assert rival_api.get(door(order)).status_code == 404
    assert put(rival_api, order, switch("arriving", "sms", is_on=False)).status_code == 404
    assert APIClient().get(door(order)).status_code == 401
    assert not PassedChoice.objects.exists()


def test_one_merchants_word_is_not_told_to_another(
    api: APIClient, rival: Merchant, rival_api: APIClient, order: Order
) -> None:
    put(api, order, switch("arriving", "sms", is_on=False))
    seen = told(rival_api.get(door(build.order(merchant=rival))), "arriving", "sms")
    assert (seen["is_on"], seen["set_by"], seen["api_key"]) == (True, "", "")


def test_a_repetition_gets_the_same_answer(api: APIClient, order: Order) -> None:
    first = put(api, order, switch("arriving", "sms", is_on=False), key="k1")
    put(api, order, switch("arriving", "sms", is_on=True))
    again = put(api, order, switch("arriving", "sms", is_on=False), key="k1")
    assert again.json() == first.json()
    assert PassedChoice.objects.get().is_wanted, "done once"


def test_an_order_of_long_ago_leads_to_the_number_that_is_theirs_now(api: APIClient, order: Order) -> None:
    now = timezone.now()
    PhoneNumber.objects.filter(customer=order.customer).update(until=now, since=now - timedelta(days=400))
    PhoneNumber.objects.create(customer=order.customer, merchant=order.merchant, number=Number.from_string(MAX))
    put(api, order, switch("arriving", "sms", is_on=False))
    assert str(PassedChoice.objects.get().number) == MAX


def test_the_customers_page_tells_it_and_takes_it_back(api: APIClient, acme: Merchant, order: Order) -> None:
    client = holder()
    assert "Turned off at a shop" not in text_of(client.get(PAGE))
    put(api, order, switch("arriving", "sms", is_on=False), switch("returning", "email", is_on=False))
    page = text_of(client.get(PAGE))
    assert "Turned off at a shop" in page
    assert "Acme Your parcel is coming (SMS) · Returns and refunds (Email) Turn on again" in page
    given = {"of": keyed_digest("number", ANN)[:12], "merchant": acme.pk}
    assert Client().post(reverse("take_back_passed"), given).status_code == 404
    assert holder(MAX).post(reverse("take_back_passed"), given).status_code == 404
    assert client.post(reverse("take_back_passed"), {**given, "merchant": "x"}).status_code == 404
    assert PassedChoice.objects.standing().count() == 2
    page = text_of(client.post(reverse("take_back_passed"), given, follow=True))
    assert "It is turned on again." in page
    assert "Turned off at a shop" not in page
    seen = told(api.get(door(order)), "arriving", "sms")
    assert (seen["is_on"], seen["set_by"], seen["api_key"]) == (True, "customer", "")
    assert not services.wishes_of({ANN}, ()).passed_off


def test_nothing_of_a_numbers_former_holder_is_told(api: APIClient, rival: Merchant, order: Order) -> None:
    """A merchant of whom they have no order said it, of somebody else who had the number."""
    PassedChoice.objects.create(merchant=rival, number=ANN, channel="sms", group="arriving", is_wanted=False)
    page = text_of(holder().get(PAGE))
    assert "Turned off at a shop" not in page
    assert "Rival" not in page


def test_staff_see_who_said_what(api: APIClient, acme: Merchant, staff: User, order: Order) -> None:
    put(api, order, switch("arriving", "sms", is_on=False))
    Preference.objects.create(number=ANN, channel="email", kind="trouble", is_wanted=False)
    staff.is_superuser = True
    staff.save()
    page = text_of(worker(staff).get(f"/admin/customers/customer/{order.customer_id}/change/"))
    assert "Your parcel is coming · SMS Off" in page
    assert "by API, with the key “tests”" in page
    assert "Delays and problems · Email Off" in page
    assert "by the customer, for all merchants" in page


def test_the_description_of_the_api_names_it(client: Client) -> None:
    document = client.get("/api/schema/?format=json").json()
    paths = document["paths"]["/api/v1/message-choices/{id}/"]
    assert set(paths) >= {"get", "patch"}
    assert paths["patch"]["requestBody"]["content"]["application/json"]["schema"]
