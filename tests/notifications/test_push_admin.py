"""Staff connect a mini-programme: secrets are written and never shown, fields are checked, tenants kept apart."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from merchants.models import Merchant
from notifications.models import WeChatAccount, WeChatTemplate
from tests import build
from tests.notifications.test_wechat import account_of
from tests.visitors import worker

pytestmark = pytest.mark.django_db
ADD = "/admin/notifications/wechataccount/add/"


@pytest.fixture
def boss(db: None) -> User:
    return build.staff(superuser=True, name="boss")


def form(merchant: Merchant, mapping: str = "thing1: title\nphrase2：text\nthing3: =快递", **changes: object) -> dict:
    given = {
        "merchant": str(merchant.pk),
        "app_id": "wx1",
        "app_secret": "very secret",
        "stage": "formal",
        "is_active": "on",
        "templates-TOTAL_FORMS": "1",
        "templates-INITIAL_FORMS": "0",
        "templates-0-kind": "shipped",
        "templates-0-template_id": "t-1",
        "templates-0-mapping": mapping,
        "templates-0-page": "pages/order?n={order}",
    }
    return {**given, **changes}


def test_an_account_is_added_and_its_secret_for_reports_is_shown_once(boss: User, acme: Merchant) -> None:
    client = worker(boss)
    page = client.post(ADD, form(acme), follow=True).content.decode()
    account = WeChatAccount.objects.get()
    assert account.report_secret.startswith("whsec_")
    assert account.report_secret in page
    assert WeChatTemplate.objects.get().fields == {"thing1": "title", "phrase2": "text", "thing3": "=快递"}
    again = client.get(f"/admin/notifications/wechataccount/{account.pk}/change/").content.decode()
    assert "thing1: title" in again
    for secret in (account.report_secret, "very secret"):
        assert secret not in again


@pytest.mark.parametrize(
    "mapping", ["thing1", "thing1: price", "thing: title", "Thing1: title", "thing1: =", "thing1: title\nthing1: text"]
)
def test_fields_that_no_template_has_are_refused(mapping: str, boss: User, acme: Merchant) -> None:
    page = worker(boss).post(ADD, form(acme, mapping))
    assert page.status_code == 200
    assert not WeChatAccount.objects.exists()


def test_without_a_secret_there_is_no_account(boss: User, acme: Merchant) -> None:
    worker(boss).post(ADD, form(acme, app_secret=""))
    assert not WeChatAccount.objects.exists()


def test_a_secret_that_is_left_empty_is_kept(boss: User, acme: Merchant) -> None:
    account = account_of(acme)
    template = account.templates.get()
    changed = form(
        acme,
        app_secret="",
        **{
            "app_id": "wx2",
            "templates-INITIAL_FORMS": "1",
            "templates-0-id": str(template.pk),
            "templates-0-account": str(account.pk),
        },
    )
    worker(boss).post(f"/admin/notifications/wechataccount/{account.pk}/change/", changed)
    account.refresh_from_db()
    assert (account.app_id, account.app_secret) == ("wx2", "secret")
    assert not account.has_token()


def test_a_new_secret_ends_the_old_one(boss: User, acme: Merchant) -> None:
    account = account_of(acme)
    old = account.report_secret
    page = worker(boss).post(f"/admin/notifications/wechataccount/{account.pk}/do/new-secret/", follow=True)
    account.refresh_from_db()
    assert account.report_secret != old
    assert account.report_secret in page.content.decode()


def test_other_merchants_staff_see_nothing_of_it(acme: Merchant, rival: Merchant) -> None:
    account = account_of(acme)
    stranger = build.staff(rival, superuser=False, name="stranger")
    client = worker(stranger)
    assert client.get(f"/admin/notifications/wechataccount/{account.pk}/change/").status_code in (302, 403)
    assert Client().get("/admin/notifications/wechataccount/").status_code == 302
