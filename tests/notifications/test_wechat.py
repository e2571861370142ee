"""WeChat: one consent is one message, counted by us; one token for all; what WeChat refuses is sorted."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook

from logistics_portal.kernel import http, work
from merchants.models import Merchant
from notifications.channels import wechat
from notifications.channels.base import DeadAddress, Outgoing, StaleToken, TryLater, Undeliverable
from notifications.hooks.endpoints import make_secret
from notifications.models import Message, WeChatAccount, WeChatConsent, WeChatTemplate
from notifications.services import Recipient, Telling, addresses_of
from notifications.subscriptions import consents, tokens
from orders.models import Order
from tests import build
from tests.servers.processes import Running, running

TEMPLATE, FIELDS = "tmpl-shipped", "character_string1,phrase2,thing3,time4"
MAPPING = {"character_string1": "order", "phrase2": "title", "thing3": "text", "time4": "time"}
APP = "wx0000000000000000"


@pytest.fixture
def wechat_server(tmp_path: Path, settings: LazySettings) -> Iterator[Running]:
    with running("wechat_server", tmp_path / "wechat", "--template", f"{TEMPLATE}:{FIELDS}") as server:
        settings.WECHAT_BASE_URL = server.url
        yield server


def ask(server: Running, path: str, **body: object) -> dict:
    return json.loads(http.call("POST", f"{server.url}{path}", content=json.dumps(body).encode()).body)


def calls(server: Running, path: str) -> list[dict]:
    return [line for line in server.told() if line["path"] == path]


def account_of(merchant: Merchant, **changes: object) -> WeChatAccount:
    account = WeChatAccount.objects.create(
        merchant=merchant, app_id=APP, app_secret="secret", report_secret=make_secret(), **changes
    )
    WeChatTemplate.objects.create(
        account=account, kind="shipped", template_id=TEMPLATE, fields=MAPPING, page="p?o={order}"
    )
    return account


@pytest.fixture
def account(acme: Merchant) -> WeChatAccount:
    return account_of(acme)


def consent(account: WeChatAccount, **changes: object) -> WeChatConsent:
    given = {"number": build.ANNS_PHONE, "openid": "o-ann", "template_id": TEMPLATE, "report": uuid4().hex}
    return WeChatConsent.objects.create(account=account, **{**given, **changes})


def message_to(account: WeChatAccount, **changes: object) -> Message:
    given = {"kind": "shipped", "subject_id": uuid4(), "fact": uuid4().hex, "channel": "wechat", "address": "o-ann"}
    return Message.objects.create(merchant=account.merchant, **{**given, **changes})


def openid_for(account: WeChatAccount, kind: str = "shipped", phone: str = build.ANNS_PHONE) -> list[str]:
    recipient = Recipient(phone=phone, merchant_id=account.merchant_id)
    (found,) = addresses_of([Telling(kind=kind, fact="f", subject_id=uuid4(), recipient=recipient)], "wechat")
    return list(found)


# The client, against a server that speaks the documented protocol.


def outgoing(token: str, **changes: object) -> Outgoing:
    target = {"token": token, "template_id": TEMPLATE, "fields": json.dumps(MAPPING), "page": "pages/order?n=1"}
    given: dict = {
        "address": "o-ann",
        "subject": "派送中",
        "text": "快递员正在派送，请留意",
        "idempotency_key": "key",
        "language": "zh-hans",
        "target": target,
        "facts": {"order": "A-1001"},
    }
    return Outgoing(**{**given, **changes})


def config(server: Running) -> Mapping[str, str]:
    return {"WECHAT_BASE_URL": server.url}


def lent(server: Running, *, force: bool = False) -> str:
    return wechat.fetch_token(APP, "secret", server.url, force=force).value


def test_a_message_fills_the_merchant_s_template(wechat_server: Running) -> None:
    ask(wechat_server, "/consent", openid="o-ann", template_id=TEMPLATE)
    sent = wechat.Channel().send(outgoing(lent(wechat_server)), config(wechat_server))
    (call,) = calls(wechat_server, wechat.SEND_PATH)
    when = call["asked"]["data"].pop("time4")["value"]
    assert call["asked"] == {
        "touser": "o-ann",
        "template_id": TEMPLATE,
        "page": "pages/order?n=1",
        "miniprogram_state": "formal",
        "lang": "zh_CN",
        "data": {
            "character_string1": {"value": "A-1001"},
            "phrase2": {"value": "派送中"},
            "thing3": {"value": "快递员正在派送，请留意"},
        },
    }
    assert when.startswith(f"{datetime.now(wechat.CLOCK):%Y年%m月}")
    assert sent.provider_id == str(call["answer"]["msgid"])


def test_a_second_message_needs_a_second_consent(wechat_server: Running) -> None:
    ask(wechat_server, "/consent", openid="o-ann", template_id=TEMPLATE)
    token = lent(wechat_server)
    wechat.Channel().send(outgoing(token), config(wechat_server))
    with pytest.raises(Undeliverable) as refused:
        wechat.Channel().send(outgoing(token), config(wechat_server))
    assert refused.value.code == "43101"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (40001, StaleToken),
        (40014, StaleToken),
        (42001, StaleToken),
        (40003, DeadAddress),
        (43101, Undeliverable),
        (43116, Undeliverable),
        (47003, Undeliverable),
        (40037, Undeliverable),
        (45009, Undeliverable),
        (45011, TryLater),
        (43108, TryLater),
        (-1, TryLater),
        (99999, TryLater),
    ],
)
def test_refusals_are_sorted(code: int, error: type[Exception], wechat_server: Running) -> None:
    with pytest.raises(error) as refused:
        wechat.Channel().send(outgoing(lent(wechat_server), address=f"code{code}"), config(wechat_server))
    assert type(refused.value) is error
    assert refused.value.code == str(code)  # type: ignore[attr-defined]


@pytest.mark.parametrize("missing", ["consent", "template", "account"])
def test_nothing_is_sent_without_a_consent_a_template_or_an_account(missing: str, wechat_server: Running) -> None:
    with pytest.raises(Undeliverable) as refused:
        wechat.Channel().send(outgoing("", target={"missing": missing}), config(wechat_server))
    assert refused.value.code == missing
    assert wechat_server.told() == []


@pytest.mark.parametrize(
    ("field", "text", "fitted"),
    [
        ("thing3", "包裹正在派送中，快递员会在今天下午送到您的地址", "包裹正在派送中，快递员会在今天下午送到…"),
        ("thing3", "two\nlines", "two lines"),
        ("thing3", "", "-"),
        ("phrase2", "Delivered", "更新"),
        ("phrase2", "已送达到门口了", "已送达到门"),
        ("character_string1", "A-1001 包裹", "A-1001 "),
        ("character_string1", "x" * 40, "x" * 32),
        ("name5", "这是一个非常长的名字呀", "这是一个非常长的名字"),
        ("date6", "2026年11月22日", "2026年11月22日"),
    ],
)
def test_words_are_cut_to_what_a_field_takes(field: str, text: str, fitted: str) -> None:
    assert wechat.fit(field, text) == fitted


def test_a_merchant_s_own_words_stand_where_they_were_put() -> None:
    assert wechat.said("=快递", outgoing("")) == "快递"
    assert wechat.said("merchant", outgoing("", sender="Acme")) == "Acme"
    assert wechat.said("carrier", outgoing("")) == ""


@pytest.mark.parametrize(("app", "secret", "code"), [("wx1", "secret", "40013"), (APP, "wrong", "40125")])
def test_a_wrong_account_lends_no_token_and_waits_for_a_person(
    app: str, secret: str, code: str, wechat_server: Running
) -> None:
    with pytest.raises(Undeliverable) as refused:
        wechat.fetch_token(app, secret, wechat_server.url, force=False)
    assert refused.value.code == code


def test_a_new_token_is_made_by_force_only(wechat_server: Running) -> None:
    first = lent(wechat_server)
    assert lent(wechat_server) == first
    assert lent(wechat_server, force=True) != first


# Tokens: one for all processes.


@pytest.mark.django_db(transaction=True)
def test_an_account_s_token_is_fetched_once_and_kept_sealed(account: WeChatAccount, wechat_server: Running) -> None:
    work.ring(WeChatAccount)
    work.drain()
    account.refresh_from_db()
    assert account.has_token()
    assert timedelta(minutes=110) < account.due_at - timezone.now() < timedelta(hours=2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_token, app_secret, report_secret FROM notifications_wechataccount")
        assert all(value.startswith("sealed:") for value in cursor.fetchone())
    work.drain()
    assert len(calls(wechat_server, wechat.TOKEN_PATH)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_token_that_wechat_takes_no_more_is_made_anew_once(account: WeChatAccount, wechat_server: Running) -> None:
    work.drain()
    account.refresh_from_db()
    old = account.access_token
    ask(wechat_server, "/revoke")
    for _ in range(3):
        tokens.ask_anew(account_id=account.pk, token=old)
    account.refresh_from_db()
    assert not account.has_token(), "nothing is sent with it meanwhile"
    work.drain()
    account.refresh_from_db()
    assert account.has_token()
    assert account.access_token != old
    tokens.ask_anew(account_id=account.pk, token=old)
    work.drain()
    asked = [call["asked"]["force_refresh"] for call in calls(wechat_server, wechat.TOKEN_PATH)]
    assert asked == [False, True], "who still holds the old one changes nothing"


@pytest.mark.django_db(transaction=True)
def test_a_wrong_secret_is_not_tried_for_ever(account: WeChatAccount, wechat_server: Running) -> None:
    WeChatAccount.objects.update(app_secret="wrong")
    work.drain()
    account.refresh_from_db()
    assert account.is_given_up
    assert "40125" in account.last_error
    assert len(calls(wechat_server, wechat.TOKEN_PATH)) == 1


@pytest.mark.django_db(transaction=True)
def test_an_account_that_is_off_asks_for_no_token(acme: Merchant, wechat_server: Running) -> None:
    account_of(acme, is_active=False)
    work.drain()
    assert wechat_server.told() == []


# Consents.


@pytest.mark.django_db
def test_who_consented_can_be_told_what_they_consented_to(account: WeChatAccount, rival: Merchant) -> None:
    assert openid_for(account) == []
    consent(account)
    assert openid_for(account) == ["o-ann"]
    assert openid_for(account, kind="delivered") == []
    assert openid_for(account, phone="+4915199999999") == []
    assert openid_for(account_of(rival)) == [], "another merchant's consents are another's"


@pytest.mark.django_db
def test_a_merchant_whose_account_is_off_tells_nobody(account: WeChatAccount) -> None:
    consent(account)
    WeChatAccount.objects.update(is_active=False)
    assert openid_for(account) == []


@pytest.mark.django_db
def test_each_message_takes_one_consent_and_keeps_it_at_every_try(account: WeChatAccount) -> None:
    consent(account), consent(account)
    first, second, third = (message_to(account) for _ in range(3))
    targets = consents.targets_of([first, second, third])
    assert [targets[one.pk].get("missing", "") for one in (first, second, third)] == ["", "", "consent"]
    again = consents.targets_of([first])
    assert again[first.pk]["template_id"] == TEMPLATE
    assert WeChatConsent.objects.filter(message=first).count() == 1
    assert openid_for(account) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "is_back"), [("failed", True), ("withdrawn", True), ("sent", False), ("delivered", False)]
)
def test_a_consent_is_free_again_when_its_message_did_not_go(
    status: str, is_back: bool, account: WeChatAccount
) -> None:
    consent(account)
    message = message_to(account)
    consents.targets_of([message])
    Message.objects.filter(pk=message.pk).update(status=status, failed_at=timezone.now(), error_code="47003")
    assert openid_for(account) == (["o-ann"] if is_back else [])
    other = message_to(account)
    assert ("missing" not in consents.targets_of([other])[other.pk]) is is_back


@pytest.mark.django_db
def test_wechat_s_word_that_none_is_left_counts_more_than_ours(account: WeChatAccount) -> None:
    consent(account), consent(account)
    message = message_to(account)
    consents.targets_of([message])
    Message.objects.filter(pk=message.pk).update(status="failed", failed_at=timezone.now(), error_code="43101")
    assert openid_for(account) == []
    consent(account)
    assert openid_for(account) == ["o-ann"], "a new yes is a new consent"


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_take_the_same_consent(account: WeChatAccount) -> None:
    for _ in range(20):
        consent(account)
    messages = [message_to(account) for _ in range(40)]
    begin, found = Barrier(4), []

    def take(mine: list[Message]) -> None:
        begin.wait()
        for message in mine:
            found.append(consents.targets_of([message])[message.pk])
        connection.close()

    threads = [Thread(target=take, args=(messages[part::4],)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum("missing" not in target for target in found) == 20
    assert WeChatConsent.objects.filter(message__isnull=False).count() == 20


@pytest.mark.django_db
def test_many_messages_take_theirs_with_few_statements(
    account: WeChatAccount, django_assert_max_num_queries: Callable
) -> None:
    for _ in range(30):
        consent(account)
    messages = [message_to(account) for _ in range(30)]
    with django_assert_max_num_queries(8):
        targets = consents.targets_of(messages)
    assert not any("missing" in target for target in targets.values())


# The door where mini-programmes report.


def report(
    account: WeChatAccount,
    body: Mapping[str, object],
    *,
    name: str = "r-1",
    secret: str = "",
    at: datetime | None = None,
):
    content = json.dumps(body)
    at = at or datetime.now(UTC)
    signature = Webhook(secret or account.report_secret).sign(name, at, content)
    headers = {"webhook-id": name, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
    return Client().post(
        f"/webhooks/wechat/{account.pk}/consents", content, content_type="application/json", headers=headers
    )


def yes(order: Order, **answers: str) -> dict[str, object]:
    return {"openid": "o-ann", "order": order.number, "templates": answers or {TEMPLATE: "accept"}}


@pytest.mark.django_db
def test_a_signed_report_is_kept_once(account: WeChatAccount, acme: Merchant) -> None:
    order = build.order(merchant=acme)
    body = yes(order, **{TEMPLATE: "accept", "other": "reject"})
    answers = [report(account, body) for _ in range(2)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(202, {"kept": 1}), (202, {"kept": 0})]
    row = WeChatConsent.objects.get()
    assert (str(row.number), row.openid, row.template_id) == (build.ANNS_PHONE, "o-ann", TEMPLATE)
    assert openid_for(account) == ["o-ann"]


@pytest.mark.django_db
def test_a_report_may_name_the_number_instead(account: WeChatAccount) -> None:
    body = {"openid": "o-ann", "phone": "0151 12345678", "templates": {TEMPLATE: "accept"}}
    assert report(account, body).json() == {"kept": 1}
    assert openid_for(account) == ["o-ann"]


@pytest.mark.django_db
def test_reports_that_were_not_signed_are_refused(account: WeChatAccount, acme: Merchant, rival: Merchant) -> None:
    body = yes(build.order(merchant=acme))
    long_ago = datetime.now(UTC) - timedelta(minutes=10)
    refused = (
        report(account, body, secret=make_secret()),
        report(account, body, at=long_ago),
        report(account, body, secret=account_of(rival).report_secret),
        Client().post(f"/webhooks/wechat/{account.pk}/consents", body, content_type="application/json"),
    )
    assert {answer.status_code for answer in refused} == {403}
    assert not WeChatConsent.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"templates": {}},
        {"templates": "accept"},
        {"templates": {TEMPLATE: "perhaps"}},
        {"templates": {f"t{number}": "accept" for number in range(6)}},
        {"openid": ""},
        {"openid": "o" * 65},
        {"openid": 7},
    ],
)
def test_reports_that_can_not_be_read_are_refused(wrong: dict, account: WeChatAccount, acme: Merchant) -> None:
    assert report(account, {**yes(build.order(merchant=acme)), **wrong}).status_code == 422
    assert not WeChatConsent.objects.exists()


@pytest.mark.django_db
def test_another_merchant_s_order_is_none(account: WeChatAccount, rival: Merchant) -> None:
    assert report(account, yes(build.order(merchant=rival))).status_code == 404


@pytest.mark.django_db
def test_an_account_that_is_off_takes_no_reports(account: WeChatAccount, acme: Merchant) -> None:
    WeChatAccount.objects.update(is_active=False)
    assert report(account, yes(build.order(merchant=acme))).status_code == 404
