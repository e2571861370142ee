"""What Twilio tells afterwards: only Twilio is believed, and no message ever moves back."""

import json
import time
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.conf import LazySettings, settings
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as some

from logistics_portal.kernel import work
from merchants.models import Merchant
from notifications.channels.sms import is_signed
from notifications.models import Message, Receipt
from orders.models import Order
from tests import build
from tests.notifications.conftest import ACCOUNT, PUBLIC, TOKEN
from tests.servers.processes import Running
from tests.servers.twilio_server import sign

PATH = "/webhooks/twilio/status"
SID = "SM" + "1" * 32


@pytest.fixture(autouse=True)
def account(settings: LazySettings) -> None:
    settings.BASE_URL, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_ACCOUNT_SID = PUBLIC, TOKEN, ACCOUNT


@pytest.fixture
def sent(order: Order) -> Message:
    """A message that Twilio took and called `SID`."""
    return Message.objects.create(
        merchant=order.merchant,
        order=order,
        kind="order_confirmed",
        subject_id=order.pk,
        fact="fact",
        channel="sms",
        address=str(order.phone),
        status="sent",
        provider_id=SID,
    )


def call_back(status: str, *, sid: str = SID, query: str = "", token: str = TOKEN, **more: str) -> int:
    form = {"MessageSid": sid, "MessageStatus": status, "To": "+4915112345678", "AccountSid": ACCOUNT, **more}
    path = f"{PATH}{query}"
    return post(path, form, sign(token, f"{PUBLIC}{path}", form))


def post(path: str, form: dict[str, str], signature: str) -> int:
    return (
        Client()
        .post(
            path,
            urlencode(form),
            content_type="application/x-www-form-urlencoded",
            headers={"X-Twilio-Signature": signature},
        )
        .status_code
    )


def test_a_delivery_is_noted(sent: Message) -> None:
    assert call_back("delivered") == 204
    sent.refresh_from_db()
    assert sent.status == "delivered"
    assert sent.delivered_at
    receipt = Receipt.objects.get()
    assert receipt.status == "delivered"
    assert receipt.content == {"MessageSid": SID, "MessageStatus": "delivered"}, "no phone number is kept"


@pytest.mark.parametrize("status", ["undelivered", "failed"])
def test_a_failure_is_noted_with_its_code(status: str, sent: Message) -> None:
    assert call_back(status, ErrorCode="30005") == 204
    sent.refresh_from_db()
    assert (sent.status, sent.error_code) == ("failed", "30005")
    assert sent.failed_at
    assert sent.last_error == "SMS: the handset is not known (30005)"


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (["delivered", "delivered"], "delivered"),
        (["delivered", "sent", "queued"], "delivered"),
        (["delivered", "undelivered"], "delivered"),
        (["undelivered", "delivered"], "failed"),
        (["sent", "read", "failed"], "delivered"),
        (["something_new", "receiving"], "sent"),
    ],
)
def test_late_doubled_and_reversed_callbacks_move_nothing_back(told: list[str], status: str, sent: Message) -> None:
    assert [call_back(word) for word in told] == [204] * len(told)
    sent.refresh_from_db()
    assert sent.status == status
    assert list(Receipt.objects.order_by("id").values_list("status", flat=True)) == told


def test_a_callback_that_is_faster_than_our_own_note_finds_its_message(sent: Message) -> None:
    Message.objects.filter(pk=sent.pk).update(status="queued", provider_id="")
    assert call_back("delivered", query=f"?message={sent.pk}") == 204
    sent.refresh_from_db()
    assert (sent.status, sent.provider_id) == ("delivered", SID)
    assert sent.sent_at


@pytest.mark.parametrize("query", ["", f"?message={uuid4()}", "?message=x", "?message="])
def test_a_message_that_is_not_ours_is_no_error(query: str, db: None) -> None:
    assert call_back("delivered", sid="SM" + "2" * 32, query=query) == 204
    assert not Receipt.objects.exists()


def test_a_wrong_signature_is_refused(sent: Message) -> None:
    form = {"MessageSid": SID, "MessageStatus": "delivered"}
    good = sign(TOKEN, f"{PUBLIC}{PATH}", form)
    assert call_back("delivered", token="wrong") == 403
    assert post(PATH, form, "") == 403
    assert post(PATH, form, "ü" * len(good)) == 403
    assert post(PATH, {**form, "MessageStatus": "failed"}, good) == 403
    assert post(f"{PATH}?message={sent.pk}", form, good) == 403
    assert post(PATH, form, sign(TOKEN, f"https://elsewhere.example{PATH}", form)) == 403
    sent.refresh_from_db()
    assert sent.status == "sent"
    assert post(PATH, form, good) == 204


def test_without_a_token_nobody_is_believed(sent: Message, settings: LazySettings) -> None:
    settings.TWILIO_AUTH_TOKEN = ""
    assert call_back("delivered", token="") == 403


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_only_posts_are_taken(method: str, db: None) -> None:
    assert getattr(Client(), method)(PATH).status_code == 405


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"a" * 20_000, "application/x-www-form-urlencoded", 413),
        (b"{}", "application/json", 415),
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x", 415),
        (b"&a" * 8000, "application/x-www-form-urlencoded", 400),
        (b"%00=%00&%ff=%c0", "application/x-www-form-urlencoded", 403),
        (b"a=1", "application/x-www-form-urlencoded; charset=utf-7", 400),
    ],
)
def test_garbage_is_refused(body: bytes, content_type: str, status: int, db: None) -> None:
    client = Client(raise_request_exception=False)
    answer = client.post(PATH, body, content_type=content_type, headers={"X-Twilio-Signature": "x"})
    assert answer.status_code == status


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    form=some.dictionaries(
        some.sampled_from(["MessageSid", "MessageStatus", "ErrorCode", "ChannelStatusMessage", "x"]),
        some.text(some.characters(codec="utf-8"), max_size=300),
        min_size=1,
    )
)
def test_signed_garbage_is_never_an_error(form: dict[str, str], sent: Message) -> None:
    query = f"?message={sent.pk}"
    assert post(f"{PATH}{query}", form, sign(TOKEN, f"{PUBLIC}{PATH}{query}", form)) == 204


def vectors() -> list[dict]:
    path = Path(settings.CORPUS_DIR) / "twilio" / "signature_vectors.json"
    if not path.exists():
        return []
    held = json.loads(path.read_text())
    by_name = {vector["name"]: vector for vector in held["vectors"]}
    unmatched = {**by_name["basic"], "name": "unmatched_param"}
    unmatched["params"] = {**unmatched["params"], "Digits": "9999"}
    wrong_token = {**by_name["basic"], "name": "wrong_token", "token": "12346"}
    assert {one["name"] for one in held["negative"]} == {"unmatched_param", "wrong_token"}
    return [
        *({**one, "holds": True} for one in held["vectors"]),
        *({**one, "holds": False} for one in (unmatched, wrong_token)),
    ]


class Form(dict):
    """A form whose fields may come several times, as Django's."""

    def getlist(self, name: str) -> list[str]:
        return self[name] if isinstance(self[name], list) else [self[name]]


@pytest.mark.corpus
@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector["name"])
def test_recorded_signatures(vector: dict) -> None:
    form = vector.get("body") or Form(vector["params"])
    assert is_signed(vector["url"], form, vector["signature"], token=vector["token"]) == vector["holds"]


def wait_for(told: list[str], server: Running) -> list[dict]:
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        lines = [line for line in server.told() if "called_back" in line]
        if [line["called_back"] for line in lines] == told:
            return lines
        time.sleep(0.05)
    raise AssertionError(f"Twilio called back {server.told()}")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("phone", "told", "status"),
    [
        ("+4915112345678", ["queued", "sent", "delivered"], "delivered"),
        ("+15005550005", ["queued", "sent", "undelivered"], "failed"),
        ("+15005550006", ["delivered", "delivered", "sent", "queued"], "delivered"),
    ],
)
def test_a_real_server_calls_back_on_a_real_port(
    phone: str, told: list[str], status: str, acme: Merchant, calling_twilio: Running
) -> None:
    order = build.order(merchant=acme, email="")
    Order.objects.filter(pk=order.pk).update(phone=phone)
    work.drain()
    answers = [line["answer"] for line in wait_for(told, calling_twilio)]
    assert answers == [204] * len(told)
    message = Message.objects.get()
    assert message.status == status
    assert message.receipts.count() == len(told)
    assert message.done_at
