"""Letters and texts that answer ours land in the conversation they answer."""

import subprocess
import sys
import time
from email.message import EmailMessage

import pytest
from django.conf import settings as portal
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from aftersales import services
from aftersales.models import Conversation, Note
from aftersales.reply_addresses import address_for, token_in
from aftersales.services import UnableToRead, Writer
from logistics_portal.kernel import work
from notifications.channels.base import Inbound
from notifications.inbound import texts
from notifications.models import InboundMessage, Message
from orders.models import Order
from tests import build
from tests.aftersales.test_conversations import photo
from tests.databases import database_url

pytestmark = pytest.mark.django_db
BASE, SECRET = "reply@answers.example", "s3cret"


@pytest.fixture(autouse=True)
def _reads_letters(settings: Settings) -> None:
    settings.REPLY_ADDRESS, settings.LETTER_SECRET = BASE, SECRET


@pytest.fixture
def conversation(order: Order) -> Conversation:
    return services.write_message(order=order, text="Where is it?").conversation


def letter(
    to: str, text: str = "The green one.\n\nOn Tue, May 12, 2026 Acme <a@b.c> wrote:\n> Which?\n"
) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = "Ann <ann@example.com>", to, "<m1@example.com>"
    message.set_content(text)
    return message


def bring(raw: bytes, signature: str | None = None):
    signed = services.sign_letter(raw, secret=SECRET, at=int(time.time())) if signature is None else signature
    headers = {"Portal-Signature": signed}
    return Client().post("/webhooks/letters", raw, content_type="message/rfc822", headers=headers)


def test_addresses_hold_their_token_whatever_the_case(conversation: Conversation) -> None:
    address = services.reply_address(conversation)
    assert len(address.split("@")[0]) <= 64
    assert token_in(address.upper(), BASE) == conversation.token
    for other in (
        "",
        "reply@answers.example",
        f"reply+1@{BASE}",
        address_for(conversation.token, "reply@other.example"),
    ):
        assert token_in(other, BASE) != conversation.token


def test_a_signed_letter_becomes_a_note_once(conversation: Conversation) -> None:
    message = letter(services.reply_address(conversation))
    message.add_attachment(photo().content, maintype="image", subtype="png", filename="door.png")
    for _ in range(2):
        assert bring(message.as_bytes()).status_code == 204
    note = conversation.notes.latest("pk")
    assert (note.channel, note.address, note.text) == ("email", "ann@example.com", "The green one.")
    assert note.attachments.get().name == "door.jpg"
    assert conversation.notes.count() == 2


@pytest.mark.parametrize("signature", ["", "t=1,v1=00", "t=x", "t=99999999999999999999,v1=0", "v1=é"])
def test_an_unsigned_letter_is_refused(conversation: Conversation, signature: str) -> None:
    raw = letter(services.reply_address(conversation)).as_bytes()
    assert bring(raw, signature).status_code == 401
    old = services.sign_letter(raw, secret=SECRET, at=int(time.time()) - 400)
    assert bring(raw, old).status_code == 401
    assert bring(raw + b"!", services.sign_letter(raw, secret=SECRET, at=int(time.time()))).status_code == 401
    assert conversation.notes.count() == 1


def test_without_a_secret_nothing_is_taken(conversation: Conversation, settings: Settings) -> None:
    raw = letter(services.reply_address(conversation)).as_bytes()
    settings.LETTER_SECRET = ""
    assert bring(raw, services.sign_letter(raw, secret="", at=int(time.time()))).status_code == 401


def test_letters_that_answer_nothing_are_sent_back(conversation: Conversation) -> None:
    for raw in (b"", letter("reply@answers.example").as_bytes(), letter("x@y.example").as_bytes()):
        assert bring(raw).status_code == 422
    with pytest.raises(services.UnableToWrite):
        services.receive_letter(raw=letter(services.reply_address(conversation), "> only quotes\n").as_bytes())
    with pytest.raises(UnableToRead):
        services.receive_letter(raw=b"\xff" * 100)


def test_machines_are_not_listened_to(conversation: Conversation) -> None:
    message = letter(services.reply_address(conversation), "I am on holiday.")
    message["Auto-Submitted"] = "auto-replied"
    assert bring(message.as_bytes()).status_code == 204
    assert conversation.notes.count() == 1


def test_the_answer_by_mail_can_be_answered(conversation: Conversation, staff: User) -> None:
    services.reply(conversation=conversation, text="Which door?\nThe red one?", writer=Writer(staff))
    work.drain()
    mail = Message.objects.get(kind="support_reply", channel="email")
    assert "Which door?" in mail.body
    assert services.conversation_of_token(token_in(services.reply_address(conversation), BASE)) == conversation


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_pipes_letters_in(conversation: Conversation) -> None:
    """The command reads the test's own database, as a mail server's pipe would the portal's."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "DATABASE_URL": database_url(),
        "PORTAL_ENV": "test",
        "PORTAL_REPLY_ADDRESS": BASE,
    }
    environment["PORTAL_SECRET_KEY"] = portal.SECRET_KEY

    def pipe(raw: bytes) -> subprocess.CompletedProcess:
        command = [sys.executable, "manage.py", "read_mail"]
        return subprocess.run(
            command, input=raw, capture_output=True, env=environment, cwd=portal.BASE_DIR, check=False
        )

    taken = pipe(letter(services.reply_address(conversation)).as_bytes())
    assert taken.returncode == 0, taken.stderr
    assert conversation.notes.latest("pk").text == "The green one."
    assert pipe(b"no letter").returncode == 65


def test_a_text_that_asks_for_a_person_joins_the_conversation(order: Order, staff: User) -> None:
    sent = Inbound(provider_id="SM1", address=build.ANNS_PHONE, written_to=(), text="3")
    texts.note_text(channel="sms", inbound=sent)
    texts.note_text(channel="sms", inbound=sent)
    conversation = Conversation.objects.get()
    assert (conversation.order, conversation.subject, conversation.notes.count()) == (order, order.number, 1)
    services.reply(conversation=conversation, text="Hello, this is Eva.", writer=Writer(staff))
    work.drain()
    assert InboundMessage.objects.get().settled_at is not None
    assert "Hello, this is Eva." in Message.objects.get(kind="support_reply", channel="sms").body


def test_an_answer_in_the_list_of_texts_is_the_conversations_too(order: Order, staff: User) -> None:
    texts.note_text(channel="sms", inbound=Inbound("SM1", build.ANNS_PHONE, "Please leave it at the garage"))
    texts.answer_text(text=InboundMessage.objects.get(), answer="We tell the courier.", by=staff)
    work.drain()
    conversation = Conversation.objects.get()
    assert conversation.status == "waiting_for_customer"
    assert conversation.notes.latest("pk").text == "We tell the courier."
    assert not Message.objects.filter(kind="support_reply").exists()
    assert Note.objects.count() == 2
