"""Endpoints by API, their calls, and the events for those who ask."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

import tracking.events
from logistics_portal.kernel import work
from logistics_portal.kernel.events import make_event, publish_all
from logistics_portal.kernel.models import Event
from merchants.models import IdempotencyRecord, Merchant
from notifications.hooks import feed
from notifications.hooks.endpoints import ENDPOINTS_MOST
from notifications.models import WebhookCall, WebhookEndpoint
from tests.notifications.hooks import STATUS_CHANGED, came_to, publish_changes, tell
from tests.servers.processes import Running, running

pytestmark = pytest.mark.django_db(transaction=True)
HOOKS, CALLS, EVENTS = "/api/v1/webhooks/", "/api/v1/webhook-calls/", "/api/v1/events/"
PUBLIC = "https://1.1.1.1/hook"


@pytest.fixture
def receiver(settings: LazySettings, tmp_path: Path) -> Iterator[Running]:
    settings.WEBHOOKS_TO_LOOPBACK = True
    with running("hook_receiver", tmp_path / "calls") as server:
        yield server


@pytest.fixture
def without_margin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clocks don't differ here, and transactions begin before keys are made."""
    monkeypatch.setattr(feed, "MARGIN", timedelta())


def deliver() -> None:
    work.answer("kernel.event")
    work.answer("notifications.webhookcall")


def created(api: APIClient, **more: object) -> dict:
    answer = api.post(HOOKS, {"url": PUBLIC, **more})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_the_life_of_an_endpoint(api: APIClient, acme: Merchant, receiver: Running) -> None:
    made = created(api, url=f"{receiver.url}/ok", event_types=[STATUS_CHANGED], description="Warehouse")
    assert made["secret"].startswith("whsec_") and made["status"] == "active"
    tell(receiver, "secret", path="/ok", secret=made["secret"])
    path = f"{HOOKS}{made['id']}/"
    assert "secret" not in api.get(path).json() and "secret" not in api.get(HOOKS).json()["results"][0]

    test = api.post(f"{path}test/")
    assert (test.status_code, test.json()["event_type"]) == (202, "notifications.webhook_tested")
    publish_changes(acme)
    deliver()
    assert [line["verified"] for line in receiver.told()] == [True, True]

    calls = api.get(CALLS, {"endpoint": made["id"], "outcome": "delivered"}).json()["results"]
    assert [call["event_type"] for call in calls] == [STATUS_CHANGED, "notifications.webhook_tested"]
    [attempt] = calls[0]["attempts"]
    assert (attempt["status"], attempt["headers"]["webhook-id"]) == (204, calls[0]["event"])

    again = api.post(f"{CALLS}{calls[0]['id']}/replay/")
    assert (again.status_code, again.json()["outcome"]) == (202, "pending")
    since = (timezone.now() - timedelta(minutes=5)).isoformat()
    assert api.post(f"{path}replay/", {"since": since}).json() == {"count": 0}
    deliver()
    assert api.post(f"{path}replay/", {"since": since, "with_delivered": True}).json() == {"count": 2}
    deliver()
    assert sorted(came_to(receiver, "/ok").values()) == [2, 3]

    changed = api.patch(path, {"event_types": [], "description": ""})
    assert (changed.status_code, changed.json()["event_types"]) == (200, [])
    rotated = api.post(f"{path}rotate-secret/").json()
    assert rotated["secret"] not in ("", made["secret"]) and rotated["previous_secret_until"]
    assert api.post(f"{path}pause/").json()["status"] == "paused"
    assert api.post(f"{path}pause/").status_code == 409
    assert api.post(f"{path}test/").json()["code"] == "endpoint_disabled"
    assert api.post(f"{path}resume/").json()["status"] == "active"
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "http://1.1.1.1/plain",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.0.0.8/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[fd00:ec2::254]/",
        "https://[::ffff:192.168.1.1]/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://user:secret@1.1.1.1/",
        "https://1.1.1.1:5432/ok#fragment",
        "https://1.1.1.1:25/",
        "https://no-such-name.invalid/",
        "ftp://1.1.1.1/",
        "//1.1.1.1/",
        "nonsense",
    ],
)
def test_addresses_that_are_not_for_everybody_are_refused(api: APIClient, url: str) -> None:
    answer = api.post(HOOKS, {"url": url})
    assert answer.status_code == 400, answer.content
    assert list(answer.json()["errors"]) == ["url"]
    made = created(api)
    assert api.patch(f"{HOOKS}{made['id']}/", {"url": url}).status_code == 400
    assert WebhookEndpoint.objects.get().url == PUBLIC


def test_events_that_there_are_not_are_refused(api: APIClient) -> None:
    answer = api.post(HOOKS, {"url": PUBLIC, "event_types": ["orders.placed", "orders.eaten"]})
    assert "orders.eaten" in str(answer.json()["errors"]["event_types"])


def test_a_repetition_gets_the_same_answer_with_the_secret_and_none_is_kept_in_clear(api: APIClient) -> None:
    headers = {"idempotency-key": "hook-1"}
    first = api.post(HOOKS, {"url": PUBLIC}, headers=headers)
    assert api.post(HOOKS, {"url": PUBLIC}, headers=headers).json() == first.json()
    assert WebhookEndpoint.objects.count() == 1
    assert "whsec_" not in str(IdempotencyRecord.objects.get().answer)
    api.post(f"{HOOKS}{first.json()['id']}/rotate-secret/")
    repeated = api.post(HOOKS, {"url": PUBLIC}, headers=headers).json()
    assert repeated["secret"] == "", "the old one is gone, and the new one was not asked for"


def test_there_is_a_limit_to_endpoints(api: APIClient) -> None:
    for _ in range(ENDPOINTS_MOST):
        created(api)
    assert api.post(HOOKS, {"url": PUBLIC}).json()["code"] == "too_many_endpoints"


def test_a_rival_sees_nothing_of_it(api: APIClient, rival_api: APIClient, acme: Merchant) -> None:
    made = created(api)
    publish_changes(acme)
    work.answer("kernel.event")
    call = WebhookCall.objects.get()
    for path in (f"{HOOKS}{made['id']}/", f"{CALLS}{call.pk}/", f"{EVENTS}{call.event_id}/"):
        assert rival_api.get(path).status_code == 404
    assert rival_api.delete(f"{HOOKS}{made['id']}/").status_code == 404
    assert rival_api.post(f"{CALLS}{call.pk}/replay/").status_code == 404
    for path in (HOOKS, f"{CALLS}?endpoint={made['id']}", EVENTS):
        assert rival_api.get(path).json()["results"] == []


def test_more_calls_take_no_more_statements(api: APIClient, acme: Merchant) -> None:
    created(api)

    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert api.get(CALLS).status_code == 200
        return len(queries)

    publish_changes(acme, 2)
    work.answer("kernel.event")
    statements()
    few = statements()
    publish_changes(acme, 30)
    work.answer("kernel.event")
    assert statements() == few


# Events for those who ask.


def test_events_are_read_page_by_page_and_gone_on_with(api: APIClient, acme: Merchant, without_margin: None) -> None:
    ids = publish_changes(acme, 7)
    time.sleep(0.01)
    page = api.get(EVENTS, {"limit": 3}).json()
    read = [*page["results"]]
    while page["next"]:
        page = api.get(page["next"]).json()
        read += page["results"]
    assert [event["id"] for event in read] == ids
    assert set(read[0]) == {"id", "type", "timestamp", "data"}
    assert read[0]["data"]["status"] == "delivered"
    later = publish_changes(acme, 2)
    time.sleep(0.01)
    assert [event["id"] for event in api.get(EVENTS, {"after": ids[-1]}).json()["results"]] == later


def test_events_are_the_same_as_in_calls(
    api: APIClient, acme: Merchant, receiver: Running, without_margin: None
) -> None:
    created(api, url=f"{receiver.url}/ok")
    publish_changes(acme)
    deliver()
    [came], [event] = receiver.told(), api.get(EVENTS).json()["results"]
    assert came["id"] == event.pop("id")
    assert came["body"] == event


def test_events_are_filtered_by_type_and_time(api: APIClient, acme: Merchant, without_margin: None) -> None:
    long_ago = timezone.now() - timedelta(days=3)
    for name in ("orders.placed", "orders.packed"):
        Event.objects.create(name=name, merchant_id=acme.pk, subject_id=acme.pk, published_at=long_ago)
    publish_changes(acme)
    time.sleep(0.01)

    def types(**query: str) -> list[str]:
        return [event["type"] for event in api.get(EVENTS, query).json()["results"]]

    assert types() == ["orders.placed", "orders.packed", STATUS_CHANGED]
    assert types(type="orders.packed") == ["orders.packed"]
    assert types(type=f"orders.packed,{STATUS_CHANGED}") == ["orders.packed", STATUS_CHANGED]
    assert types(since=(timezone.now() - timedelta(days=1)).isoformat()) == [STATUS_CHANGED]
    assert api.get(EVENTS, {"since": "yesterday"}).status_code == 400


def test_the_youngest_events_are_not_shown_yet(api: APIClient, acme: Merchant) -> None:
    [event_id] = publish_changes(acme)
    assert api.get(EVENTS).json()["results"] == []
    assert Event.objects.filter(pk=event_id).exists()


def test_no_event_comes_in_behind_a_readers_back(api: APIClient, acme: Merchant, without_margin: None) -> None:
    """An event whose transaction is still open is older than one that is committed: neither is shown before both."""
    is_written, may_commit = threading.Event(), threading.Event()
    slow_ids: list[str] = []

    def write_slowly() -> None:
        with transaction.atomic():
            slow_ids.extend(publish_inside(acme))
            is_written.set()
            may_commit.wait(10)
        connection.close()

    writer = threading.Thread(target=write_slowly)
    writer.start()
    assert is_written.wait(10)
    [quick] = publish_changes(acme)
    assert api.get(EVENTS).json()["results"] == [], "a reader that saw the quick one would miss the slow one"
    may_commit.set()
    writer.join()
    time.sleep(0.01)
    assert [event["id"] for event in api.get(EVENTS).json()["results"]] == [*slow_ids, quick]


def test_a_reader_beside_many_writers_misses_nothing(api: APIClient, acme: Merchant, without_margin: None) -> None:
    """Eight writers whose transactions last unequally long, and a reader that goes on from the last that it saw."""
    made: list[str] = []
    lock = threading.Lock()

    def write(number: int) -> None:
        for turn in range(12):
            with transaction.atomic():
                events = publish_inside(acme)
                connection.cursor().execute("SELECT pg_sleep(%s)", [(number * 7 + turn) % 5 / 100])
            with lock:
                made.extend(events)
        connection.close()

    writers = [threading.Thread(target=write, args=[number]) for number in range(8)]
    for writer in writers:
        writer.start()
    read: list[str] = []
    while any(writer.is_alive() for writer in writers) or len(read) < len(made):
        time.sleep(0.02)
        query = {"after": read[-1], "limit": "50"} if read else {"limit": "50"}
        read += [event["id"] for event in api.get(EVENTS, query).json()["results"]]
        assert len(read) == len(set(read))
    assert sorted(read) == sorted(made) and len(read) == 96
    assert read == sorted(read)


def publish_inside(merchant: Merchant) -> list[str]:
    connection.cursor().execute("SELECT 1")  # the transaction begins with its first statement
    payload = dict.fromkeys(tracking.events.STATUS_CHANGED.payload, "")
    event = make_event(tracking.events.STATUS_CHANGED, merchant_id=merchant.pk, subject_id=merchant.pk, **payload)
    publish_all([event])
    return [str(event.id)]
