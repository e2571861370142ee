"""What people choose to hear over which channel holds, also for what is queued; what is necessary always goes out."""

from datetime import time
from functools import partial
from uuid import uuid4

import pytest
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber

import customers.services
import orders.services
from logistics_portal.kernel import work
from logistics_portal.kernel.errors import NotFound, TooOften
from merchants.models import Merchant
from notifications import groups, kinds, services
from notifications.models import ChannelOrder, ClosedAddress, Message, MessagePolicy, Preference
from notifications.stop_links import PURPOSE
from notifications.wishes_page import own_addresses
from tests import build
from tests.notifications.story import Story
from tests.notifications.test_ways import told
from tests.races.at_once import at_once, failures

pytestmark = [pytest.mark.django_db(transaction=True)]
ANN, MAX = build.ANNS_PHONE, "+4915155500044"
EVERY = set(groups.BY_CODE)


def test_each_kind_that_can_be_turned_off_is_in_one_group() -> None:
    grouped = [kind for group in groups.GROUPS for kind in group.kinds]
    assert sorted(grouped) == sorted(code for code, kind in kinds.KINDS.items() if not kind.is_necessary)
    assert not EVERY & set(kinds.KINDS), "a wish names either"


@pytest.mark.usefixtures("demo")
def test_a_group_that_was_turned_off_is_not_queued_and_what_is_necessary_is(acme: Merchant) -> None:
    services.save_wishes(number=ANN, wanted={"sms": {"trouble"}, "email": EVERY - {"arriving"}})
    story = Story(acme, "en", build.staff(acme))
    story.in_status("out_for_delivery")
    story.in_status("exception", "carrier_parcel_lost")
    number = PhoneNumber.from_string(ANN)
    customers.services.request_verification(
        number=number, purpose="sign_in", language="en", caller="127.0.0.1", merchant=acme
    )
    work.drain()
    assert told(kind="order_confirmed") == [("email", "delivered")] * 2
    assert told(kind="shipped") == told(kind="out_for_delivery") == []
    assert sorted(told(kind="exception")) == [("email", "delivered"), ("sms", "delivered")]
    assert told(kind="verification_code") == [("sms", "delivered")]


@pytest.mark.usefixtures("demo")
def test_somebody_elses_wishes_are_not_theirs(acme: Merchant) -> None:
    services.save_wishes(number=MAX, wanted={"sms": set(), "email": set()})
    build.order(merchant=acme)
    build.order(merchant=acme, phone=MAX, email="max@example.com")
    work.drain()
    assert sorted(told(kind="order_confirmed")) == [("email", "delivered"), ("sms", "delivered")]
    assert not Message.objects.filter(address__in=(MAX, "max@example.com")).exists()


@pytest.mark.usefixtures("demo")
def test_what_waits_is_not_sent_once_its_kind_is_turned_off(acme: Merchant) -> None:
    MessagePolicy.objects.create(merchant=acme, quiet_from=time(0), quiet_until=time(0))
    Story(acme, "en", build.staff(acme)).in_status("available_for_pickup")
    work.drain()
    reminder = Message.objects.filter(kind="pickup_reminder")
    assert told(kind="pickup_reminder") == [("sms", "queued")]
    services.save_wishes(number=ANN, wanted={"sms": EVERY - {"arriving"}})
    reminder.update(due_at=timezone.now())
    work.drain()
    assert told(kind="pickup_reminder") == [("sms", "withdrawn"), ("email", "delivered")]
    assert reminder.get(channel="sms").error_code == "unwanted"


@pytest.mark.usefixtures("demo")
def test_a_receivers_wishes_are_their_own(acme: Merchant) -> None:
    order = build.order(merchant=acme)
    draft = orders.services.DelegateDraft("Max", PhoneNumber.from_string(MAX), "max@example.com")
    orders.services.add_delegate(order=order, draft=draft, by="merchant")
    services.save_wishes(number=MAX, wanted={"sms": {"ordering"}})
    build.shipment(order)
    work.drain()
    assert told(kind="shipped", address=MAX) == []
    assert told(kind="shipped", address="max@example.com") == [("email", "delivered")]
    assert told(kind="shipped", address=ANN) == [("sms", "delivered")]


def test_what_is_saved_takes_the_place_of_what_was_said(acme: Merchant) -> None:
    services.set_preference(number=ANN, channel="sms", is_wanted=False)
    services.set_preference(number=ANN, channel="sms", kind="shipped", is_wanted=True)
    services.set_preference(number=ANN, channel="push", is_wanted=False)
    changed = services.save_wishes(number=ANN, wanted={"sms": {"arriving", "returning"}})
    assert (changed.on, changed.off) == ((("returning", "sms"),), ())
    wishes = services.wishes_of({ANN}, ())
    wanted = {kind for kind in kinds.KINDS if wishes.is_wanted(ANN, "sms", kind)}
    chosen = {*groups.BY_CODE["arriving"].kinds, *groups.BY_CODE["returning"].kinds}
    assert wanted == chosen | {code for code, kind in kinds.KINDS.items() if kind.is_necessary}
    assert not wishes.is_wanted(ANN, "push", "shipped"), "of other channels nothing was said"
    again = services.save_wishes(number=ANN, wanted={"sms": {"arriving"}})
    assert (again.on, again.off) == ((), (("returning", "sms"),))
    assert Preference.objects.filter(number=ANN, channel="sms").count() == len(groups.GROUPS)


def test_the_first_channel_goes_before_those_chosen_earlier() -> None:
    services.set_channel_order(number=ANN, channels=["wechat", "email"])
    services.save_wishes(number=ANN, wanted={}, first="email")
    assert ChannelOrder.objects.get().channels == ["email", "wechat"]
    services.save_wishes(number=ANN, wanted={})
    assert ChannelOrder.objects.get().channels == ["email", "wechat"]
    services.save_wishes(number=ANN, wanted={}, first="")
    assert not ChannelOrder.objects.exists()


@pytest.mark.parametrize(
    "given",
    [
        {"wanted": {"pigeon": EVERY}},
        {"wanted": {"sms": {"everything"}}},
        {"wanted": {"sms": {"arriving"}}, "first": "pigeon"},
    ],
)
def test_unknown_channels_and_groups_change_nothing(given: dict) -> None:
    with pytest.raises(KeyError):
        services.save_wishes(number=ANN, **given)
    assert not Preference.objects.exists()


def test_two_pages_that_save_at_once_leave_one_answer_a_switch() -> None:
    def save(group: str) -> services.Changed:
        return services.save_wishes(number=ANN, wanted={"sms": {group}, "email": EVERY}, first="email")

    pages = ["arriving", "trouble", "arriving", "trouble"]
    assert not failures(at_once([partial(save, group) for group in pages]))
    rows = Preference.objects.filter(number=ANN, channel="sms", is_wanted=True)
    assert [row.kind for row in rows] in (["arriving"], ["trouble"])
    assert Preference.objects.count() == 2 * len(groups.GROUPS)


def close(channel: str, address: str, reason: str = "stopped", why: str = "") -> ClosedAddress:
    return ClosedAddress.objects.create(channel=channel, address=address, reason=reason, why=why)


def test_people_turn_on_what_is_theirs(acme: Merchant) -> None:
    build.order(merchant=acme)
    own = own_addresses(number=ANN, now=timezone.now())
    assert own == {("sms", ANN), ("email", "ann@example.com")}
    for closed in (close("sms", ANN, why="STOP"), close("email", "ann@example.com", why=PURPOSE)):
        services.turn_on_again(closed_id=closed.pk, own=own)
    assert not ClosedAddress.objects.standing().exists()


def test_nobody_turns_on_what_is_not_theirs_to_open(acme: Merchant) -> None:
    build.order(merchant=acme)
    own = own_addresses(number=ANN, now=timezone.now())
    others = close("sms", MAX)
    dead = close("email", "ann@example.com", reason="dead")
    reported = close("email", "ann@example.com", why="Email: its holder reported it as spam")
    for closed_id in (others.pk, dead.pk, reported.pk, uuid4()):
        with pytest.raises(NotFound):
            services.turn_on_again(closed_id=closed_id, own=own)
    assert ClosedAddress.objects.standing().count() == 3


def test_a_mailbox_is_not_turned_on_without_end(acme: Merchant) -> None:
    own = {("email", "ann@example.com")}
    for _ in range(5):
        closed = close("email", "ann@example.com", why=PURPOSE)
        services.turn_on_again(closed_id=closed.pk, own=own)
    last = close("email", "ann@example.com", why=PURPOSE)
    with pytest.raises(TooOften):
        services.turn_on_again(closed_id=last.pk, own=own)
    assert ClosedAddress.objects.standing().get() == last
