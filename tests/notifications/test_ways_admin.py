"""Staff set when and how messages go out, and write to closed addresses again."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from merchants.models import Merchant
from notifications import services
from notifications.models import ClosedAddress, MessagePolicy, MessageUsage, Trigger
from tests import build

pytestmark = pytest.mark.django_db
ADD = "/admin/notifications/trigger/add/"


@pytest.fixture
def boss(acme: Merchant, client: Client) -> User:
    user = build.staff(acme, superuser=True, name="boss")
    client.force_login(user)
    return user


def form(merchant: Merchant, **changes: object) -> dict[str, object]:
    given = {"merchant": merchant.pk, "kind": "delivered", "is_on": "on", "channels_0": "email", "channels_1": "sms"}
    return {**given, "delay_minutes": 60, "digest_minutes": 0, **changes}


def test_a_way_of_the_merchants_own_is_saved(acme: Merchant, boss: User, client: Client) -> None:
    offered = client.get(f"{ADD}?merchant={acme.pk}&kind=delivered&channels=sms,email&beside=push")
    assert offered.context["adminform"].form["channels"].value() == "sms,email"
    assert [str(one.data["value"]) for one in offered.context["adminform"].form["beside"] if one.data["selected"]] == [
        "push"
    ]
    assert client.post(ADD, form(acme, channels_2="email", beside=["push", "wechat"])).status_code == 302
    trigger = Trigger.objects.get()
    assert (trigger.channels, trigger.beside, trigger.delay_minutes) == (["email", "sms"], ["push", "wechat"], 60)
    page = client.get(f"/admin/notifications/trigger/{trigger.pk}/change/").content.decode()
    chosen = [re.search(r'value="(\w*)" selected', one) for one in page.split('name="channels_')[1:]]
    assert [one and one[1] for one in chosen[:3]] == ["email", "sms", ""]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"channels_1": "pigeon"}, "Select a valid choice"),
        ({"kind": "order_packed", "channels_0": "sms", "channels_1": "", "delay_minutes": 0}, "at least one channel"),
        ({"kind": "order_confirmed"}, "wait"),
        ({"kind": "verification_code"}, "Select a valid choice"),
    ],
)
def test_what_can_not_be_is_refused_with_its_reason(
    changes: dict[str, object], why: str, acme: Merchant, boss: User, client: Client
) -> None:
    answer = client.post(ADD, form(acme, **changes))
    assert answer.status_code == 200
    assert why in answer.content.decode()
    assert not Trigger.objects.exists()


def test_a_policys_page_says_what_is_told_and_what_is_left_out(acme: Merchant, boss: User, client: Client) -> None:
    policy = MessagePolicy.objects.create(merchant=acme, monthly_budget=0)
    month = timezone.now().date().replace(day=1)
    MessageUsage.objects.create(merchant=acme, month=month, channel="sms", kind="arriving_soon", messages=9, parts=9)
    page = client.get(f"/admin/notifications/messagepolicy/{policy.pk}/change/").content.decode()
    assert "Arriving soon" in page
    assert "left out" in page
    assert "Web push → WeChat → SMS → Email" in page


def test_staff_write_to_a_closed_address_again(acme: Merchant, boss: User, client: Client) -> None:
    services.mark_address_dead(channel="email", address="Gone@Example.com", why="550")
    closed = ClosedAddress.objects.standing().get()
    client.post(reverse("admin:notifications_closedaddress_deed", args=[closed.pk, "reopen"]))
    assert not ClosedAddress.objects.standing().exists()
