"""One process of live pages for each file of tests, on the test database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.streams import Live, live_process


@pytest.fixture(scope="module")
def live(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    log = Path(tmp_path_factory.mktemp("live")) / "live.log"
    with live_process(log) as running:
        yield running
