"""Staff answer customers: the most urgent first, with answers from the order's facts, never another merchant's."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftersales import services
from aftersales.models import Attachment, Conversation, Macro
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.aftersales.test_conversations import photo
from tests.visitors import text_of, worker

pytestmark = pytest.mark.django_db
LIST = "/admin/aftersales/conversation/"


def desk(merchant: Merchant, name: str = "clerk") -> tuple[Client, User]:
    """A member of the merchant's staff who may do what support does."""
    user = build.staff(merchant, name=name)
    codes = ("view_conversation", "change_conversation", "view_macro", "add_macro", "change_macro", "view_order")
    user.user_permissions.set(Permission.objects.filter(codename__in=codes))
    return worker(user), user


def do(client: Client, row: Conversation, name: str, **given: object):
    return client.post(reverse("admin:aftersales_conversation_deed", args=[row.pk, name]), given)


def asked(order: Order, text: str = "Where is it?", **more: object) -> Conversation:
    return services.write_message(order=order, text=text, **more).conversation


def test_the_list_is_sorted_by_what_is_due_first(acme: Merchant) -> None:
    client, user = desk(acme)
    first, second, third = (asked(build.order(merchant=acme), f"Question {number}") for number in range(3))
    Conversation.objects.filter(pk=second.pk).update(next_due_at=timezone.now() - timedelta(hours=1))
    services.reply(conversation=first, text="Which?", writer=services.Writer(user))
    page = text_of(client.get(LIST))
    assert page.index("Question 1") < page.index("Question 2") < page.index("Question 0")
    assert "Question 0" not in text_of(client.get(f"{LIST}?whose=answer"))
    assert "Question 2" not in text_of(client.get(f"{LIST}?whose=mine"))
    do(client, third, "take")
    assert "Question 2" in text_of(client.get(f"{LIST}?whose=mine"))


def test_an_answer_is_suggested_edited_and_sent(acme: Merchant) -> None:
    client, user = desk(acme)
    order = build.order(merchant=acme, language="de")
    build.scan(build.shipment(order).parcels.get(), "in_transit", place="Leipzig")
    conversation = asked(order)
    page = client.get(f"{LIST}{conversation.pk}/change/?answer=where").content.decode()
    assert "Hallo Ann Archer," in page
    assert "Leipzig" in page
    assert order.tracking_url in page
    seen = conversation.notes.latest("pk").pk
    answer = do(client, conversation, "reply", text="Sie ist in Leipzig.", then="waiting_for_customer", seen=seen)
    assert answer.status_code == 302
    conversation.refresh_from_db()
    assert conversation.status == "waiting_for_customer"
    note = conversation.notes.latest("pk")
    assert (note.text, note.by, note.by_name, note.channel) == ("Sie ist in Leipzig.", user, "clerk", "admin")


def test_an_answer_to_less_than_all_is_kept_and_told(acme: Merchant, order: Order) -> None:
    client, _user = desk(acme)
    conversation = asked(order)
    seen = conversation.notes.latest("pk").pk
    asked(order, "I found it.")
    answer = do(client, conversation, "reply", text="We search.", then="solved", seen=seen)
    assert "The customer wrote while you did." in text_of(answer)
    assert "We search." in answer.content.decode()
    assert conversation.notes.count() == 2


def test_macros_take_the_orders_words(acme: Merchant, order: Order, rival: Merchant) -> None:
    client, _user = desk(acme)
    conversation = asked(order)
    given = {"merchant": acme.pk, "name": "Thanks", "language": "", "is_active": "on"}
    wrong = client.post("/admin/aftersales/macro/add/", {**given, "text": "Hello {costumer}"})
    assert "{costumer} stands for nothing." in text_of(wrong)
    client.post("/admin/aftersales/macro/add/", {**given, "text": "Hello {customer}: {order}, {status}"})
    macro = Macro.objects.get()
    Macro.objects.create(merchant=rival, name="Theirs", text="Secret")
    Macro.objects.create(merchant=acme, name="Nur deutsch", text="Hallo", language="de")
    page = text_of(client.get(f"{LIST}{conversation.pk}/change/?answer={macro.pk}"))
    assert f"Hello Ann Archer: {order.number}, Your order is confirmed." in page
    assert "Theirs" not in page
    assert "Nur deutsch" not in page


def test_staff_give_put_off_solve_and_note(acme: Merchant, rival: Merchant, order: Order) -> None:
    client, _user = desk(acme)
    other = build.staff(acme, name="other")
    build.staff(rival, name="stranger")
    conversation = asked(order)
    do(client, conversation, "assign", to="other")
    conversation.refresh_from_db()
    assert conversation.assignee == other
    for name in ("stranger", "nobody"):
        refused = do(client, conversation, "assign", to=name)
        assert "This user does not work for the merchant" in text_of(refused)
    do(client, conversation, "snooze", until="1d")
    conversation.refresh_from_db()
    assert conversation.snoozed_until is not None
    assert timezone.localtime(conversation.snoozed_until).hour == 9
    assert str(order.number) not in text_of(client.get(f"{LIST}?whose=answer"))
    do(client, conversation, "note", text="A regular.")
    assert conversation.notes.latest("pk").is_internal
    do(client, conversation, "solve")
    conversation.refresh_from_db()
    assert conversation.status == "solved"
    refused = do(client, conversation, "snooze", until="1h")
    assert "Only what waits for you can be put off." in text_of(refused)


def test_another_merchants_conversations_do_not_exist(acme: Merchant, rival: Merchant) -> None:
    client, _user = desk(acme)
    conversation = asked(build.order(merchant=rival), "Their secret", uploads=[photo()])
    file = Attachment.objects.get()
    assert "Their secret" not in text_of(client.get(LIST))
    assert client.get(f"{LIST}{conversation.pk}/change/").status_code == 302
    assert client.get(f"{LIST}{conversation.pk}/files/{file.pk}/").status_code == 404
    assert do(client, conversation, "reply", text="Hi", then="solved").status_code == 404
    own = asked(build.order(merchant=acme))
    assert client.get(f"{LIST}{own.pk}/files/{file.pk}/").status_code == 404
    theirs, _ = desk(rival, "theirs")
    assert theirs.get(f"{LIST}{conversation.pk}/files/{file.pk}/").headers["Content-Type"] == "image/jpeg"


def test_who_may_only_look_writes_nothing(acme: Merchant, order: Order) -> None:
    user = build.staff(acme, name="reader")
    user.user_permissions.set(Permission.objects.filter(codename="view_conversation"))
    client, conversation = worker(user), asked(order)
    page = client.get(f"{LIST}{conversation.pk}/change/")
    assert page.status_code == 200
    assert 'name="text"' not in page.content.decode()
    assert do(client, conversation, "reply", text="Hi", then="solved").status_code == 403


def test_the_orders_page_names_its_conversations(acme: Merchant, order: Order) -> None:
    client, _user = desk(acme)
    asked(order, "Is it blue?")
    page = client.get(f"/admin/orders/order/{order.pk}/change/")
    assert "Is it blue?" in text_of(page)
    assert not list(get_messages(page.wsgi_request))
