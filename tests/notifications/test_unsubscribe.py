"""The link that ends mails: it asks before it does, one click of the mail program does it, and it can be taken back."""

import pytest
from django.test import Client

from logistics_portal.kernel import tokens, work
from merchants.models import Merchant
from notifications.models import ClosedAddress, DemoDelivery, Message
from tests import build
from tests.notifications.conftest import PUBLIC
from tests.servers.processes import Running

ADDRESS = "ann@example.com"


@pytest.fixture
def link(demo: None, acme: Merchant) -> str:
    """The link in a mail that came in."""
    build.order(merchant=acme, email=ADDRESS)
    work.drain()
    text = DemoDelivery.objects.over("email").get().text
    found = next(word for word in text.split() if "/mail/stop/" in word)
    return found.removeprefix(PUBLIC)


def is_stopped() -> bool:
    return ClosedAddress.objects.standing().filter(address=ADDRESS, channel="email", reason="stopped").exists()


def test_looking_at_the_page_does_nothing(link: str, client: Client) -> None:
    page = client.get(link).content.decode()
    assert "a•••@example.com" in page
    assert ADDRESS not in page
    assert "Acme" in page
    assert client.head(link).status_code == 200
    assert not is_stopped()


def test_the_button_ends_mails_and_another_begins_them_again(link: str, acme: Merchant, client: Client) -> None:
    assert client.post(link, follow=True).redirect_chain == [(link, 302)]
    assert is_stopped()
    assert "We send no more emails to a•••@example.com." in client.get(link).content.decode()
    DemoDelivery.objects.all().delete()
    build.order(merchant=acme, email="Ann@Example.COM", lines=3)
    work.drain()
    assert list(DemoDelivery.objects.values_list("channel", flat=True)) == ["sms"]
    client.post(link, {"again": "1"})
    assert not is_stopped()
    build.order(merchant=acme, email=ADDRESS, lines=4)
    work.drain()
    assert DemoDelivery.objects.over("email").count() == 1


def test_one_click_of_a_mail_program_ends_mails_without_a_redirect(link: str) -> None:
    stranger = Client(enforce_csrf_checks=True)
    answer = stranger.post(link, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert is_stopped()
    assert not answer.cookies


@pytest.mark.parametrize("end", ["x", "", "AAAA"])
def test_a_link_that_the_portal_did_not_make_leads_nowhere(end: str, link: str, client: Client) -> None:
    forged = link[:-5] + end + "/"
    assert client.post(forged).status_code == 404
    other = tokens.make_token("order-link", Message.objects.get(channel="email").pk)
    assert client.post(f"/mail/stop/{other}/").status_code == 404
    of_sms = tokens.make_token("unsubscribe", Message.objects.get(channel="sms").pk)
    assert client.post(f"/mail/stop/{of_sms}/").status_code == 404
    assert not ClosedAddress.objects.exists()


@pytest.mark.parametrize("language", ["en", "de", "zh-hans"])
def test_the_page_speaks_the_readers_language(language: str, link: str, client: Client) -> None:
    asks = client.get(link, {"lang": language}).content.decode()
    words = {"en": "Send me no more emails", "de": "Keine E-Mails mehr erhalten", "zh-hans": "不再接收邮件"}
    assert words[language] in asks


def test_the_kept_mail_holds_no_link_that_ends_mails(link: str) -> None:
    kept = Message.objects.get(channel="email")
    assert "Unsubscribe: ••••" in kept.body
    assert link not in kept.body


@pytest.mark.django_db(transaction=True)
def test_a_mail_carries_the_headers_of_one_click(acme: Merchant, mail_server: Running) -> None:
    build.order(merchant=acme, email=ADDRESS)
    work.answer("kernel.event")
    Message.objects.exclude(channel="email").delete()
    work.drain()
    (mail,) = mail_server.told()
    headers = mail["headers"]
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = headers["List-Unsubscribe"].strip().removeprefix("<").removesuffix(">")
    assert "/mail/stop/" in link
    assert link in mail["text"]
    assert link in mail["html"]
