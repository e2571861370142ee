"""Talking to support on the order's page: without scripts, by its holder alone."""

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from aftersales import services
from aftersales.models import Attachment, Conversation, Note
from aftersales.services import Writer
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.aftersales.test_conversations import photo
from tests.visitors import holder, text_of

pytestmark = pytest.mark.django_db


def write(client: Client, order: Order, text: str = "Where is it?", **more: object) -> object:
    return client.post(f"/t/{order.token}/talk/", {"text": text, **more}, follow=True)


def upload(name: str = "door.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, photo().content)


def test_a_message_with_photos_is_written_and_answered_on_the_page(order: Order, staff: User) -> None:
    client = holder()
    page = text_of(client.get(f"/t/{order.token}/"))
    assert "you get an answer here and by message, within 8 hours." in page
    said = text_of(write(client, order, "It is wet.", files=[upload(), upload("b.png")]))
    assert "Your message is on its way to the merchant." in said
    assert "You get an answer by" in said
    conversation = Conversation.objects.get()
    assert Attachment.objects.count() == 2
    services.note_internally(conversation=conversation, text="Looks angry.", writer=Writer(staff))
    services.reply(conversation=conversation, text="We are sorry.\nWhich door?", writer=Writer(staff))
    page = client.get(f"/t/{order.token}/")
    assert "We are sorry. Which door?" in text_of(page)
    assert "Your turn" in text_of(page)
    assert "Looks angry" not in page.content.decode()
    assert staff.username not in text_of(page)


def test_a_form_is_taken_once(order: Order) -> None:
    client = holder()
    for _ in range(2):
        write(client, order, form_id="abc")
    assert Note.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"text": " "}, "Write something, or add a photo."),
        ({"text": "x" * 8001}, "8000"),
        ({"text": "Look", "files": SimpleUploadedFile("a.exe", b"MZ")}, "“a.exe” is no photo and no PDF file."),
    ],
)
def test_what_is_wrong_is_told_beside_the_text(order: Order, given: dict, said: str) -> None:
    response = holder().post(f"/t/{order.token}/talk/", given)
    assert response.status_code == 422
    assert said in text_of(response)
    assert not Conversation.objects.exists()
    if given["text"] == "Look":
        assert "Look</textarea>" in response.content.decode()


def test_files_open_for_the_holder_alone_and_run_nothing(order: Order, rival: Merchant) -> None:
    client = holder()
    write(client, order, files=[upload(), SimpleUploadedFile("bill.pdf", b"%PDF-1.4\n%%EOF")])
    shown, saved = Attachment.objects.order_by("pk")
    answer = client.get(f"/t/{order.token}/talk/files/{shown.pk}/")
    assert (answer.headers["Content-Type"], answer.content[:2]) == ("image/jpeg", b"\xff\xd8")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    answer = client.get(f"/t/{order.token}/talk/files/{saved.pk}/")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="bill.pdf"'
    assert Client().get(f"/t/{order.token}/talk/files/{shown.pk}/").status_code == 302
    other = build.order(merchant=rival)
    assert client.get(f"/t/{other.token}/talk/files/{shown.pk}/").status_code == 404


def test_strangers_and_receivers_see_nothing_of_it(order: Order) -> None:
    write(holder(), order, "My secret question")
    assert "secret" not in Client().get(f"/t/{order.token}/").content.decode()
    answer = Client().get(f"/t/{order.token}/talk/")
    assert answer.status_code == 302
    assert "/verify/" in answer.headers["Location"]
    assert Client().post(f"/t/{order.token}/talk/", {"text": "Hi"}).status_code == 302
    assert Note.objects.count() == 1
    receiver = holder("+4915199999999")
    assert receiver.get(f"/t/{order.token}/talk/").status_code == 302


def test_one_tap_says_how_it_was(order: Order, staff: User) -> None:
    client = holder()
    write(client, order)
    assert client.post(f"/t/{order.token}/talk/rating/", {"rating": "good"}).status_code == 422
    services.reply(conversation=Conversation.objects.get(), text="Done.", writer=Writer(staff), then="solved")
    assert "How was the help?" in text_of(client.get(f"/t/{order.token}/"))
    said = text_of(client.post(f"/t/{order.token}/talk/rating/", {"rating": "bad"}, follow=True))
    assert "You said: the help was not good." in said
    client.post(f"/t/{order.token}/talk/rating/", {"rating": "bad", "comment": "Too slow."})
    conversation = Conversation.objects.get()
    assert (conversation.rating, conversation.rating_comment) == ("bad", "Too slow.")


def test_the_customer_says_that_it_is_settled(order: Order) -> None:
    client = holder()
    assert client.post(f"/t/{order.token}/talk/solved/").status_code == 404
    write(client, order)
    client.post(f"/t/{order.token}/talk/solved/")
    assert Conversation.objects.get().status == "solved"
    assert "Solved" in text_of(client.get(f"/t/{order.token}/"))


@pytest.mark.parametrize("path", ["", "rating/", "solved/"])
def test_words_of_others_are_not_taken_for_markup(order: Order, path: str) -> None:
    client = holder()
    write(client, order, "<script>alert(1)</script>")
    client.post(f"/t/{order.token}/talk/{path}", {"rating": "<b>", "text": "\x00<i>", "comment": "\x00"})
    page = client.get(f"/t/{order.token}/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
