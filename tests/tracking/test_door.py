"""The carriers' door as the web server's entry opens it: it answers as the page does, and believes nobody too long."""

import time
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from logistics_portal.kernel.models import Bell
from logistics_portal.wsgi import application
from tests import build
from tests.races import aftership
from tests.races.aftership import DOOR, SECRET, checkpoint, signature
from tests.races.at_once import at_once
from tracking.models import CarrierAccount, CarrierPayload

BODY = aftership.body("4711471147", [checkpoint(1)])


def push(body: bytes = BODY, *, path: str = DOOR, secret: str = SECRET, **changes: Any) -> tuple[int, bytes]:
    """The status and content of the answer to a signed push at the web server's entry."""
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_AFTERSHIP_HMAC_SHA256": signature(body, secret),
        **changes,
    }
    told: list[str] = []
    content = b"".join(application(environ, lambda status, headers: told.append(status)))
    return int(told[0].split()[0]), content


@pytest.fixture
def account() -> CarrierAccount:
    return build.carrier_account("aftership")


@pytest.mark.django_db
def test_what_was_signed_is_kept_and_answered(account: CarrierAccount) -> None:
    assert push() == (202, b'{"status":"accepted"}')
    kept = CarrierPayload.objects.get()
    assert (bytes(kept.body), kept.account, kept.carrier, kept.content_type) == (
        BODY,
        account,
        "aftership",
        "application/json",
    )
    assert kept.outcome == CarrierPayload.Outcome.WAITING
    assert kept.due_at == kept.received_at
    assert (kept.attempts, kept.last_error, kept.note, kept.tracking_numbers) == (0, "", "", [])


@pytest.mark.django_db(transaction=True)  # Django's own answers end the connection of a test's transaction
@pytest.mark.parametrize(
    ("status", "request_changes"),
    [
        (401, {"secret": "wrong"}),
        (401, {"path": f"{DOOR}/00000000-0000-7000-8000-000000000000"}),
        (404, {"path": "/webhooks/carriers/nobody"}),
        (404, {"path": f"{DOOR}/not-an-account"}),
        (400, {"body": b""}),
        (413, {"body": b" " * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)}),
        (405, {"REQUEST_METHOD": "GET"}),
        (400, {"CONTENT_LENGTH": "many"}),
    ],
)
def test_refusals(account: CarrierAccount, status: int, request_changes: dict[str, Any]) -> None:
    assert push(**request_changes)[0] == status
    assert not CarrierPayload.objects.exists()


@pytest.mark.django_db
def test_an_account_that_changed_counts_at_once(account: CarrierAccount) -> None:
    assert push()[0] == 202
    account.webhook_secret = "another"
    account.save()
    assert push()[0] == 401
    assert push(secret="another")[0] == 202
    account.is_active = False
    account.save()
    assert push(secret="another")[0] == 401
    account.delete()
    assert push(secret="another")[0] == 401
    assert CarrierPayload.objects.count() == 2


@pytest.mark.django_db
def test_of_two_accounts_the_signer_is_found(account: CarrierAccount) -> None:
    assert push()[0] == 202, "the first is known by now"
    other = CarrierAccount.objects.create(carrier="aftership", label="Other", webhook_secret="other")
    assert push(secret="other")[0] == 202
    assert push(secret="other", path=f"{DOOR}/{other.pk}")[0] == 202
    assert push(secret="other", path=f"{DOOR}/{account.pk}")[0] == 401
    assert CarrierPayload.objects.filter(account=other).count() == 2


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_each_kept_once_and_rung_for() -> None:
    build.carrier_account("aftership")
    bodies = [aftership.body(f"471147114{number:02d}", [checkpoint(1)]) for number in range(24)]
    assert {status for status, _ in at_once([lambda body=body: push(body) for body in bodies])} == {202}
    assert sorted(bytes(kept.body) for kept in CarrierPayload.objects.all()) == sorted(bodies)
    assert Bell.objects.filter(kind="tracking.carrierpayload", rung_at__isnull=False).exists()


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_to_the_database_loses_no_payload() -> None:
    build.carrier_account("aftership")
    assert push()[0] == 202
    with connection.cursor() as cursor:
        cursor.execute("SET idle_session_timeout = '50ms'")
    time.sleep(0.2)
    assert push()[0] == 202, "the connection had been ended while it idled"
    assert CarrierPayload.objects.count() == 2
