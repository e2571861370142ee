"""A real Chromium before a live server; without one these tests are skipped, and say so."""

import os

import pytest

from merchants.models import Merchant
from tests.browser.chromium import ARGUMENTS, PATH
from tests.browser.scene import Scene, build_scene

# Playwright's own loop runs in the thread of the test, which Django would take for a mistake.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)
            if PATH is None:
                item.add_marker(pytest.mark.skip(reason="no chromium on this machine (apt-get install chromium)"))


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict:
    return {"executable_path": PATH, "args": ARGUMENTS}


@pytest.fixture
def scene(transactional_db: None, acme: Merchant) -> Scene:
    return build_scene(acme)
