"""Workers that are killed while they call merchants: every event arrives, and what comes twice has one id."""

import sys
import time
from pathlib import Path

import pytest
from django.db import close_old_connections

from logistics_portal.processes import wait_until
from notifications.models import WebhookCall, WebhookEndpoint
from tests import build
from tests.notifications.hooks import came_to, endpoint_at, publish_changes
from tests.races.portal_processes import database_of_its_own, kill, workers
from tests.servers.processes import running

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"),
]
EVENTS = 12


def test_calls_that_were_cut_are_repeated_with_the_same_id(tmp_path: Path) -> None:
    log = tmp_path / "workers.log"
    with (
        database_of_its_own() as database_url,
        running("hook_receiver", tmp_path / "calls", "--delay", "1.0") as receiver,
        workers(database_url, log) as at_work,
    ):
        acme = build.merchant()
        endpoint_at(receiver, "/slow", acme)
        endpoint_at(receiver, "/ok", acme)
        assert wait_until(at_work.is_complete, 40)
        ids = publish_changes(acme, EVENTS)
        assert wait_until(lambda: came_to(receiver, "/slow").total() >= 2, 20), log.read_text(errors="replace")[-3000:]
        in_hand = came_to(receiver, "/slow")
        for pid in at_work.pool():
            kill(pid)
        assert wait_until(_all_delivered, 60, pause=0.3), log.read_text(errors="replace")[-3000:]
        time.sleep(1)
        for path in ("/slow", "/ok"):
            assert set(came_to(receiver, path)) == set(ids), "an event was lost"
        again = {event_id for event_id, times in came_to(receiver, "/slow").items() if times > 1}
        assert again & set(in_hand), "the calls that were cut were not made again"
        assert all(line["verified"] for line in receiver.told())
        assert WebhookEndpoint.objects.filter(status=WebhookEndpoint.Status.ACTIVE).count() == 2
        at_work.stop()


def _all_delivered() -> bool:
    close_old_connections()
    delivered = WebhookCall.objects.filter(outcome=WebhookCall.Outcome.DELIVERED)
    return delivered.count() == 2 * EVENTS
