"""When and how messages go out: switches, timers, quiet hours, channels in their order, stops, digests, budgets."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber

import customers.services
from customers.models import PhoneNumber as HeldNumber
from logistics_portal.kernel import work
from merchants.models import Merchant
from notifications import kinds, services
from notifications.budget import look_ahead
from notifications.channels.base import Callback, Outcome
from notifications.models import ClosedAddress, Message, MessagePolicy, MessageUsage
from notifications.quiet import quiet_until
from notifications.services import Way
from tests import build
from tests.notifications.story import Story
from tests.servers.processes import Running
from tracking.models import Shipment

pytestmark = [pytest.mark.django_db(transaction=True)]
ANN = build.ANNS_PHONE
BERLIN = ZoneInfo("Europe/Berlin")


def told(**wanted: object) -> list[tuple[str, str]]:
    return list(Message.objects.filter(**wanted).order_by("pk").values_list("channel", "status"))


def at_once(channels: tuple[str, ...], beside: tuple[str, ...] = (), **changes: object) -> Way:
    given = {"is_on": True, "delay": timedelta(), "digest": timedelta(), "at_any_hour": True}
    return Way(channels=channels, beside=beside, **{**given, **changes})


@pytest.mark.parametrize(
    ("local", "begins", "ends", "until"),
    [
        ((22, 30), time(21), time(8), (23, 8)),
        ((3, 0), time(21), time(8), (22, 8)),
        ((8, 0), time(21), time(8), None),
        ((20, 59), time(21), time(8), None),
        ((13, 0), time(12), time(14), (22, 14)),
        ((13, 0), time(0), time(0), None),
    ],
)
def test_quiet_hours_are_those_of_the_receivers_clock(
    local: tuple[int, int], begins: time, ends: time, until: tuple[int, int] | None
) -> None:
    now = datetime(2026, 11, 22, *local, tzinfo=BERLIN).astimezone(UTC)
    over = datetime(2026, 11, *until, tzinfo=BERLIN) if until else None
    assert quiet_until(now, zone=BERLIN, begins=begins, ends=ends) == over


@pytest.fixture
def always_night(acme: Merchant) -> None:
    """Quiet from an hour ago until in three hours, on the clock of Ann's address."""
    now = timezone.now().astimezone(BERLIN)
    begins, ends = (now - timedelta(hours=1)).time(), (now + timedelta(hours=3)).time()
    MessagePolicy.objects.create(merchant=acme, quiet_from=begins, quiet_until=ends)


@pytest.mark.usefixtures("demo", "always_night")
def test_at_night_only_what_is_urgent_rings(acme: Merchant) -> None:
    story = Story(acme, "en", build.staff(acme))
    story.in_status("available_for_pickup")
    story.in_status("out_for_delivery")
    work.drain()
    assert told(kind="out_for_delivery") == [("sms", "delivered")]
    assert told(kind="available_for_pickup") == [("sms", "queued")]
    assert ("email", "delivered") in told(kind="shipped"), "a mail wakes nobody"
    assert ("sms", "queued") in told(kind="shipped")
    waiting = Message.objects.get(kind="available_for_pickup")
    assert waiting.due_at > timezone.now() + timedelta(hours=2)
    assert waiting.attempts == 0


@pytest.mark.usefixtures("demo", "always_night")
def test_what_was_overtaken_at_night_is_withdrawn_in_the_morning(acme: Merchant) -> None:
    shipment = Story(acme, "en", build.staff(acme)).in_status("available_for_pickup")
    work.drain()
    build.scan(shipment.parcels.get(), "delivered", at=timezone.now() + timedelta(seconds=1))
    MessagePolicy.objects.update(quiet_from=time(0), quiet_until=time(0))
    Message.objects.open().update(due_at=timezone.now())
    work.drain()
    assert Message.objects.get(kind="available_for_pickup").error_code == "overtaken"


@pytest.mark.usefixtures("demo")
def test_a_reminder_is_told_only_if_it_is_still_so(acme: Merchant) -> None:
    story = Story(acme, "en", build.staff(acme))
    fetched, left = story.in_status("available_for_pickup"), story.in_status("available_for_pickup")
    work.drain()
    waiting = Message.objects.filter(kind="pickup_reminder")
    assert {message.status for message in waiting} == {"queued"}
    assert all(message.due_at > timezone.now() + timedelta(hours=47) for message in waiting)
    build.scan(fetched.parcels.get(), "delivered", at=timezone.now() + timedelta(seconds=1))
    waiting.update(due_at=timezone.now())
    work.drain()
    assert waiting.get(subject_id=fetched.pk).status == "withdrawn"
    assert waiting.get(subject_id=left.pk).status == "delivered"


@pytest.mark.usefixtures("demo")
def test_a_merchant_switches_a_kind_off_and_another_to_mail(acme: Merchant, rival: Merchant) -> None:
    services.set_trigger(merchant=acme, kind="order_confirmed", way=at_once((), is_on=False))
    services.set_trigger(merchant=acme, kind="shipped", way=at_once(("email", "sms")))
    Story(acme, "en", build.staff(acme)).shipped()
    build.order(merchant=rival)
    work.drain()
    assert told(merchant=acme, kind="order_confirmed") == []
    assert told(merchant=acme, kind="shipped") == [("email", "delivered")]
    assert sorted(told(merchant=rival)) == [("email", "delivered"), ("sms", "delivered")]


def test_what_can_not_be_told_so_is_refused(acme: Merchant) -> None:
    for kind, way in (
        ("verification_code", at_once((), is_on=False)),
        ("order_packed", at_once(("sms",))),
        ("order_confirmed", at_once(("sms",), delay=timedelta(hours=1))),
    ):
        with pytest.raises(services.UnableToSetTrigger):
            services.set_trigger(merchant=acme, kind=kind, way=way)
    services.set_trigger(merchant=acme, kind="shipped", way=at_once(("sms",)))
    services.set_trigger(merchant=acme, kind="shipped", way=Way.shipped(kinds.of("shipped")))
    assert not acme.triggers.exists(), "the shipped way needs no row"


def test_a_number_that_fails_gives_way_to_mail(acme: Merchant, twilio: Running, mail_server: Running) -> None:
    services.set_trigger(merchant=acme, kind="order_confirmed", way=at_once(("sms", "email")))
    order = build.order(merchant=acme, phone=ANN)
    work.answer("kernel.event")
    Message.objects.update(address="+15005550009")
    HeldNumber.objects.update(number="+15005550009")
    work.drain()
    sms, mail = Message.objects.filter(kind="order_confirmed").order_by("pk")
    assert (sms.status, sms.is_given_up, mail.channel, mail.status) == ("failed", False, "email", "sent")
    assert mail.instead_of_id == sms.pk
    assert "another channel" in sms.last_error
    assert ClosedAddress.objects.standing().get().address == "+15005550009"
    assert HeldNumber.objects.get().doubt == "bounced"
    assert order.number in mail_server.told()[0]["headers"]["Subject"]


@pytest.mark.usefixtures("twilio", "mail_server")
def test_a_receipt_of_failure_gives_way_to_mail_once(acme: Merchant) -> None:
    services.set_trigger(merchant=acme, kind="order_confirmed", way=at_once(("sms", "email")))
    build.order(merchant=acme)
    work.drain()
    sent = Message.objects.get(channel="sms")
    failed = Callback(provider_id=sent.provider_id, status="undelivered", outcome=Outcome.FAILED, error_code="30008")
    for _ in range(2):
        services.note_callback(channel="sms", callback=failed)
    work.drain()
    assert told(kind="order_confirmed") == [("sms", "failed"), ("email", "sent")]


@pytest.mark.usefixtures("demo")
def test_who_said_stop_gets_codes_and_mails_only(acme: Merchant) -> None:
    services.stop_messages(number=ANN, why="STOP")
    build.order(merchant=acme)
    customers.services.request_verification(
        number=PhoneNumber.from_string(ANN), purpose="sign_in", language="en", caller="127.0.0.1", merchant=acme
    )
    work.drain()
    assert told(kind="order_confirmed") == [("email", "delivered")]
    assert told(kind="verification_code") == [("sms", "delivered")]
    services.start_messages(number=ANN)
    build.order(merchant=acme)
    work.drain()
    assert sorted(told(kind="order_confirmed")) == [("email", "delivered")] * 2 + [("sms", "delivered")]


@pytest.mark.usefixtures("demo")
def test_a_stop_reaches_what_is_queued_already(acme: Merchant) -> None:
    services.set_trigger(merchant=acme, kind="order_confirmed", way=at_once(("sms", "email")))
    build.order(merchant=acme)
    work.answer("kernel.event")
    services.stop_messages(number=ANN)
    work.drain()
    assert told(kind="order_confirmed") == [("sms", "withdrawn"), ("email", "delivered")]
    assert Message.objects.get(channel="sms").error_code == "stopped"


@pytest.mark.usefixtures("demo")
def test_people_choose_kinds_and_the_order_of_channels(acme: Merchant) -> None:
    services.set_preference(number=ANN, channel="sms", kind="shipped", is_wanted=False)
    services.set_channel_order(number=ANN, channels=["email"])
    Story(acme, "en", build.staff(acme)).in_status("out_for_delivery")
    work.drain()
    assert told(kind="shipped") == [("email", "delivered")]
    assert told(kind="out_for_delivery") == [("email", "delivered")]
    services.set_preference(number=ANN, channel="email", is_wanted=False)
    services.set_preference(number=ANN, channel="email", kind="delivered", is_wanted=True)
    build.delivered(build.order(merchant=acme))
    work.drain()
    assert told(kind="delivered") == [("email", "delivered")]


@pytest.mark.usefixtures("demo")
def test_parcels_that_leave_together_are_told_together(acme: Merchant) -> None:
    order = build.order(merchant=acme)
    build.shipment(order)
    work.drain()
    later = [build.shipment(order), build.shipment(order)]
    work.drain()
    waiting = Message.objects.filter(kind="shipped", channel="sms", status="queued")
    assert waiting.count() == 2
    Message.objects.filter(pk=waiting.order_by("pk").first().pk).update(due_at=timezone.now())
    work.drain()
    assert told(kind="shipped", channel="sms") == [("sms", "delivered")] * 2 + [("sms", "withdrawn")]
    lead = Message.objects.filter(kind="shipped", channel="sms", status="delivered").latest("pk")
    assert {lead.subject_id, *lead.also_about} == {shipment.pk for shipment in later}
    assert "(+1)" in lead.body


@pytest.mark.usefixtures("demo")
def test_the_last_of_several_parcels_is_told_as_all(acme: Merchant) -> None:
    order = build.order(merchant=acme)
    parcels = [build.shipment(order).parcels.get() for _ in range(2)]
    for seconds, parcel in enumerate(parcels):
        build.scan(parcel, "delivered", at=timezone.now() - timedelta(seconds=10 - seconds))
        work.drain()
    assert Shipment.objects.filter(status="delivered").count() == 2
    assert told(kind="delivered") == [("sms", "delivered")]
    assert told(kind="all_delivered") == [("sms", "delivered")]


def test_a_budget_leaves_out_what_matters_least() -> None:
    sent = {"out_for_delivery": 100, "arriving_soon": 100, "delivered": 100}
    usual = dict.fromkeys(sent, 10.0)
    price = Decimal("0.10")
    ample = look_ahead(sent, usual, days_left=10, price=price, budget=Decimal(60))
    assert (ample.spent, ample.rest, ample.dropped) == (Decimal("30.00"), Decimal("30.000"), ())
    short = look_ahead(sent, usual, days_left=10, price=price, budget=Decimal(52))
    assert (short.dropped, short.rest, short.is_short) == (("arriving_soon",), Decimal("20.000"), False)
    empty = look_ahead(sent, usual, days_left=10, price=price, budget=Decimal(1))
    assert (empty.dropped, empty.is_short) == (("arriving_soon", "delivered"), True)
    assert not look_ahead(sent, usual, days_left=10, price=price, budget=None).dropped


@pytest.mark.usefixtures("demo")
def test_what_the_budget_leaves_out_goes_by_mail(acme: Merchant) -> None:
    MessagePolicy.objects.create(merchant=acme, quiet_from=time(0), quiet_until=time(0), monthly_budget=0)
    month = timezone.now().date().replace(day=1)
    MessageUsage.objects.create(merchant=acme, month=month, channel="sms", kind="delivered", messages=9, parts=9)
    story = Story(acme, "en", build.staff(acme))
    story.in_status("delivered")
    story.in_status("out_for_delivery")
    work.drain()
    assert told(kind="delivered") == [("sms", "withdrawn"), ("email", "delivered")]
    assert told(kind="out_for_delivery") == [("sms", "delivered")], "the urgent is never left out"
    used = MessageUsage.objects.get(merchant=acme, channel="sms", kind="out_for_delivery")
    assert (used.messages, used.parts) == (1, 1)
