"""Merchants write words of their own: safely, with what the message knows, seen before they are sent."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import translation

from logistics_portal.kernel.errors import Invalid, TooOften
from merchants.models import Merchant
from notifications import kinds, own_words, words
from notifications.models import DemoDelivery, Message, Wording
from notifications.own_words import Own
from notifications.services import CHANNELS, remove_wording, send_test, set_wording
from notifications.services.wordings import TESTS
from notifications.variables import VARIABLES, sample_facts
from tests import build

LANGUAGES = ("en", "de", "zh-hans")
EDITABLE = [
    (kind, channel)
    for kind in kinds.KINDS
    for channel in own_words.CHANNELS
    if kind not in own_words.FIXED and own_words.shipped_words(kind, channel, "en").text
]


@pytest.fixture
def writer(acme: Merchant) -> User:
    user = build.staff(acme, name="writer")
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_wording", "change_wording"]))
    return user


@pytest.fixture
def desk(writer: User) -> Client:
    client = Client()
    client.force_login(writer)
    return client


def place(channel: str = "sms", kind: str = "shipped", language: str = "en", merchant: str = "acme") -> str:
    return reverse("admin:wording", args=[merchant, kind, channel, language])


@pytest.mark.parametrize(("kind", "channel"), EDITABLE)
def test_shipped_words_can_be_taken_over_and_render_alike(kind: str, channel: str) -> None:
    """Who starts from the shipped words and changes nothing sends what was sent before."""
    for language in LANGUAGES:
        own = own_words.shipped_words(kind, channel, language)
        assert own_words.problems(kind, channel, own) == {}, language
        facts = sample_facts(language, merchant="Acme")
        with translation.override(language):
            mine = words.render(kind, CHANNELS[channel], language, facts, own)
            shipped = words.render(kind, CHANNELS[channel], language, facts)
        assert (mine.subject, mine.text) == (shipped.subject, shipped.text)
        assert bool(mine.html) == bool(shipped.html)


def test_every_variable_is_explained_and_has_a_sample() -> None:
    named = {name for kind, _channel in EDITABLE for name in own_words.known_variables(kind)}
    assert named <= set(VARIABLES)
    for language in LANGUAGES:
        assert set(VARIABLES) <= set(sample_facts(language, merchant="Acme"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Write something"),
        ("{{ total }} {{ order.total }}", "{{ order.total }}, {{ total }}"),
        ("{{ order.customer.delete }}", "{{ order.customer.delete }}"),
        ("{% include 'messages/shipped/sms.en.txt' %}", "include"),
        ("{% load i18n %}", "load"),
        ("{% for a in numbers %}{% endfor %}", "for"),
        ("{{ name|safe }}", "safe"),
        ("{{ name|default:carrier.x }}", "carrier.x"),
        ("{% if request.user %}x{% endif %}", "request.user"),
        ("{% if name %}x", "Unclosed"),
        ("{{ name", ""),
        ("x" * 2001, "2000"),
    ],
)
def test_what_could_do_harm_or_says_nothing_is_refused(acme: Merchant, text: str, why: str) -> None:
    if text == "{{ name":  # nothing but text: it harms nobody
        assert own_words.problems("shipped", "sms", Own(text)) == {}
        return
    with pytest.raises(Invalid) as refused:
        set_wording(merchant=acme, kind="shipped", channel="sms", language="en", own=Own(text), by=None)
    assert why in str(refused.value.fields)
    assert not Wording.objects.exists()


@pytest.mark.parametrize(("kind", "text"), [("verification_code", "Hi {{ merchant }}"), ("out_for_delivery", "Soon")])
def test_a_code_can_not_be_left_out(acme: Merchant, kind: str, text: str) -> None:
    with pytest.raises(Invalid, match="code"):
        set_wording(merchant=acme, kind=kind, channel="sms", language="en", own=Own(text), by=None)


@pytest.mark.parametrize(
    ("kind", "channel", "language"),
    [("nothing", "sms", "en"), ("reply", "sms", "en"), ("shipped", "wechat", "en"), ("shipped", "sms", "fr")],
)
def test_there_must_be_such_a_message(acme: Merchant, kind: str, channel: str, language: str) -> None:
    with pytest.raises(Invalid):
        set_wording(merchant=acme, kind=kind, channel=channel, language=language, own=Own("x", "y"), by=None)


def test_own_words_are_sent_to_own_customers_alone(acme: Merchant, rival: Merchant, drain: Callable[[], int]) -> None:
    own = Own('{{ name|default:"you" }}, {{ carrier }} has it{% if numbers|length > 1 %} all{% endif %}: {{ number }}')
    set_wording(merchant=acme, kind="shipped", channel="sms", language="en", own=own, by=None)
    for merchant, number in ((acme, "JJD1"), (rival, "JJD2")):
        order = build.order(merchant=merchant)
        build.shipment(order, number=number)
    drain()
    texts = {
        merchant.slug: Message.objects.get(merchant=merchant, kind="shipped", channel="sms").body
        for merchant in (acme, rival)
    }
    assert texts["acme"] == "Ann Archer, DHL has it: JJD1"
    assert texts["rival"].startswith("Rival: Your order")


def test_a_letter_keeps_its_frame_and_shows_no_markup(acme: Merchant) -> None:
    own = Own("<b>{{ name }}</b> & co\n\nsecond", "News of\n{{ order }}")
    facts = sample_facts("en", merchant="Acme") | {"name": "<i>Ann</i>"}
    letter = words.render("shipped", CHANNELS["email"], "en", facts, own)
    assert letter.subject == "News of A-10293"
    assert "<b><i>Ann</i></b> & co" in letter.text
    assert "&lt;b&gt;&lt;i&gt;Ann&lt;/i&gt;&lt;/b&gt; &amp; co" in letter.html
    assert "<p>second</p>" in letter.html
    assert "Track your parcel" in letter.html
    assert "<i>" not in letter.html


def test_what_opens_a_door_is_blacked_out_of_what_is_kept(acme: Merchant) -> None:
    facts = sample_facts("en", merchant="Acme") | {"token": "5rK2", "link": "https://track.example/t/5rK2/"}
    own = Own("{{ code }} {{ link }}")
    kept = words.render_for_keeping("out_for_delivery", CHANNELS["sms"], "en", facts, own)
    assert kept.text == "•••• https://track.example/t/••••/"


@pytest.mark.usefixtures("demo")
def test_the_editor_shows_counts_saves_tests_and_goes_back(
    desk: Client, acme: Merchant, drain: Callable[[], int]
) -> None:
    page = desk.get(place())
    assert page.status_code == 200
    assert "{{ merchant }}" in page.content.decode()
    preview = desk.post(place() + "?alone", {"do": "preview", "text": "{{ carrier }} " + "x" * 160}).content.decode()
    assert "164 characters" in preview
    assert "0.1600 EUR" in preview
    assert "Unicode" in desk.post(place() + "?alone", {"do": "preview", "text": "您好 {{ order }}"}).content.decode()

    assert desk.post(place(), {"do": "save", "text": "{{ nope }}"}).status_code == 422
    assert desk.post(place(), {"do": "save", "text": "Gone! {{ number }}"}).status_code == 302
    wording = Wording.objects.get()
    assert (wording.text, str(wording.edited_by)) == ("Gone! {{ number }}", "writer")
    assert desk.get(reverse("admin:words")).content.decode().count("own words") == 1

    assert desk.post(place(), {"do": "test", "address": "0151 23456789"}).status_code == 302
    drain()
    assert DemoDelivery.objects.get(address="+4915123456789").text == "Gone! JJD0003900123"
    assert desk.post(place(), {"do": "test", "address": "12"}).status_code == 422

    assert desk.post(place(), {"do": "remove"}).status_code == 302
    assert not Wording.objects.exists()


@pytest.mark.usefixtures("demo")
def test_a_test_of_a_letter_arrives_as_the_letter(acme: Merchant, writer: User, drain: Callable[[], int]) -> None:
    own = Own("Look, {{ name }}!", "It left")
    wording = set_wording(merchant=acme, kind="shipped", channel="email", language="de", own=own, by=writer)
    send_test(wording=wording, address="me@acme.example", by=writer)
    drain()
    letter = DemoDelivery.objects.get(address="me@acme.example")
    assert letter.subject == "It left"
    assert "Look, Anna Bogner!" in letter.text
    assert "Acme" in letter.html


def test_tests_are_limited(acme: Merchant, writer: User) -> None:
    own = Own("{{ number }}")
    wording = set_wording(merchant=acme, kind="shipped", channel="sms", language="en", own=own, by=writer)
    for _ in range(TESTS.times):
        send_test(wording=wording, address="+4915123456789", by=writer)
    with pytest.raises(TooOften):
        send_test(wording=wording, address="+4915123456789", by=writer)
    remove_wording(wording=wording)


def test_others_words_are_not_there(desk: Client, rival: Merchant) -> None:
    assert desk.get(place(merchant="rival")).status_code == 404
    assert desk.post(place(merchant="rival"), {"do": "save", "text": "x"}).status_code == 404
    assert desk.get(reverse("admin:words"), {"merchant": "rival"}).status_code == 404
    for wrong in (place(kind="nothing"), place(channel="wechat"), place(language="fr"), place(kind="reply")):
        assert desk.get(wrong).status_code == 404, wrong


def test_who_may_look_may_not_change(acme: Merchant) -> None:
    user = build.staff(acme, name="reader")
    client = Client()
    client.force_login(user)
    assert client.get(reverse("admin:words")).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_wording"))
    assert client.get(place()).status_code == 200
    assert client.post(place(), {"do": "save", "text": "x"}).status_code == 403
