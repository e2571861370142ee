"""Messages leave through Twilio and a mail server, once, and what can't be sent ends where a person sees it."""

from collections.abc import Callable

import pytest
from django.conf import LazySettings
from phonenumber_field.phonenumber import PhoneNumber as Number

import customers.services
import tracking.services
from customers.models import PhoneVerification
from logistics_portal.kernel import work
from logistics_portal.kernel.models import Event
from merchants.models import Merchant
from notifications import services
from notifications.models import Message
from orders.models import Order
from tests import build
from tests.servers.processes import Running

pytestmark = pytest.mark.django_db(transaction=True)


def placed(merchant: Merchant, phone_end: str = "2345678", email: str = "") -> Order:
    prefix = "+1500" if phone_end.startswith("555") else "+491511"
    order = build.order(merchant=merchant, phone="+4915112345678", email=email)
    Order.objects.filter(pk=order.pk).update(phone=f"{prefix}{phone_end}")
    order.refresh_from_db()
    return order


def only_message() -> Message:
    return Message.objects.get()


def test_an_sms_goes_out_with_the_words_and_a_way_to_call_back(
    acme: Merchant, twilio: Running, settings: LazySettings
) -> None:
    settings.BASE_URL = "https://track.nordwind.example"
    order = placed(acme)
    work.drain()
    (sent,) = twilio.told()
    message = only_message()
    assert sent["taken"] == {
        "To": "+4915112345678",
        "From": "+4915735980000",
        "Body": f"Acme: Thank you! Your order {order.number} is confirmed. Follow it here: {order.tracking_url}",
        "StatusCallback": f"https://track.nordwind.example/webhooks/twilio/status?message={message.pk}",
    }
    assert (message.status, message.provider_id) == ("sent", sent["sid"])
    assert message.sent_at
    assert message.done_at


def test_a_messaging_service_can_be_the_sender(acme: Merchant, twilio: Running, settings: LazySettings) -> None:
    settings.TWILIO_FROM = "MG" + "a" * 32
    placed(acme)
    work.drain()
    taken = twilio.told()[0]["taken"]
    assert taken["MessagingServiceSid"] == settings.TWILIO_FROM
    assert "From" not in taken


def test_urgent_messages_are_called_for_first(acme: Merchant, twilio: Running) -> None:
    for _ in range(40):
        placed(acme)
    customers.services.request_verification(
        number=Number.from_string("+4915112345699"), purpose=PhoneVerification.Purpose.SIGN_IN, language="en", caller=""
    )
    work.answer(Event._meta.label_lower)
    assert Message.objects.filter(status="queued").count() > 40
    work.drain()
    told = [one["taken"]["Body"] for one in twilio.told()]
    assert any("code" in text for text in told[:12]), "its call began with the first"


@pytest.mark.parametrize(("end", "code"), [("5550001", "21211"), ("5550004", "21610"), ("5550009", "21614")])
def test_a_dead_number_is_given_up_at_once(end: str, code: str, acme: Merchant, twilio: Running) -> None:
    placed(acme, end)
    work.drain()
    message = only_message()
    assert (message.status, message.error_code, message.attempts) == ("failed", code, 1)
    assert message.failed_at
    assert message.is_given_up
    assert code in message.last_error
    assert "+1500" not in message.last_error, "errors are logged, so they name no number"


@pytest.mark.parametrize(("end", "code"), [("5550029", "20429"), ("5550050", "20500")])
def test_a_busy_or_broken_twilio_is_asked_again(
    end: str, code: str, acme: Merchant, twilio: Running, due_again: Callable[[], None]
) -> None:
    order = placed(acme, end)
    work.drain()
    message = only_message()
    assert (message.status, message.attempts, message.is_given_up) == ("queued", 1, False)
    assert code in message.last_error
    Message.objects.update(address="+4915112345678")
    due_again()
    work.drain()
    message.refresh_from_db()
    assert (message.status, message.attempts, message.last_error) == ("sent", 2, "")
    assert order.token not in message.body


def test_a_wrong_key_waits_for_a_person(acme: Merchant, twilio: Running, settings: LazySettings) -> None:
    settings.TWILIO_AUTH_TOKEN = "wrong"
    placed(acme)
    work.drain()
    message = only_message()
    assert message.status == "queued"
    assert "the account's key is wrong (20003)" in message.last_error


def test_a_message_whose_answer_was_lost_is_found_and_not_sent_twice(
    acme: Merchant, twilio: Running, due_again: Callable[[], None]
) -> None:
    placed(acme, "5550008")
    work.drain()
    message = only_message()
    assert message.status == "queued"
    due_again()
    work.drain()
    message.refresh_from_db()
    (sent,) = twilio.told()
    assert (message.status, message.provider_id) == ("sent", sent["sid"])


def test_another_message_with_the_same_words_is_not_taken_for_the_lost_one(
    acme: Merchant, twilio: Running, due_again: Callable[[], None]
) -> None:
    placed(acme)
    work.drain()
    first = only_message()
    twin = Message.objects.create(
        **{
            name: getattr(first, name)
            for name in ("merchant_id", "order_id", "kind", "subject_id", "channel", "address")
        },
        fact="twin",
        last_error="The worker died.",
    )
    due_again()
    work.drain()
    twin.refresh_from_db()
    assert len(twilio.told()) == 2
    assert twin.provider_id not in ("", first.provider_id)


def test_without_an_account_messages_wait(acme: Merchant, settings: LazySettings) -> None:
    settings.DEMO_INBOX = False
    settings.TWILIO_ACCOUNT_SID = settings.TWILIO_AUTH_TOKEN = ""
    placed(acme)
    work.drain()
    message = only_message()
    assert message.status == "queued"
    assert not message.is_given_up
    assert "TWILIO_ACCOUNT_SID" in message.last_error


def test_a_failed_message_can_be_sent_anew(acme: Merchant, twilio: Running) -> None:
    placed(acme, "5550001")
    work.drain()
    failed = only_message()
    again = services.resend(message=failed)
    Message.objects.filter(pk=again.pk).update(address="+4915112345678")
    work.drain()
    again.refresh_from_db()
    failed.refresh_from_db()
    assert (again.status, failed.status) == ("sent", "failed")
    assert not Message.objects.stuck().exists()
    with pytest.raises(services.UnableToResend):
        services.resend(message=again)


def test_trying_a_failed_message_again_sends_its_news_anew(acme: Merchant, twilio: Running) -> None:
    placed(acme, "5550004")
    work.drain()
    failed = only_message()
    assert work.try_again(Message.objects.stuck()) == 1
    work.drain()
    failed.refresh_from_db()
    again = Message.objects.exclude(pk=failed.pk).get()
    assert failed.done_at
    assert "anew" in failed.last_error
    assert (again.status, again.error_code, again.is_given_up) == ("withdrawn", "stopped", False)
    assert Message.objects.count() == 2


def test_a_message_that_failed_while_its_worker_was_dead_is_not_sent_anew(acme: Merchant, twilio: Running) -> None:
    placed(acme)
    work.answer("kernel.event")
    Message.objects.update(status="failed", attempts=1)
    work.drain()
    assert only_message().status == "failed"
    assert twilio.told() == []


def test_logs_hold_no_codes_links_numbers_or_addresses(
    acme: Merchant,
    twilio: Running,
    mail_server: Running,
    caplog: pytest.LogCaptureFixture,
    due_again: Callable[[], None],
) -> None:
    caplog.set_level("INFO")
    for end in ("2345678", "5550001", "5550029", "5550008"):
        order = placed(acme, end, email="gone@example.com")
    shipment = build.shipment(order)
    build.scan(shipment.parcels.get(), "out_for_delivery")
    shipment.refresh_from_db()
    for _ in range(2):
        work.drain()
        due_again()
    handover = tracking.services.handover_code(shipment)
    taken = [line["taken"]["Body"] for line in twilio.told()]
    assert any(handover in body for body in taken)
    assert "http out peer=127.0.0.1" in caplog.text
    assert "attempt=" in caplog.text
    for secret in (f"code: {handover}", order.token, "4915112345678", "15005550", "gone@example.com"):
        assert secret not in caplog.text


def test_a_mail_goes_out_in_both_forms(acme: Merchant, mail_server: Running, settings: LazySettings) -> None:
    order = placed(acme, email="ann@example.com")
    Message.objects.filter(channel="sms").delete()
    work.drain()
    message = Message.objects.get(channel="email")
    (mail,) = mail_server.told()
    headers = mail["headers"]
    assert mail["to"] == ["ann@example.com"]
    assert headers["From"] == "Acme <parcels@nordwind.example>"
    assert headers["Reply-To"] == "help@acme.example"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Subject"] == message.subject == f"Your order {order.number} is confirmed"
    assert headers["Message-ID"] == message.provider_id == f"<{message.pk}@nordwind.example>"
    assert order.tracking_url in mail["text"]
    assert order.tracking_url in mail["html"]
    assert order.token not in message.body
    assert message.status == "sent"


@pytest.mark.parametrize(("who", "status"), [("gone", "failed"), ("busy", "queued")])
def test_a_mail_server_says_for_good_or_for_now(who: str, status: str, acme: Merchant, mail_server: Running) -> None:
    placed(acme, email=f"{who}@example.com")
    work.drain()
    message = Message.objects.get(channel="email")
    assert message.status == status
    assert message.is_given_up == (status == "failed")
    assert who not in message.last_error, "errors are logged, so they name no address"


def test_a_merchants_name_can_not_add_headers(acme: Merchant, mail_server: Running) -> None:
    Merchant.objects.update(name='Acme"\r\nBcc: all@example.com')
    placed(acme, email="ann@example.com")
    work.drain()
    (mail,) = mail_server.told()
    assert "Bcc" not in mail["headers"]
    assert mail["to"] == ["ann@example.com"]
