"""The story that `bin/demo --check` tells, told to a server of this process with one worker beside it."""

import threading
from collections.abc import Iterator

import pytest
from django.db import connections

from logistics_portal.demo.story import STEPS, Story
from logistics_portal.demo_data.world import build_world, new_logins
from logistics_portal.kernel import tasks, work
from merchants.models import Merchant
from tests import build
from tests.live.streams import Live, live_process


class Worker(threading.Thread):
    """Does what is due until it is told to stop."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.stopped = threading.Event()

    def run(self) -> None:
        try:
            while not self.stopped.wait(0.05):
                tasks.beat()
                work.drain()
        finally:
            connections.close_all()


@pytest.fixture
def worker(live_server: object) -> Iterator[Worker]:
    thread = Worker()
    thread.start()
    yield thread
    thread.stopped.set()
    thread.join(timeout=30)
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def live(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The process of open pages' streams."""
    with live_process(tmp_path_factory.mktemp("live") / "live.log") as running:
        yield running


@pytest.mark.django_db(transaction=True)
def test_the_story_holds(live_server: object, live: Live, worker: Worker, settings: object) -> None:
    settings.DEMO_INBOX = True
    settings.BASE_URL = live_server.url
    settings.LIVE_URL = live.url
    build_world()
    sample = build.order(merchant=Merchant.objects.get(slug="nordlicht"))
    links = [{"label": "An order", "path": f"/t/{sample.token}/"}]
    story = Story(live_server.url, new_logins() | {"sample_links": links})
    for label, step in STEPS:
        try:
            step(story)
        except AssertionError as error:
            pytest.fail(f"{label}: {error}", pytrace=False)
