"""What changes reaches whoever looks at it, through a real process and a real database."""

import asyncio
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction

import aftersales.services
import orders.services
from logistics_portal.embedded_postgres import EmbeddedPostgres
from logistics_portal.kernel import tokens, work
from logistics_portal.kernel.live import TOPICS_A_PAYLOAD, tell_viewers
from logistics_portal.live.hub import APPLICATION_NAME
from logistics_portal.live.passes import make_pass
from logistics_portal.live.viewer import WAITING_MAX, Viewer
from logistics_portal.processes import free_port, wait_until
from orders.models import Order
from tests import build
from tests.live.streams import SOON, Live, live_process
from tests.races import aftership
from tracking.services import keep_payload

pytestmark = pytest.mark.django_db(transaction=True)
QUIET = 1.0  # seconds in which nothing must come


def cut_off_listener() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = %s AND datname = current_database()",
            [APPLICATION_NAME],
        )
        assert cursor.fetchall() == [(True,)], "one connection for all viewers"


def test_a_payload_that_is_read_reaches_the_viewer(live: Live, order: Order) -> None:
    parcel = build.shipment(order).parcels.get()
    other = build.order(merchant=order.merchant)
    work.drain()
    with live.look_at(order.pk) as viewer, live.look_at(order.pk) as second, live.look_at(other.pk) as stranger:
        keep_payload(
            carrier="aftership",
            body=aftership.body(parcel.tracking_number, [aftership.checkpoint(1)]),
            content_type="application/json",
            account=None,
        )
        work.drain()
        assert viewer.next() == "changed"
        assert second.next() == "changed"
        assert viewer.last_id == pytest.approx(time.time() * 1000, abs=60_000)
        assert stranger.next(QUIET) == ""


@pytest.mark.parametrize(
    "act",
    [
        lambda order: orders.services.pack_order(order=order),
        lambda order: orders.services.cancel_order(order=order),
        lambda order: build.shipment(order),
    ],
    ids=["packed", "canceled", "shipped"],
)
def test_plans_reach_the_viewer_too(live: Live, order: Order, act: object) -> None:
    work.drain()
    if act.__code__.co_names[-1] == "pack_order":
        orders.services.start_picking(order=order)
    with live.look_at(order.pk) as viewer:
        act(order)
        work.drain()
        assert viewer.next() == "changed"


def test_a_return_reaches_the_viewer(live: Live, order: Order) -> None:
    build.delivered(order)
    work.drain()
    with live.look_at(order.pk) as viewer:
        line = order.lines.first()
        aftersales.services.request_return(order=order, reason="too_small", comment="", quantities={line.pk: 1})
        work.drain()
        assert viewer.next() == "changed"


def test_nothing_is_told_of_what_was_rolled_back(live: Live, order: Order) -> None:
    with live.look_at(order.pk) as viewer:
        with transaction.atomic():
            tell_viewers([order.pk])
            transaction.set_rollback(True)
        assert viewer.next(QUIET) == ""


def test_a_large_batch_is_told_with_one_statement(live: Live, django_assert_num_queries: object) -> None:
    topics = [uuid4() for _ in range(3 * TOPICS_A_PAYLOAD + 1)]
    with live.look_at(min(topics)) as first, live.look_at(max(topics)) as last:
        with django_assert_num_queries(1):
            tell_viewers(topics)
        assert first.next() == "changed"
        assert last.next() == "changed"


def test_only_a_good_pass_opens_a_stream(live: Live, order: Order) -> None:
    good = make_pass(order.pk)
    today = int(time.time()) // (24 * 3600)
    yesterdays, older = (tokens.make_token("live", order.pk, version=today - days) for days in (1, 2))
    forged = good[:-3] + ("A" if good[-3] != "A" else "B") + good[-2:]
    for bad in (forged, older, order.token, "", "x", "%00", good + good):
        assert live.ask(f"/live/{bad}").status == 403, bad
    for path in ("/", "/live", f"/live/{yesterdays}x/y", "/t/"):
        assert live.ask(path).status in (403, 404), path
    assert live.ask(f"/live/{yesterdays}").status == 200


def test_the_stream_is_for_our_pages_alone(live: Live, order: Order) -> None:
    with live.look_at(order.pk, Origin="https://elsewhere.example") as viewer:
        said = viewer.answer.headers
    assert said["Content-Type"] == "text/event-stream"
    assert said["Cache-Control"] == "no-cache"
    assert said["X-Accel-Buffering"] == "no"
    assert said["Access-Control-Allow-Origin"] == settings.BASE_URL


def test_who_comes_back_is_told_what_was_missed(live: Live, order: Order) -> None:
    with live.look_at(order.pk) as viewer:
        tell_viewers([order.pk])
        assert viewer.next() == "changed"
        heard = viewer.last_id
    tell_viewers([order.pk])
    with live.look_at(order.pk, **{"Last-Event-ID": str(heard)}) as back:
        assert back.next() == "changed"
        seen = back.last_id
    with live.look_at(order.pk, at=0, **{"Last-Event-ID": str(seen + 5000)}) as current:
        assert current.next(QUIET) == ""
        assert current.last_id > heard, "an id without an event tells the browser up to when it knows"
    with live.look_at(order.pk, at=0) as unknown:
        assert unknown.next() == "changed"
    with live.look_at(order.pk, **{"Last-Event-ID": "no number"}) as odd:
        assert odd.next() == "changed"


def test_a_page_that_was_read_before_the_change_is_told_at_once(live: Live, order: Order) -> None:
    with live.look_at(order.pk) as witness:
        read_at = int(time.time() * 1000)
        tell_viewers([order.pk])
        assert witness.next() == "changed"
    with live.look_at(order.pk, at=read_at) as late:
        assert late.next() == "changed"


def test_after_the_database_hung_up_everybody_looks_again(live: Live, order: Order) -> None:
    other = build.order(merchant=order.merchant)
    with live.look_at(order.pk) as one, live.look_at(other.pk) as two:
        cut_off_listener()
        tell_viewers([order.pk])  # nobody hears this
        assert one.next() == "resync"
        assert two.next() == "resync"
        tell_viewers([order.pk])
        assert one.next() == "changed"
        assert two.next(QUIET) == ""


def test_a_restart_of_the_database_is_survived(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    for folder in tmp_path.parents:
        if folder.stat().st_mode & 0o011 == 0:
            folder.chmod(0o711)  # the database's own user must get through
    server = EmbeddedPostgres(tmp_path / "postgres", port=free_port())
    topic = uuid4()
    try:
        url = server.start()
        with live_process(tmp_path / "live.log", url) as running, running.look_at(topic) as viewer:
            server.stop()
            assert wait_until(lambda: not running.is_ready(), SOON)
            with running.look_at(topic) as patient:
                server.start()
                assert viewer.next() == "resync"
                assert patient.next() == "resync"
            assert running.is_ready()
            with psycopg.connect(url, autocommit=True) as database:
                database.execute("SELECT pg_notify('portal_live', %s)", [topic.hex])
            assert viewer.next() == "changed"
    finally:
        server.destroy()


def test_the_process_ends_at_once_and_in_order(tmp_path: Path, order: Order) -> None:
    with live_process(tmp_path / "live.log") as running, running.look_at(order.pk) as viewer:
        started = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        assert viewer.next() == "end"
        assert running.process.wait(timeout=10) == -signal.SIGTERM
        assert time.monotonic() - started < 5
        assert "Cancel" not in (tmp_path / "live.log").read_text()


def test_too_many_viewers_of_one_page_are_refused(live: Live) -> None:
    topic, streams = uuid4(), []
    try:
        while len(streams) <= 100:
            streams.append(live.look_at(topic))
        assert [stream.answer.status for stream in streams] == [200] * 100 + [503]
    finally:
        for stream in streams:
            stream.__exit__()
    assert wait_until(lambda: live.ask(f"/live/{make_pass(topic)}").status == 200, SOON), "their places are free again"


def test_who_does_not_read_is_dropped_not_buffered() -> None:
    taken: list[bytes] = []

    async def stuck(message: dict) -> None:
        taken.append(message["body"])
        await asyncio.Event().wait()

    async def stream() -> None:
        viewer = Viewer(stuck)
        for _ in range(WAITING_MAX):
            viewer.tell(b"event: changed\n\n")
            await asyncio.sleep(0)

    # in a thread of its own: a browser's tests leave a loop running in this one
    with ThreadPoolExecutor(1) as thread, pytest.raises(asyncio.CancelledError):
        thread.submit(asyncio.run, stream()).result()
    assert taken == [b"event: changed\n\n"]
