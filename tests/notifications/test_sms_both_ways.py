"""The STOP journey against a Twilio on a real port, which obeys STOP itself, and merchants' own senders."""

from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from logistics_portal.kernel import work
from merchants.models import Merchant
from notifications import services
from notifications.models import InboundMessage, Message, SmsSender
from tests import build
from tests.servers.processes import Running

pytestmark = pytest.mark.django_db(transaction=True)
OURS = "+4915735980000"


def say(twilio: Running, portal: str, text: str, *, to: str = OURS) -> None:
    form = {"From": build.ANNS_PHONE, "To": to, "Body": text, "Url": f"{portal}/webhooks/twilio/inbound"}
    with urlopen(f"{twilio.url}/say", data=urlencode(form).encode(), timeout=10) as answer:
        assert answer.read() == b'{"status": 200}'


def sent_to(twilio: Running) -> list[str]:
    return [line["taken"]["Body"] for line in twilio.told() if "taken" in line]


def test_a_question_is_answered_over_the_number_that_it_was_put_to(
    acme: Merchant, calling_twilio: Running, live_server: object
) -> None:
    SmsSender.objects.create(merchant=acme, sends_as="+4915735981111")
    order = build.order(merchant=acme, email="")
    say(calling_twilio, live_server.url, "1", to="+4915735981111")
    work.drain()
    taken = [line["taken"] for line in calling_twilio.told() if "taken" in line]
    assert {one["From"] for one in taken} == {"+4915735981111"}
    assert any(f"Order {order.number}. Your order is confirmed." in one["Body"] for one in taken)


def test_a_merchants_messaging_service_is_its_sender(acme: Merchant, rival: Merchant, twilio: Running) -> None:
    SmsSender.objects.create(merchant=acme, sends_as="MG" + "a" * 32)
    for merchant in (acme, rival):
        build.order(merchant=merchant, email="")
    work.drain()
    taken = [line["taken"] for line in twilio.told()]
    assert {one.get("MessagingServiceSid") for one in taken if one["Body"].startswith("Acme")} == {"MG" + "a" * 32}
    assert {one.get("From") for one in taken if one["Body"].startswith("Rival")} == {OURS}


def test_after_stop_nothing_is_sent_until_start(acme: Merchant, calling_twilio: Running, live_server: object) -> None:
    order = build.order(merchant=acme, email="")
    work.drain()
    assert len(sent_to(calling_twilio)) == 1
    say(calling_twilio, live_server.url, "Stop")
    work.drain()
    shipment = build.shipment(order)
    work.drain()
    assert len(sent_to(calling_twilio)) == 1, "Twilio confirmed it, and we are still"
    assert not Message.objects.filter(kind="shipped", channel="sms", status="sent").exists()
    say(calling_twilio, live_server.url, "START")
    build.scan(shipment.parcels.get(), "out_for_delivery")
    work.drain()
    assert "out for delivery" in sent_to(calling_twilio)[-1].lower()
    assert list(InboundMessage.objects.order_by("pk").values_list("meaning", flat=True)) == ["stop", "start"]


def test_a_stop_that_only_twilio_knows_is_learned_from_its_refusal(
    acme: Merchant, twilio: Running, live_server: object
) -> None:
    form = {"From": build.ANNS_PHONE, "To": OURS, "Body": "STOP", "Url": f"{live_server.url}/nowhere"}
    urlopen(f"{twilio.url}/say", data=urlencode(form).encode(), timeout=10).close()
    build.order(merchant=acme, email="")
    work.drain()
    message = Message.objects.get()
    assert (message.status, message.error_code) == ("failed", "21610")
    assert services.is_stopped(number=build.ANNS_PHONE)
