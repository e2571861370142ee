"""Staff see whom carriers are asked about, why not, and whether an account may ask; secrets never come back."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.admin.conftest import World
from tracking.models import Asking, CarrierAccount, Parcel, Poll

pytestmark = pytest.mark.django_db


def url(row: object, name: str = "change") -> str:
    return reverse(f"admin:tracking_{row._meta.model_name}_{name}", args=[row.pk])


def given(world: World, **changes: object) -> dict[str, object]:
    return {"merchant": world.merchant.pk, "label": "asks", "is_active": "on", "is_polled": "on", **changes}


def poll_of(world: World, **changes: object) -> Poll:
    Poll.objects.filter(parcel__shipment=world.shipment).update(**{"asked_at": None, **changes})
    return Poll.objects.get(parcel__shipment=world.shipment)


def test_credentials_are_written_and_never_shown(support: Client, own: World) -> None:
    account = own.account
    page = support.get(url(account)).content.decode()
    assert 'name="credential_api_key"' in page
    posted = given(own, credential_api_key="top-secret-key", credential_base_url="https://sandbox.example")
    assert support.post(url(account), posted).status_code == 302
    account.refresh_from_db()
    assert account.credentials == {"api_key": "top-secret-key", "base_url": "https://sandbox.example"}
    page = support.get(url(account)).content.decode()
    assert "top-secret-key" not in page
    assert "Stored, and not shown" in page
    assert support.post(url(account), given(own, credential_base_url="")).status_code == 302
    account.refresh_from_db()
    assert account.credentials == {"api_key": "top-secret-key"}
    assert account.webhook_secret == "acme-secret"


def test_secrets_lie_encrypted_in_the_database(own: World) -> None:
    CarrierAccount.objects.filter(pk=own.account.pk).update(credentials={"api_key": "top-secret-key"})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT webhook_secret, credentials FROM tracking_carrieraccount WHERE id = %s", [own.account.pk]
        )
        [(secret, credentials)] = cursor.fetchall()
    assert secret.startswith("sealed:") and credentials.startswith("sealed:")
    assert "secret" not in secret + credentials


def test_an_open_line_is_refused(support: Client, own: World) -> None:
    response = support.post(url(own.account), given(own, credential_base_url="http://carrier.example"))
    assert response.status_code == 200
    assert "begin with https://" in response.content.decode()


def test_a_new_account_leads_to_its_credentials(support: Client, own: World) -> None:
    add = reverse("admin:tracking_carrieraccount_add")
    response = support.post(add, given(own, carrier="ups"))
    account = CarrierAccount.objects.get(carrier="ups")
    assert (response.status_code, response.url) == (302, url(account))
    assert "Credentials missing" in support.get(response.url).content.decode()
    refused = support.post(add, given(own, carrier="dicom"))
    assert refused.status_code == 200
    assert not CarrierAccount.objects.filter(carrier="dicom").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Asks"),
        ({"refused_at": timezone.now(), "trouble": "DHL does not accept the credentials (401)."}, "Refused since"),
        ({"paused_until": timezone.now() + timedelta(hours=9), "trouble": "DHL is not well (500)."}, "Paused until"),
    ],
)
def test_how_asking_goes_is_told(support: Client, own: World, changes: dict, words: str) -> None:
    own.account.credentials = {"api_key": "k"}
    own.account.save()
    Asking.objects.create(account=own.account, **changes)
    page = support.get(url(own.account)).content.decode()
    assert words in page
    assert changes.get("trouble", "") in page
    assert words in support.get(reverse("admin:tracking_carrieraccount_changelist")).content.decode()
    if changes:
        support.post(f"{url(own.account).removesuffix('change/')}do/trust-again/")
        assert Asking.objects.get(account=own.account).trouble == ""


def test_polled_parcels_are_listed_with_the_reason_they_stopped(support: Client, own: World, foreign: World) -> None:
    mine = poll_of(own, stopped_for="never_known", due_at=None, done_at=timezone.now())
    poll_of(foreign)
    page = support.get(reverse("admin:tracking_poll_changelist"), {"asked": "stopped"})
    assert list(page.context["cl"].queryset) == [mine]
    assert "The carrier never knew the number" in page.content.decode()
    assert support.get(reverse("admin:tracking_poll_changelist"), {"asked": "on"}).context["cl"].result_count == 0
    assert support.get(url(mine)).status_code == 200


def test_ask_now_starts_what_stopped(support: Client, own: World) -> None:
    mine = poll_of(own, stopped_for="silent", due_at=None, done_at=timezone.now())
    Parcel.objects.filter(pk=mine.parcel_id).update(carrier="dhl")
    deed = f"{url(mine).removesuffix('change/')}do/ask-now/"
    support.post(deed)
    mine.refresh_from_db()
    assert mine.stopped_for == "silent", "nobody may ask yet"
    own.account.credentials = {"api_key": "k"}
    own.account.save()
    support.post(deed)
    mine.refresh_from_db()
    assert (mine.stopped_for, mine.done_at) == ("", None)
    assert mine.due_at <= timezone.now()


def test_the_shipments_page_tells_when_its_carrier_was_asked(support: Client, own: World) -> None:
    mine = poll_of(own, asked_at=timezone.now())
    page = support.get(url(mine.parcel.shipment)).content.decode()
    assert f"Carrier last asked {mine.asked_at:%Y-%m-%d}" in page
