"""Texts that people send to our numbers: only the provider is believed, each is kept once, understood and answered."""

from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as some

from customers.models import PhoneNumber
from logistics_portal.kernel import work
from merchants.models import Merchant
from notifications import services
from notifications.channels.base import Inbound
from notifications.inbound import texts
from notifications.inbound.reading import Reading, read
from notifications.models import DemoDelivery, InboundMessage, Message, SmsSender
from orders.models import Order
from tests import build
from tests.notifications.conftest import ACCOUNT, PUBLIC, TOKEN
from tests.servers.twilio_server import sign

PATH = "/webhooks/twilio/inbound"
OURS = "+4915735980000"
PHONE = build.ANNS_PHONE


@pytest.fixture(autouse=True)
def account(demo: None, settings: LazySettings) -> None:
    """Signed calls are believed; what goes out is shown on the demo's phone."""
    settings.TWILIO_AUTH_TOKEN = TOKEN


def write(text: str, *, number: str = PHONE, to: tuple[str, ...] = (OURS,), opt_out: str = "") -> InboundMessage:
    inbound = Inbound(provider_id=f"SM{uuid4().hex}", address=number, text=text, written_to=to, opt_out=opt_out)
    kept = texts.note_text(channel="sms", inbound=inbound)
    assert kept
    return kept


def answer_to(text: str, **more: object) -> str:
    """The SMS that comes back."""
    work.drain()
    DemoDelivery.objects.all().delete()
    kept = write(text, **more)
    work.drain()
    return "\n".join(DemoDelivery.objects.over("sms", to=kept.number).values_list("text", flat=True))


def post(form: dict[str, str], *, token: str = TOKEN, path: str = PATH, **more: str) -> int:
    signature = sign(token, f"{PUBLIC}{path}", form)
    answer = Client().post(
        path,
        urlencode(form),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature, **more},
    )
    if answer.status_code == 200:
        assert answer.content.endswith(b"<Response/>"), "Twilio sends what it gets here"
    return answer.status_code


def form(text: str = "1", **changes: str) -> dict[str, str]:
    told = {"MessageSid": "SM" + "1" * 32, "AccountSid": ACCOUNT, "From": PHONE, "To": OURS, "Body": text}
    return {**told, "NumMedia": "0", "NumSegments": "1", **changes}


# the door


def test_a_signed_text_is_kept_once_however_often_it_comes(order: Order) -> None:
    assert [post(form("2 Friday")) for _ in range(3)] == [200] * 3
    kept = InboundMessage.objects.get()
    assert (kept.number, kept.written_to, kept.text, kept.meaning) == (PHONE, OURS, "2 Friday", "later")
    assert (kept.order, kept.merchant, kept.needs_staff) == (order, order.merchant, True)
    assert Message.objects.filter(kind="reply").count() == 1


def test_whoever_is_not_twilio_is_refused(order: Order) -> None:
    assert post(form("STOP"), token="wrong") == 403
    good = sign(TOKEN, f"{PUBLIC}{PATH}", form("1"))
    body = urlencode(form("STOP"))
    kind = "application/x-www-form-urlencoded"
    assert Client().post(PATH, body, content_type=kind, headers={"X-Twilio-Signature": good}).status_code == 403
    assert Client().post(PATH, body, content_type=kind).status_code == 403
    assert not InboundMessage.objects.exists()
    assert not services.is_stopped(number=PHONE)


def test_without_a_token_nobody_is_believed(order: Order, settings: LazySettings) -> None:
    settings.TWILIO_AUTH_TOKEN = ""
    assert post(form("STOP"), token="") == 403


@pytest.mark.parametrize("number", ["", "12345", "ALERTS", "+0123", "whatsapp:+4915112345678"])
def test_what_can_not_be_answered_is_taken_and_left(number: str, db: None) -> None:
    assert post(form("STOP", From=number)) == 200
    assert not InboundMessage.objects.exists()


def test_other_methods_and_forms_are_refused(db: None) -> None:
    assert Client().get(PATH).status_code == 405
    assert Client().post(PATH, b"{}", content_type="application/json").status_code == 415
    long = b"a" * 20_000
    assert Client().post(PATH, long, content_type="application/x-www-form-urlencoded").status_code == 413


# understanding


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        *((text, "stop") for text in ("STOP", "stop.", " Stop ", "Stop all", "UNSUBSCRIBE", "STOPP!", "Abmelden")),
        *((text, "stop") for text in ("停止", "退订", "退訂", "TD", "td", "T", "拒收", "Stop texting me")),
        *((text, "start") for text in ("START", "unstop", "Anmelden", "恢复", "开始")),
        *((text, "help") for text in ("HELP", "Hilfe", "?", "？", "info", "帮助")),
        *((text, "where") for text in ("1", "1.", " １ ", "①", "where", "Wo ist mein Paket?", "在哪里？", "查询")),
        *((text, "later") for text in ("2", "2 Freitag", "später", "改天", "2, please on Monday")),
        *((text, "person") for text in ("3", "3!", "人工", "agent", "3 call me")),
        *(
            (text, "other")
            for text in ("", "…", "2:30 is fine", "3 pm", "2点", "2月3日", "1.5 kg?", "hello 1", "12", "ok")
        ),
        ("don't stop", "other"),
        ("Nonstop", "other"),
    ],
)
def test_what_a_text_means(text: str, meaning: str) -> None:
    assert read(text).meaning == meaning


@given(some.text(max_size=200))
def test_every_text_has_a_meaning(text: str) -> None:
    assert read(text).meaning in InboundMessage.Meaning.values


def test_more_words_than_the_known_one_are_for_staff(order: Order) -> None:
    assert read("1 parcel is missing") == Reading("where", says_more=True)
    assert write("1 parcel is missing").needs_staff
    assert write("cancel").needs_staff, "the order, or the messages?"
    assert not write("1").needs_staff
    assert not write("STOP").needs_staff


# stop and start


def test_stop_ends_sms_and_start_begins_them_again(order: Order) -> None:
    assert "no more SMS" in answer_to("STOP")
    assert services.is_stopped(number=PHONE)
    assert "You get our SMS again" in answer_to("start")
    assert not services.is_stopped(number=PHONE)


def test_after_stop_an_answer_still_comes_to_who_asks(order: Order) -> None:
    write("STOP")
    assert order.number in answer_to("1")


@pytest.mark.parametrize(("text", "stopped"), [("STOP", True), ("Quit", True), ("UNSTOP", False), ("yes", False)])
def test_what_twilio_answers_itself_is_not_answered_twice(text: str, stopped: bool, order: Order) -> None:
    services.stop_messages(number=PHONE)
    assert post(form(text)) == 200
    assert services.is_stopped(number=PHONE) == stopped
    assert not Message.objects.filter(kind="reply").exists()


def test_a_word_that_the_service_was_taught_counts(order: Order) -> None:
    assert post(form("Basta", OptOutType="STOP")) == 200
    assert services.is_stopped(number=PHONE)


# answers


def test_where_tells_status_and_day(acme: Merchant) -> None:
    order = build.order(merchant=acme, promised_on=timezone.localdate() + timedelta(days=2))
    said = answer_to("1")
    assert f"Acme: Order {order.number}. Your order is confirmed. Expected " in said
    assert order.tracking_url in said
    build.scan(build.shipment(order).parcels.get(), "out_for_delivery")
    assert "Your parcel is out for delivery." in answer_to("1")


def test_where_speaks_of_the_newest_open_order(acme: Merchant) -> None:
    old = build.order(merchant=acme)
    newest = build.order(merchant=acme)
    done = build.order(merchant=acme)
    build.delivered(done)
    assert newest.number in answer_to("1")
    for one in (old, newest):
        Order.objects.filter(pk=one.pk).update(status="canceled")
    Order.objects.filter(pk__in=[old.pk, newest.pk]).update(placed_at=timezone.now() - timedelta(days=90))
    assert f"{done.number}. Your parcel was delivered." in answer_to("1")


def test_a_stranger_learns_nothing(order: Order) -> None:
    said = answer_to("1", number="+4915199999999")
    assert "no open order" in said
    assert order.number not in said


def test_who_got_an_old_number_does_not_hear_of_its_former_orders(order: Order) -> None:
    PhoneNumber.objects.filter(number=PHONE).update(held_back_before=timezone.now())
    assert "no open order" in answer_to("1")


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("de", "1", "Ihre Bestellung ist bestätigt."),
        ("zh-hans", "1", "：订单已确认。http"),
        ("de", "TD", "【Acme】您将不再收到我们的短信"),
        ("zh-hans", "STOPP", "Sie erhalten keine SMS mehr"),
    ],
)
def test_an_answer_speaks_as_it_was_asked(language: str, text: str, said: str, acme: Merchant) -> None:
    build.order(merchant=acme, language=language)
    assert said in answer_to(text)


@pytest.mark.parametrize("language", ["en", "de", "zh-hans"])
@pytest.mark.parametrize("text", ["STOP", "START", "HELP", "1", "2", "2 x", "3", "hm", "answer"])
@pytest.mark.parametrize("has_order", [True, False])
def test_every_answer_is_short_and_in_one_language(
    language: str, text: str, has_order: bool, acme: Merchant, staff: User
) -> None:
    order = build.order(merchant=acme, language=language, promised_on=timezone.localdate() + timedelta(days=3))
    work.drain()
    if not has_order:
        Order.objects.filter(pk=order.pk).update(phone="+4915100000000")
    said = answer_to("3" if text == "answer" else text)
    if text == "answer":
        DemoDelivery.objects.all().delete()
        texts.answer_text(text=InboundMessage.objects.get(), answer="OK", by=staff)
        work.drain()
        said = DemoDelivery.objects.get(channel="sms").text
    assert said.startswith("【Acme】" if language == "zh-hans" else "Acme: ")
    assert "\n" not in said
    assert "  " not in said
    assert len(said) <= 320
    assert InboundMessage.objects.get().language == language


def test_an_answer_is_kept_without_what_opens_the_page(order: Order) -> None:
    write("1")
    work.drain()
    kept = Message.objects.get(kind="reply")
    assert (kept.order, kept.status) == (order, "delivered")
    assert order.number in kept.body
    assert order.token not in kept.body
    assert InboundMessage.objects.get().reply == kept


def test_two_machines_that_answer_each_other_come_to_an_end(order: Order) -> None:
    for _ in range(texts.REPLIES.times + 5):
        write("I am on holiday")
    assert InboundMessage.objects.count() == texts.REPLIES.times + 5
    assert Message.objects.filter(kind="reply").count() == texts.REPLIES.times


# whose customer


def test_a_merchants_own_number_decides_whose_customer_writes(acme: Merchant, rival: Merchant) -> None:
    mine, theirs = build.order(merchant=acme), build.order(merchant=rival)
    SmsSender.objects.create(merchant=acme, sends_as="+4915735981111")
    SmsSender.objects.create(merchant=rival, sends_as="MG" + "b" * 32)
    assert mine.number in answer_to("1", to=("+4915735981111",))
    said = answer_to("1", to=("+4915735982222", "MG" + "b" * 32))
    assert said.startswith("Rival: ")
    assert theirs.number in said
    assert mine.number not in said


def test_on_the_portals_number_who_wrote_last_is_answered(acme: Merchant, rival: Merchant) -> None:
    theirs = build.order(merchant=rival)
    mine = build.order(merchant=acme)
    work.drain()
    assert mine.number in answer_to("1")
    build.shipment(theirs)
    work.drain()
    assert theirs.number in answer_to("1")


# staff


def test_staff_answer_over_the_same_number_and_that_settles_it(order: Order, staff: User) -> None:
    text = write("Please leave it with Mrs. Miller")
    assert list(InboundMessage.objects.waiting()) == [text]
    work.drain()
    DemoDelivery.objects.all().delete()
    texts.answer_text(text=text, answer=" We told the courier. ", by=staff)
    work.drain()
    assert DemoDelivery.objects.get(channel="sms").text == "Acme: We told the courier."
    text.refresh_from_db()
    assert (text.answer, text.settled_by) == ("We told the courier.", staff)
    assert not InboundMessage.objects.waiting().exists()
    with pytest.raises(texts.UnableToAnswer):
        texts.answer_text(text=text, answer="Again", by=staff)
    assert texts.settle_texts(texts=[text.pk], by=staff) == 0


@pytest.mark.parametrize("answer", ["", "   ", "x" * 601])
def test_an_answer_says_something_and_not_too_much(answer: str, order: Order, staff: User) -> None:
    with translation.override("de"), pytest.raises(texts.Invalid, match="600"):
        texts.answer_text(text=write("3"), answer=answer, by=staff)
    assert InboundMessage.objects.waiting().exists()


def test_staff_see_their_own_merchants_texts_on_their_pages(
    order: Order, rival: Merchant, staff: User, client: Client
) -> None:
    staff.user_permissions.set(Permission.objects.all())
    client.force_login(staff)
    mine = write("Where is my <b>parcel</b>?")
    build.order(merchant=rival, phone="+4915199999999")
    theirs = write("secret of another", number="+4915199999999")
    listed = client.get("/admin/notifications/inboundmessage/?staff=waiting").content.decode()
    assert "Where is my &lt;b&gt;parcel&lt;/b&gt;?" in listed
    assert theirs.text not in listed
    assert "Where is my" in client.get(f"/admin/orders/order/{order.pk}/change/").content.decode()
    assert client.get(f"/admin/notifications/inboundmessage/{theirs.pk}/change/").status_code == 302
    assert "Waiting for an answer" in client.get("/admin/").content.decode()
    page = f"/admin/notifications/inboundmessage/{mine.pk}/do/answer/"
    assert client.post(page, {"answer": "On its way."}).status_code == 302
    mine.refresh_from_db()
    assert mine.answer == "On its way."


# the demo's phone


def test_the_demos_phone_answers_for_numbers_that_got_something(order: Order, client: Client) -> None:
    assert client.post("/demo/phone/answer/", {"number": PHONE, "text": "STOP"}).status_code == 404
    work.drain()
    assert client.post("/demo/phone/answer/", {"number": PHONE, "text": "STOP"}).status_code == 302
    assert services.is_stopped(number=PHONE)
    work.drain()
    page = client.get("/demo/phone/", {"number": PHONE})
    assert "Refresh" in page.headers
    assert "STOP" in page.content.decode()
    assert "no more SMS" in page.content.decode()
    assert "Refresh" not in client.get("/demo/phone/", {"number": PHONE, "write": ""}).headers


def test_without_the_demo_nobody_answers_by_hand(order: Order, client: Client, settings: LazySettings) -> None:
    work.drain()
    settings.DEMO_INBOX = False
    assert client.post("/demo/phone/answer/", {"number": PHONE, "text": "STOP"}).status_code == 404
    assert not InboundMessage.objects.exists()
