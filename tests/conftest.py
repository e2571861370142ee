"""The cast: acme is a merchant, rival another that must see nothing of it; staff works for acme."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from logistics_portal.kernel import work
from merchants.models import Merchant
from orders.models import Order
from tests import build


@pytest.fixture(autouse=True)
def _fresh_throttles() -> None:
    cache.clear()


@pytest.fixture(scope="session")
def base_url() -> None:
    """Pages are opened by whole addresses. The browser plugin's own fixture is made in a way that pytest gives up."""


@pytest.fixture
def acme(db: None) -> Merchant:
    return build.merchant(slug="acme")


@pytest.fixture
def rival(db: None) -> Merchant:
    return build.merchant(slug="rival")


@pytest.fixture
def order(acme: Merchant) -> Order:
    return build.order(merchant=acme)


@pytest.fixture
def staff(acme: Merchant):
    return build.staff(acme)


@pytest.fixture
def api(acme: Merchant) -> APIClient:
    return build.api_client(acme)


@pytest.fixture
def rival_api(rival: Merchant) -> APIClient:
    return build.api_client(rival)


@pytest.fixture
def drain(django_capture_on_commit_callbacks: object) -> Callable[[], int]:
    """Do all work that is due, as the workers would."""
    return work.drain
