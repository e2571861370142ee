"""Calls to merchants' endpoints: signed, repeated until they arrive, and no endpoint in another's way."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connection
from django.utils import timezone

from logistics_portal.kernel import work
from logistics_portal.kernel.events import TYPES
from logistics_portal.kernel.models import Event
from merchants.models import Merchant
from notifications.hooks import calls, endpoints
from notifications.models import WebhookAttempt, WebhookCall, WebhookEndpoint
from tests import build
from tests.notifications.hooks import STATUS_CHANGED, came_to, end_waits, endpoint_at, publish_changes, tell
from tests.servers.processes import Running, running

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "notifications.webhookcall"
Status, Outcome = WebhookEndpoint.Status, WebhookCall.Outcome


@pytest.fixture
def receiver(settings: LazySettings, tmp_path: Path) -> Iterator[Running]:
    settings.WEBHOOKS_TO_LOOPBACK = True
    with running("hook_receiver", tmp_path / "calls") as server:
        yield server


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that hangs is given up after a second."""
    monkeypatch.setattr(calls, "CALL_SECONDS", 1.0)


def deliver() -> None:
    """The workers' part: what is due now, and no more."""
    work.answer("kernel.event")
    work.answer(NAME)


def outcomes(endpoint: WebhookEndpoint) -> list[str]:
    return list(endpoint.calls.order_by("pk").values_list("outcome", flat=True))


def test_an_event_reaches_its_endpoint_signed_and_in_the_documented_words(acme: Merchant, receiver: Running) -> None:
    endpoint = endpoint_at(receiver, "/ok", acme)
    [event_id] = publish_changes(acme)
    deliver()
    [came] = receiver.told()
    assert came["verified"] is True and came["signatures"] == 1
    assert came["id"] == event_id
    assert came["host"] == f"127.0.0.1:{receiver.port}"
    body = came["body"]
    assert list(body) == ["type", "timestamp", "data"]
    assert body["type"] == STATUS_CHANGED
    assert set(body["data"]) == {"subject_id", *TYPES[STATUS_CHANGED].payload}
    assert body["data"]["status"] == "delivered"
    call = endpoint.calls.get()
    assert (call.outcome, call.tries, call.done_at is not None) == (Outcome.DELIVERED, 1, True)
    attempt = call.tried.get()
    assert (attempt.status, attempt.error, len(attempt.body_digest)) == (204, "", 64)
    assert attempt.headers["webhook-id"] == event_id
    endpoint.refresh_from_db()
    assert endpoint.last_success_at is not None


def test_a_real_change_is_told(acme: Merchant, receiver: Running, drain: Callable) -> None:
    endpoint_at(receiver, "/ok", acme, event_types=["orders.placed", "tracking.shipment_created"])
    order = build.order(merchant=acme)
    shipment = build.shipment(order)
    build.scan(shipment.parcels.get(), "in_transit")
    deliver()
    assert {line["body"]["type"] for line in receiver.told()} == {"orders.placed", "tracking.shipment_created"}


def test_only_the_merchants_own_events_are_told(acme: Merchant, rival: Merchant, receiver: Running) -> None:
    endpoint_at(receiver, "/ok-acme", acme)
    endpoint_at(receiver, "/ok-rival", rival)
    mine = publish_changes(acme, 3)
    deliver()
    assert came_to(receiver, "/ok-acme") == dict.fromkeys(mine, 1)
    assert came_to(receiver, "/ok-rival") == {}


def test_what_was_before_the_endpoint_is_not_told(acme: Merchant, receiver: Running) -> None:
    publish_changes(acme)
    endpoint_at(receiver, "/ok", acme)
    deliver()
    assert receiver.told() == []


def test_a_repeated_delivery_of_events_makes_no_second_call(acme: Merchant, receiver: Running) -> None:
    endpoint_at(receiver, "/ok", acme)
    publish_changes(acme, 2)
    deliver()
    Event.objects.update(done_at=None, due_at=timezone.now())
    deliver()
    assert WebhookCall.objects.count() == len(receiver.told()) == 2


def test_every_event_that_is_declared_is_told(acme: Merchant, receiver: Running) -> None:
    endpoint_at(receiver, "/ok", acme)
    now = timezone.now()
    Event.objects.bulk_create(
        Event(name=name, merchant_id=acme.pk, subject_id=acme.pk, payload=dict.fromkeys(kind.payload, ""), done_at=now)
        for name, kind in TYPES.items()
    )
    assert (
        endpoints.replay_calls(endpoint=WebhookEndpoint.objects.get(), since=now - timedelta(minutes=1))
        == len(TYPES) - 1
    ), "all but the test event"
    deliver()
    assert {line["body"]["type"] for line in receiver.told()} == set(TYPES) - {"notifications.webhook_tested"}


# Failures.


def test_three_events_answered_500_are_tried_again_with_back_off(acme: Merchant, receiver: Running) -> None:
    endpoint = endpoint_at(receiver, "/fail", acme)
    ids = publish_changes(acme, 3)
    deliver()
    assert came_to(receiver, "/fail").total() >= 1
    for _ in range(5):
        end_waits()
        deliver()
    tried = came_to(receiver, "/fail")
    assert set(tried) <= set(ids) and tried.total() >= 6
    tell(receiver, "mend", path="/fail")
    for _ in range(4):
        end_waits()
        deliver()
    assert outcomes(endpoint) == [Outcome.DELIVERED] * 3
    assert set(came_to(receiver, "/fail")) == set(ids)
    endpoint.refresh_from_db()
    assert (endpoint.consecutive_failures, endpoint.failing_since, endpoint.rests_until) == (0, None, None)


def test_the_waits_are_those_of_the_schedule(acme: Merchant, receiver: Running) -> None:
    endpoint = endpoint_at(receiver, "/fail", acme)
    publish_changes(acme)
    deliver()
    call = endpoint.calls.get()
    assert call.outcome == Outcome.PENDING and call.tries == 1
    assert timedelta(seconds=4) < call.due_at - timezone.now() < timedelta(seconds=6)
    end_waits()
    deliver()
    call.refresh_from_db()
    assert call.tries == 2
    assert timedelta(minutes=4.9) < call.due_at - timezone.now() < timedelta(minutes=6)


def test_after_ten_tries_a_call_has_failed(acme: Merchant, receiver: Running) -> None:
    endpoint = endpoint_at(receiver, "/fail", acme)
    publish_changes(acme)
    for _ in range(12):
        deliver()
        end_waits()
    call = endpoint.calls.get()
    assert (call.outcome, call.tries, call.tried.count()) == (Outcome.FAILED, 10, 10)
    assert call.done_at and not call.is_given_up
    assert {attempt.status for attempt in call.tried.all()} == {500}


def test_410_disables_and_says_so_at_the_other_endpoint(acme: Merchant, receiver: Running) -> None:
    gone, well = endpoint_at(receiver, "/gone", acme), endpoint_at(receiver, "/ok", acme)
    publish_changes(acme, 2)
    deliver()
    deliver()
    gone.refresh_from_db()
    assert (gone.status, gone.disabled_reason) == (Status.DISABLED, WebhookEndpoint.Reason.GONE)
    assert set(outcomes(gone)) == {Outcome.FAILED}
    told = [line["body"] for line in receiver.told() if line["path"] == "/ok"]
    [disabled] = [body for body in told if body["type"] == "notifications.webhook_disabled"]
    assert disabled["data"] == {"subject_id": str(gone.pk), "reason": "gone"}
    before = came_to(receiver, "/gone").total()
    publish_changes(acme, 2)
    deliver()
    assert came_to(receiver, "/gone").total() == before
    assert well.calls.count() == 5


def test_five_days_of_failures_disable(acme: Merchant, receiver: Running) -> None:
    endpoint = endpoint_at(receiver, "/fail", acme)
    publish_changes(acme)
    deliver()
    WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(days=5, minutes=1))
    end_waits()
    deliver()
    endpoint.refresh_from_db()
    assert (endpoint.status, endpoint.disabled_reason) == (Status.DISABLED, WebhookEndpoint.Reason.FAILING)
    assert Event.objects.filter(name="notifications.webhook_disabled", merchant_id=acme.pk).count() == 1


def test_a_redirect_is_a_failure_and_is_not_followed(
    acme: Merchant, settings: LazySettings, tmp_path: Path, receiver: Running
) -> None:
    inner = f"{receiver.url}/ok-inner"
    with running("hook_receiver", tmp_path / "away", "--redirect-to", inner) as away:
        endpoint = endpoint_at(away, "/away", acme)
        publish_changes(acme)
        deliver()
    attempt = endpoint.calls.get().tried.get()
    assert attempt.status == 302
    assert endpoint.calls.get().outcome == Outcome.PENDING
    assert came_to(receiver, "/ok-inner") == {}


def test_a_refused_connection_and_a_healthy_endpoint(acme: Merchant, receiver: Running) -> None:
    endpoints.create_endpoint(merchant=acme, url="http://127.0.0.1:1/refused")
    endpoint_at(receiver, "/ok", acme)
    started = time.time()
    ids = publish_changes(acme, 3)
    deliver()
    assert came_to(receiver, "/ok") == dict.fromkeys(ids, 1)
    assert max(line["at"] for line in receiver.told()) - started < 1.0
    assert {attempt.error for attempt in WebhookAttempt.objects.filter(status=0)} == {
        "127.0.0.1 did not answer: ConnectError"
    }


@pytest.mark.parametrize("path", ["/hang", "/drip", "/cut"])
def test_who_does_not_answer_is_left_in_time(acme: Merchant, receiver: Running, impatient: None, path: str) -> None:
    endpoint = endpoint_at(receiver, path, acme)
    publish_changes(acme)
    started = time.monotonic()
    deliver()
    assert time.monotonic() - started < 4
    attempt = endpoint.calls.get().tried.get()
    assert attempt.status == 0 and "did not answer" in attempt.error


def test_of_a_large_answer_two_kilobytes_are_read(acme: Merchant, receiver: Running) -> None:
    endpoint = endpoint_at(receiver, "/large", acme)
    publish_changes(acme)
    deliver()
    assert endpoint.calls.get().outcome == Outcome.DELIVERED
    assert endpoint.calls.get().tried.get().answer == "x" * 2048


def test_who_asks_for_patience_gets_it(acme: Merchant, receiver: Running) -> None:
    endpoint = endpoint_at(receiver, "/busy", acme)
    publish_changes(acme)
    deliver()
    endpoint.refresh_from_db()
    assert timedelta(seconds=110) < endpoint.rests_until - timezone.now() <= timedelta(seconds=120)


# One endpoint's trouble.


def test_after_five_failures_an_endpoint_rests_and_one_call_tries_it(acme: Merchant, receiver: Running) -> None:
    endpoint = endpoint_at(receiver, "/fail", acme)
    publish_changes(acme, 40)
    for _ in range(8):
        deliver()
        WebhookCall.objects.open().filter(tries=0).update(due_at=timezone.now())
    deliver()
    endpoint.refresh_from_db()
    tried = came_to(receiver, "/fail").total()
    assert calls.RUNS_AT_ONCE <= tried <= 2 * calls.RUNS_AT_ONCE + 1
    assert timedelta(seconds=20) < endpoint.rests_until - timezone.now()
    assert endpoint.calls.filter(due_at__lte=timezone.now()).count() == 0, "they must not stand before others' calls"
    end_waits()
    deliver()
    assert came_to(receiver, "/fail").total() == tried + 1
    assert endpoint.calls.filter(tries=0).count() >= 30, "a rest uses up no tries"
    tell(receiver, "mend", path="/fail")
    end_waits()
    deliver()
    deliver()
    assert endpoint.calls.filter(outcome=Outcome.DELIVERED).count() >= 30, "one success calls up the rest"


def test_an_endpoint_that_hangs_does_not_hold_up_another(acme: Merchant, receiver: Running) -> None:
    endpoint_at(receiver, "/hang", acme)
    endpoint_at(receiver, "/ok", acme)
    ids = publish_changes(acme, 150)
    started = time.time()
    thread = threading.Thread(target=deliver, daemon=True)
    thread.start()
    try:
        while len(came_to(receiver, "/ok")) < len(ids) and time.time() - started < 15:
            time.sleep(0.1)
        late = publish_changes(acme, 1)
        work.answer("kernel.event")
        while late[0] not in came_to(receiver, "/ok") and time.time() - started < 20:
            time.sleep(0.05)
    finally:
        thread.join(40)
    came = [line for line in receiver.told() if line["path"] == "/ok"]
    assert {line["id"] for line in came} == {*ids, *late}
    assert max(line["at"] for line in came) - started < 8, "it waited for the one that hangs"
    assert came_to(receiver, "/hang").total() <= calls.RUNS_AT_ONCE + 2


def test_a_backlog_of_one_endpoint_is_sent_whole(acme: Merchant, receiver: Running) -> None:
    endpoint = endpoint_at(receiver, "/ok", acme)
    ids = publish_changes(acme, 700)
    for _ in range(6):
        deliver()
    assert came_to(receiver, "/ok") == dict.fromkeys(ids, 1)
    assert outcomes(endpoint) == [Outcome.DELIVERED] * 700


# What merchants do with endpoints.


def test_a_paused_endpoint_gets_its_calls_when_it_is_resumed(acme: Merchant, receiver: Running) -> None:
    endpoint = endpoint_at(receiver, "/ok", acme)
    endpoints.pause_endpoint(endpoint=endpoint)
    ids = publish_changes(acme, 3)
    deliver()
    assert receiver.told() == []
    assert outcomes(endpoint) == [Outcome.HELD] * 3
    assert not WebhookCall.objects.open().exists()
    endpoints.resume_endpoint(endpoint=endpoint)
    deliver()
    assert came_to(receiver, "/ok") == dict.fromkeys(ids, 1)


def test_during_rotation_calls_have_two_signatures(acme: Merchant, receiver: Running) -> None:
    endpoint = endpoint_at(receiver, "/ok", acme)
    old = endpoint.secret
    endpoint = endpoints.rotate_secret(endpoint=endpoint)
    assert endpoint.secret != old
    for known in (old, endpoint.secret):
        tell(receiver, "secret", path="/ok", secret=known)
        publish_changes(acme)
        deliver()
        assert (receiver.told()[-1]["verified"], receiver.told()[-1]["signatures"]) == (True, 2)
    WebhookEndpoint.objects.update(previous_secret_until=timezone.now())
    publish_changes(acme)
    deliver()
    assert (receiver.told()[-1]["verified"], receiver.told()[-1]["signatures"]) == (True, 1)


def test_a_replay_has_the_same_id_and_the_same_body(acme: Merchant, receiver: Running) -> None:
    endpoint = endpoint_at(receiver, "/ok", acme)
    publish_changes(acme)
    deliver()
    endpoints.replay_call(call=endpoint.calls.get())
    deliver()
    first, second = receiver.told()
    assert (first["id"], first["body"]) == (second["id"], second["body"])
    assert endpoint.calls.get().tried.count() == 2
    assert len(set(WebhookAttempt.objects.values_list("body_digest", flat=True))) == 1


def test_what_a_disabled_endpoint_missed_is_sent_by_a_replay(acme: Merchant, receiver: Running) -> None:
    endpoint = endpoint_at(receiver, "/gone", acme)
    since = timezone.now()
    ids = publish_changes(acme, 2)
    deliver()
    ids += publish_changes(acme, 3)
    deliver()
    tell(receiver, "mend", path="/gone")
    with pytest.raises(endpoints.UnableToCall):
        endpoints.replay_calls(endpoint=endpoint, since=since)
    endpoints.resume_endpoint(endpoint=endpoint)
    deliver()
    # those 5, and that the endpoint was disabled
    assert endpoints.replay_calls(endpoint=endpoint, since=since) == 6
    deliver()
    assert set(ids) < set(came_to(receiver, "/gone"))
    assert set(outcomes(endpoint)) == {Outcome.DELIVERED}
    assert endpoints.replay_calls(endpoint=endpoint, since=since) == 0
    assert endpoints.replay_calls(endpoint=endpoint, since=since, with_delivered=True) == 6


def test_the_test_event_comes_to_one_endpoint_alone(acme: Merchant, receiver: Running) -> None:
    endpoint = endpoint_at(receiver, "/ok", acme, event_types=["orders.placed"])
    endpoint_at(receiver, "/ok-other", acme)
    endpoints.send_test(endpoint=endpoint)
    deliver()
    [came] = receiver.told()
    assert (came["path"], came["body"]["type"]) == ("/ok", "notifications.webhook_tested")
    assert came["verified"] is True


def test_a_deleted_endpoint_takes_its_calls_along(acme: Merchant, receiver: Running) -> None:
    endpoint = endpoint_at(receiver, "/ok", acme)
    publish_changes(acme, 2)
    deliver()
    endpoints.delete_endpoint(endpoint=endpoint)
    assert not WebhookEndpoint.objects.exists()
    assert not WebhookCall.objects.exists() and not WebhookAttempt.objects.exists()
    publish_changes(acme)
    deliver()


def test_secrets_can_not_be_read_in_the_database(acme: Merchant, receiver: Running) -> None:
    endpoint = endpoint_at(receiver, "/ok", acme)
    endpoint = endpoints.rotate_secret(endpoint=endpoint)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret, previous_secret FROM notifications_webhookendpoint")
        stored = " ".join(cursor.fetchone())
    assert "sealed:" in stored and "whsec_" not in stored


def test_old_calls_are_forgotten(acme: Merchant, receiver: Running) -> None:
    endpoint = endpoint_at(receiver, "/ok", acme)
    publish_changes(acme, 2)
    deliver()
    old = endpoint.calls.order_by("pk").first()
    WebhookCall.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=32))
    assert endpoints.forget_old_calls() == 1
    assert endpoint.calls.count() == WebhookAttempt.objects.count() == 1
