"""Several at once, on real PostgreSQL: one fact is told once, one message is sent once, whoever comes first."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from logistics_portal.kernel import work
from logistics_portal.kernel.models import Event
from merchants.models import Merchant
from notifications import subscribers
from notifications.models import Message, Receipt
from tests import build
from tests.notifications.conftest import TOKEN
from tests.servers.processes import Running
from tests.servers.twilio_server import sign

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def at_once(*acts: Callable[[], object]) -> None:
    """Run each act in a thread of its own, started together; what one raises is raised here."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        try:
            gate.wait(timeout=10)
            act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as threads:
        for done in [threads.submit(run, act) for act in acts]:
            done.result(timeout=60)


def test_subscribers_that_run_together_queue_once(acme: Merchant) -> None:
    for _ in range(20):
        build.order(merchant=acme)
    events = list(Event.objects.filter(name="orders.placed"))
    at_once(*[lambda: subscribers.tell_of_facts(events)] * 6)
    assert Message.objects.count() == 40


def test_workers_that_run_together_send_each_message_once(acme: Merchant, twilio: Running) -> None:
    for number in range(30):
        build.order(merchant=acme, email="", phone=f"+4915112340{number:03d}")
    work.answer("kernel.event")
    at_once(*[lambda: work.answer("notifications.message")] * 4)
    assert Message.objects.filter(status="sent").count() == 30
    bodies = [line["taken"]["Body"] for line in twilio.told()]
    assert len(bodies) == len(set(bodies)) == 30


def test_callbacks_that_come_together_end_in_one_verdict(acme: Merchant, client: Client, settings: object) -> None:
    settings.TWILIO_AUTH_TOKEN, settings.BASE_URL = TOKEN, "http://testserver"
    order = build.order(merchant=acme, email="")
    given = {"kind": "order_confirmed", "subject_id": order.pk, "channel": "sms", "address": "+49", "merchant": acme}
    message = Message.objects.create(fact="fact", **given)
    path = f"/webhooks/twilio/status?message={message.pk}"

    def call_back(status: str) -> None:
        form = {"MessageSid": "SM1", "MessageStatus": status}
        signature = sign(TOKEN, f"http://testserver{path}", form)
        answer = Client().post(
            path,
            f"MessageSid=SM1&MessageStatus={status}",
            content_type="application/x-www-form-urlencoded",
            headers={"X-Twilio-Signature": signature},
        )
        assert answer.status_code == 204

    told = ["queued", "sent", "delivered", "undelivered", "delivered", "sent"]
    at_once(*[lambda status=status: call_back(status) for status in told])
    message.refresh_from_db()
    assert message.status in ("delivered", "failed")
    assert bool(message.delivered_at) != bool(message.failed_at)
    assert Receipt.objects.count() == len(told)
