"""Every kind of message, over every channel, in every language, from real facts."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User

import customers.services
import tracking.services
from customers.models import PhoneVerification
from merchants.models import Merchant
from notifications import kinds, services, words
from notifications.delegates import delegates_of
from notifications.facts import GATHERERS, GOING_BACK, TROUBLES
from notifications.models import DemoDelivery, Message
from notifications.services import CHANNELS, Way
from notifications.variables import sample_facts
from tests import build
from tests.notifications.conftest import PUBLIC
from tests.notifications.story import CHAPTERS, told
from tracking.carriers.base import REASONS
from tracking.models import Shipment

pytestmark = pytest.mark.usefixtures("demo")

LANGUAGES = [code for code, _ in settings.LANGUAGES]
KINDS = sorted(CHAPTERS)
# Answers to what people wrote; each has a test of its own.
TESTED_APART = {"reply", "support_reply", "support_closing", "dispute_question", "dispute_offer"}
EMAIL_ONLY, SMS_ONLY = {"order_packed"}, {"verification_code"}
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = set("^{}\\[~]|€")


def sms_parts(text: str) -> int:
    """How many SMS a text takes: 160 characters of GSM 03.38, 70 of any other; less when it takes several."""
    if set(text) <= GSM | GSM_EXTENDED:
        length, one, each = sum(2 if mark in GSM_EXTENDED else 1 for mark in text), 160, 153
    else:
        length, one, each = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= one else -(-length // each)


@pytest.fixture
def nordwind(transactional_db: None) -> Merchant:
    merchant = build.merchant(slug="nordwind", auto_approve_returns=False)
    Merchant.objects.filter(pk=merchant.pk).update(name="Nordwind & Co")
    merchant.refresh_from_db()
    return merchant


@pytest.fixture
def clerk(nordwind: Merchant) -> User:
    return build.staff(nordwind)


def test_every_kind_has_words_and_facts() -> None:
    folders = {path.name for path in (Path(settings.BASE_DIR) / "templates" / "messages").iterdir() if path.is_dir()}
    assert folders - set(CHAPTERS) <= TESTED_APART
    assert folders <= set(GATHERERS) and folders <= set(kinds.KINDS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channel", sorted(CHANNELS))
def test_words_exist_in_every_language_or_in_none(kind: str, channel: str) -> None:
    folder = Path(settings.BASE_DIR) / "templates" / "messages" / kind
    endings = ["txt", "html"] if CHANNELS[channel].has_html else ["txt"]
    there = {(folder / f"{channel}.{language}.{end}").exists() for language in LANGUAGES for end in endings}
    assert there == {words.is_told(kind, channel)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fact_is_told_over_its_channels(language: str, nordwind: Merchant, clerk: User) -> None:
    for kind in KINDS:
        _over_every_channel(kind, nordwind)
        messages = told(kind, nordwind, language, clerk)
        expected = (
            ["sms", "sms"]
            if kind == "number_changed"
            else ["email"]
            if kind in EMAIL_ONLY
            else ["sms"]
            if kind in SMS_ONLY
            else ["email", "sms"]
        )
        assert [message.channel for message in messages] == expected, kind
        for message in messages:
            _check(message, language)


def _over_every_channel(kind: str, merchant: Merchant) -> None:
    """At once and beside each other, whatever its usual way."""
    if not kinds.of(kind).is_necessary:
        over = tuple(channel for channel in ("sms", "email") if words.is_told(kind, channel))
        way = Way(True, (), over, delay=timedelta(), digest=timedelta(), at_any_hour=True)
        services.set_trigger(merchant=merchant, kind=kind, way=way)


def _check(message: Message, language: str) -> None:
    assert (message.status, message.language, message.last_error) == ("delivered", language, ""), message.kind
    shown = DemoDelivery.objects.get(pk=message.provider_id.removeprefix("demo-"))
    assert "Nordwind & Co" in shown.text, "a text is not escaped"
    assert not re.search(r"{[{%#]", shown.text + shown.html)
    assert not re.search(r"\s[.,!?]|\(\)|:\s*$|None", shown.text), shown.text
    if message.channel == "sms":
        _check_sms(shown, message.kind, language)
    else:
        _check_email(shown, message)


def _check_sms(shown: DemoDelivery, kind: str, language: str) -> None:
    parts = sms_parts(shown.text)
    assert parts <= (2 if language == "zh-hans" else 1), f"{parts} parts, {len(shown.text)} characters: {shown.text}"
    assert shown.text.startswith("【Nordwind & Co】" if language == "zh-hans" else "Nordwind & Co: ")
    if kind not in ("verification_code", "number_changed"):
        assert re.search(r"https://track\.nordwind\.example/[tr]/[\w-]{38}/$", shown.text)


def _check_email(shown: DemoDelivery, message: Message) -> None:
    assert shown.subject
    assert "\n" not in shown.subject
    assert "Nordwind &amp; Co" in shown.html
    assert "Nordwind & Co<" not in shown.html
    reader = delegates_of([message]).get(message.pk)
    name, link = (reader.name, reader.url) if reader else ("Ann Archer", message.order.tracking_url)
    assert name in shown.text
    assert name in shown.html
    assert link in shown.text
    assert f'href="{link}"' in shown.html
    assert f'<html lang="{message.language}">' in shown.html


NEXT = {"en": "What happens next: ", "de": "So geht es weiter: ", "zh-hans": "接下来："}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("trouble", sorted({*TROUBLES.values(), *GOING_BACK.values(), ""}))
def test_trouble_is_told_plainly(trouble: str, language: str) -> None:
    facts = {
        "merchant": "Nordwind & Co",
        "name": "Ann",
        "order": "A-1001",
        "carrier": "DHL",
        "support": "help@n.example",
    }
    facts |= {"trouble": trouble, "link": f"{PUBLIC}/t/{'x' * 38}/", "numbers": ["JD1"], "reply_to": "help@n.example"}
    sms = words.render("exception", CHANNELS["sms"], language, facts).text
    assert sms_parts(sms) <= (2 if language == "zh-hans" else 1), (len(sms), sms)
    mail = words.render("exception", CHANNELS["email"], language, facts)
    assert NEXT[language] in mail.text
    assert NEXT[language] in mail.html
    assert ("help@n.example" in mail.text) == (trouble in {"address", *GOING_BACK.values()})
    again = words.render("attempt_failed", CHANNELS["email"], language, facts)
    assert ("help@n.example" in again.text) == (trouble == "address")


def test_troubles_are_reasons_that_adapters_give() -> None:
    assert set(TROUBLES) <= REASONS


def test_what_customers_and_staff_typed_is_escaped_in_html(nordwind: Merchant, clerk: User) -> None:
    mail, sms = told("return_rejected", nordwind, "en", clerk)
    shown = DemoDelivery.objects.get(pk=mail.provider_id.removeprefix("demo-"))
    assert "It was <worn> & torn." in shown.text
    assert "It was &lt;worn&gt; &amp; torn." in shown.html
    assert sms.status == "delivered"


def test_the_confirmation_lists_what_was_ordered(nordwind: Merchant, clerk: User) -> None:
    mail, _ = told("order_confirmed", nordwind, "de", clerk)
    shown = DemoDelivery.objects.get(pk=mail.provider_id.removeprefix("demo-"))
    for text in (shown.text, shown.html):
        assert "2 × Thing 1" in text
        assert "39,80 €" in text
        assert "84,50 €" in text
        assert "4,90 €" in text


def test_codes_and_links_are_sent_and_never_stored(nordwind: Merchant, clerk: User) -> None:
    out = told("out_for_delivery", nordwind, "en", clerk)
    (code_message,) = told("verification_code", nordwind, "en", clerk)
    handover = tracking.services.handover_code(Shipment.objects.get())
    code = customers.services.verification_code(PhoneVerification.objects.get())
    texts = {row.pk.hex: row.text for row in DemoDelivery.objects.all()}
    assert any(handover in text for text in texts.values())
    assert any(code in text for text in texts.values())
    for message in [*out, code_message]:
        assert words.BLACKED_OUT in message.body
        assert handover not in message.body
        assert code not in message.body
        assert message.order is None or message.order.token not in message.body


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("zh-CN", "zh-hans"),
        ("zh-Hans", "zh-hans"),
        ("EN", "en"),
        ("fr", "en"),
        ("", "en"),
    ],
)
def test_the_nearest_language_is_spoken(asked: str, spoken: str) -> None:
    assert words.spoken(asked) == spoken


@pytest.mark.parametrize(
    ("language", "first"),
    [("en", "The courier has the parcel"), ("de", "Das Paket zu Ihrer Bestellung"), ("zh-hans", "订单 A-10293 的包裹")],
)
def test_mail_programs_show_the_first_sentence_beside_the_subject(language: str, first: str) -> None:
    html = words.render("out_for_delivery", CHANNELS["email"], language, sample_facts(language, merchant="Acme")).html
    opening = html.partition('<div style="display:none;')[2].partition("</div>")[0].partition(">")[2]
    assert opening.startswith(first)
    assert "493027" not in opening, "a code is no part of what a locked screen shows"
    assert html.count("493027") == 1
