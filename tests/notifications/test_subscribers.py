"""Facts become messages, each once, and only while they are news."""

from datetime import timedelta

import pytest
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber

import aftersales.services
import customers.services
import orders.services
from customers.models import PhoneVerification
from logistics_portal.kernel import work
from logistics_portal.kernel.models import Event
from merchants.models import Merchant
from notifications import subscribers
from notifications.models import Message
from orders.models import Order
from tests import build
from tests.notifications.story import Story
from tracking.models import Shipment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("demo")]


def queue_all() -> None:
    """Deliver the events, and leave the messages for later."""
    work.answer("kernel.event")


def count(**wanted: object) -> int:
    return Message.objects.filter(**wanted).count()


def test_a_subscriber_that_runs_twice_tells_once(order: Order) -> None:
    queue_all()
    events = list(Event.objects.filter(name="orders.placed"))
    subscribers.tell_of_facts(events)
    subscribers.tell_of_facts(events * 2)
    assert sorted(Message.objects.values_list("channel", "address")) == [
        ("email", "ann@example.com"),
        ("sms", "+4915112345678"),
    ]


def test_a_batch_of_events_takes_few_statements(acme: Merchant, django_assert_max_num_queries: object) -> None:
    for _ in range(20):
        build.order(merchant=acme)
    events = list(Event.objects.filter(name="orders.placed"))
    with django_assert_max_num_queries(14):  # one of them asks what merchants passed on
        subscribers.tell_of_facts(events)
    assert count(kind="order_confirmed") == 40


def test_without_an_email_address_there_is_an_sms_only(acme: Merchant) -> None:
    build.order(merchant=acme, email="")
    queue_all()
    assert list(Message.objects.values_list("channel", flat=True)) == ["sms"]


def test_old_news_is_not_told(acme: Merchant) -> None:
    build.order(merchant=acme)
    Event.objects.update(published_at=timezone.now() - timedelta(days=3, minutes=1))
    queue_all()
    assert not Message.objects.exists()


def test_a_status_is_told_once_however_often_it_returns(acme: Merchant) -> None:
    shipment = Story(acme, "en", build.staff(acme)).shipped()
    parcel, now = shipment.parcels.get(), timezone.now()
    for minutes, status in enumerate(["out_for_delivery", "in_transit", "out_for_delivery"]):
        build.scan(parcel, status, at=now + timedelta(minutes=minutes - 10))
        work.drain()
    assert count(kind="out_for_delivery", channel="sms") == 1


def test_each_failed_attempt_is_told(acme: Merchant) -> None:
    shipment = Story(acme, "en", build.staff(acme)).shipped()
    parcel, now = shipment.parcels.get(), timezone.now()
    for minutes, status in enumerate(["out_for_delivery", "attempt_failed", "out_for_delivery", "attempt_failed"]):
        build.scan(parcel, status, at=now + timedelta(minutes=minutes - 10))
        work.drain()
    assert count(kind="attempt_failed", channel="sms", status="delivered") == 2


def test_a_parcel_on_its_way_back_is_not_told_as_a_delivery(acme: Merchant) -> None:
    story = Story(acme, "en", build.staff(acme))
    case = story.asked_return()
    work.drain()
    back = aftersales.services.send_return(return_case=case, carrier="dhl", tracking_number="RET123456789")
    before = set(Message.objects.values_list("pk", flat=True))
    build.scan(back.parcels.get(), "out_for_delivery")
    build.scan(back.parcels.get(), "delivered")
    work.drain()
    new = Message.objects.exclude(pk__in=before)
    assert set(new.values_list("kind", flat=True)) == {"return_received", "refund_started"}
    assert set(new.filter(status="withdrawn").values_list("kind", flat=True)) == {"return_received"}


def test_a_code_is_sent_before_a_backlog_of_confirmations(acme: Merchant) -> None:
    for _ in range(15):
        build.order(merchant=acme)
    customers.services.request_verification(
        number=PhoneNumber.from_string("+4915112345678"), purpose="sign_in", language="en", caller="127.0.0.1"
    )
    queue_all()
    first = work.claim(work.KINDS["notifications.message"])
    assert "verification_code" in {message.kind for message in first}


def withdrawn(**wanted: object) -> tuple[str, str]:
    message = Message.objects.get(channel="sms", **wanted)
    assert message.status == "withdrawn"
    assert message.done_at
    assert message.body == ""
    return message.error_code, message.last_error


def test_news_that_was_overtaken_is_withdrawn_and_says_why(acme: Merchant) -> None:
    shipment = Story(acme, "en", build.staff(acme)).shipped()
    work.drain()
    build.scan(shipment.parcels.get(), "out_for_delivery", at=timezone.now() - timedelta(hours=1))
    build.scan(shipment.parcels.get(), "delivered")
    work.drain()
    code, why = withdrawn(kind="out_for_delivery")
    assert code == "overtaken"
    assert "delivered" in why
    assert Message.objects.get(kind="delivered", channel="sms").status == "delivered"


def test_a_canceled_order_is_not_confirmed(order: Order) -> None:
    orders.services.cancel_order(order=order)
    work.drain()
    assert withdrawn(kind="order_confirmed")[0] == "overtaken"
    assert Message.objects.get(kind="order_canceled", channel="sms").status == "delivered"


def test_a_message_that_waited_three_days_is_withdrawn(order: Order) -> None:
    queue_all()
    Message.objects.update(wanted_at=timezone.now() - timedelta(days=3, minutes=1))
    work.drain()
    assert withdrawn(kind="order_confirmed")[0] == "too_old"


def test_scans_of_last_month_message_nobody(acme: Merchant) -> None:
    order = build.order(merchant=acme)
    build.delivered(order, at=timezone.now() - timedelta(days=30))
    work.drain()
    assert withdrawn(kind="delivered")[0] == "too_old"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "expired"),
        ({"used_at": timezone.now()}, "used"),
    ],
)
def test_a_code_that_is_no_longer_good_is_not_sent(change: dict, code: str, acme: Merchant) -> None:
    customers.services.request_verification(
        number=PhoneNumber.from_string("+4915112345678"), purpose="sign_in", language="en", caller="127.0.0.1"
    )
    PhoneVerification.objects.update(**change)
    work.drain()
    assert withdrawn(kind="verification_code")[0] == code


def test_only_the_newest_code_is_sent(acme: Merchant) -> None:
    number = PhoneNumber.from_string("+4915112345678")
    later = timezone.now() + timedelta(minutes=10)
    PhoneVerification.objects.create(number=number, purpose="sign_in", expires_at=later)
    asked = PhoneVerification.objects.create(number=number, purpose="sign_in", expires_at=later)
    subscribers.send_codes(
        [Event(name="customers.verification_requested", subject_id=row.pk) for row in PhoneVerification.objects.all()]
    )
    work.drain()
    assert Message.objects.get(status="delivered").subject_id == asked.pk
    assert withdrawn(status="withdrawn")[0] == "overtaken"


def test_the_story_of_a_parcel_that_came_back(acme: Merchant) -> None:
    shipment = Story(acme, "en", build.staff(acme)).in_status("returning")
    work.drain()
    build.scan(shipment.parcels.get(), "returned", at=timezone.now() + timedelta(seconds=1))
    work.drain()
    told = Message.objects.filter(kind="exception", channel="sms", status="delivered")
    assert [message.body.split(". ")[0] for message in told.order_by("pk")] == [
        "Acme: Your parcel is coming back to us",
        "Acme: Your parcel came back to us",
    ]
    assert Shipment.objects.get().status == "returned"
