"""What customers and staff say to each other: whose turn it is, which clock runs, how it ends."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from PIL import Image

from aftersales import services
from aftersales.models import Conversation, Note, ReplyClock
from aftersales.services import Upload, Writer
from logistics_portal.kernel import work
from logistics_portal.kernel.errors import DomainError, Invalid, NotFound
from logistics_portal.kernel.models import Event
from logistics_portal.kernel.state import UnableToTransition
from merchants.models import Merchant
from orders.models import Order
from tests import build

pytestmark = pytest.mark.django_db
Status = Conversation.Status
HOUR = timedelta(hours=1)


def photo(name: str = "door.png") -> Upload:
    file = BytesIO()
    Image.new("RGB", (64, 48), "navy").save(file, "PNG")
    return Upload(name, file.getvalue())


def asked(order: Order, text: str = "Where is my parcel?", **more: object) -> Conversation:
    return services.write_message(order=order, text=text, **more).conversation


def answered(conversation: Conversation, staff: User, text: str = "Soon.", **more: object) -> Note:
    note = services.reply(conversation=conversation, text=text, writer=Writer(staff), **more)
    conversation.refresh_from_db()
    return note


def let_pass(conversation: Conversation, time: timedelta) -> None:
    """As if so much time had passed: every time of the conversation lies further back, and what is due is done."""
    names = (
        *("opened_at", "last_note_at", "reply_due_at", "resolution_due_at", "snoozed_until", "asked_at"),
        *("solved_at", "closed_at", "next_due_at"),
    )
    conversation.refresh_from_db()
    moved = {name: getattr(conversation, name) - time for name in names if getattr(conversation, name)}
    Conversation.objects.filter(pk=conversation.pk).update(**moved)
    clock = ReplyClock.objects.get(conversation=conversation)
    if clock.due_at:
        ReplyClock.objects.filter(pk=clock.pk).update(due_at=clock.due_at - time)
    work.drain()
    conversation.refresh_from_db()


def told(name: str) -> list[dict]:
    return [event.payload for event in Event.objects.filter(name=f"aftersales.{name}").order_by("pk")]


def test_a_message_opens_a_conversation_and_starts_both_clocks(order: Order) -> None:
    conversation = asked(order, "Where is it?\nI wait.", uploads=[photo()])
    assert (conversation.status, conversation.subject) == (Status.OPEN, "Where is it?")
    assert conversation.reply_due_at == conversation.opened_at + 8 * HOUR
    assert conversation.resolution_due_at == conversation.opened_at + 72 * HOUR
    assert conversation.next_due_at == conversation.reply_due_at
    note = conversation.notes.get()
    assert note.attachments.get().media_type == "image/jpeg"
    assert told("conversation_opened") == [{"order_id": str(order.pk)}]
    assert told("customer_wrote")[0]["note_id"] == str(note.pk)


def test_a_second_message_joins_the_first_and_keeps_its_clock(order: Order) -> None:
    conversation = asked(order)
    let_pass(conversation, 2 * HOUR)
    due = conversation.reply_due_at
    again = asked(order, "Hello?")
    assert again.pk == conversation.pk
    assert again.reply_due_at == due


def test_the_solution_clock_stands_still_while_the_customer_is_asked(order: Order, staff: User) -> None:
    conversation = asked(order)
    let_pass(conversation, 2 * HOUR)
    answered(conversation, staff, "Which door?")
    assert conversation.status == Status.WAITING
    assert (conversation.reply_due_at, conversation.resolution_due_at, conversation.next_due_at) == (None, None, None)
    left = conversation.resolution_left
    assert left is not None
    assert abs(left - 70 * HOUR) < timedelta(minutes=1)
    let_pass(conversation, 50 * HOUR)
    conversation = asked(order, "The green one.")
    assert conversation.status == Status.OPEN
    assert conversation.resolution_due_at is not None
    assert abs(conversation.resolution_due_at - timezone.now() - left) < timedelta(minutes=1)
    assert abs(conversation.reply_due_at - timezone.now() - 8 * HOUR) < timedelta(minutes=1)


def test_an_answer_that_goes_on_keeps_the_turn(order: Order, staff: User) -> None:
    conversation = asked(order)
    answered(conversation, staff, "We ask the carrier.", then=Status.OPEN)
    assert conversation.status == Status.OPEN
    assert conversation.reply_due_at is None
    assert conversation.next_due_at == conversation.resolution_due_at


def test_clocks_that_run_out_are_marked_once_and_told(order: Order) -> None:
    conversation = asked(order)
    let_pass(conversation, 9 * HOUR)
    assert conversation.reply_missed_at is not None
    assert conversation.resolution_missed_at is None
    let_pass(conversation, 70 * HOUR)
    assert conversation.resolution_missed_at is not None
    assert [payload["clock"] for payload in told("conversation_overdue")] == ["reply", "resolution"]


def test_who_does_not_answer_is_reminded_twice_then_it_is_closed(order: Order, staff: User) -> None:
    conversation = asked(order)
    answered(conversation, staff, "Which door?")
    let_pass(conversation, 5 * 24 * HOUR + HOUR)
    assert [payload["days"] for payload in told("conversation_closing")] == [2]
    let_pass(conversation, 24 * HOUR)
    assert [payload["days"] for payload in told("conversation_closing")] == [2, 1]
    let_pass(conversation, 24 * HOUR)
    assert conversation.status == Status.CLOSED
    last = conversation.notes.order_by("pk").last()
    assert last is not None
    assert (last.author, last.text.startswith("We heard nothing for 7 days")) == ("rule", True)


def test_reminders_that_were_slept_through_are_one(order: Order, staff: User) -> None:
    conversation = asked(order)
    answered(conversation, staff, "Which door?")
    let_pass(conversation, 6 * 24 * HOUR + HOUR)
    assert [payload["days"] for payload in told("conversation_closing")] == [1]
    assert conversation.reminded == 2


def test_what_is_solved_is_closed_without_a_reminder(order: Order, staff: User) -> None:
    conversation = asked(order)
    answered(conversation, staff, then=Status.SOLVED)
    assert conversation.resolution_due_at is None
    let_pass(conversation, 8 * 24 * HOUR)
    assert conversation.status == Status.CLOSED
    assert told("conversation_closing") == []
    assert conversation.notes.count() == 2


@pytest.mark.parametrize(("days", "is_same"), [(13, True), (15, False)])
def test_a_message_within_fourteen_days_opens_it_again(order: Order, staff: User, days: int, is_same: bool) -> None:
    conversation = asked(order)
    answered(conversation, staff, then=Status.SOLVED)
    let_pass(conversation, 8 * 24 * HOUR)
    let_pass(conversation, days * 24 * HOUR)
    again = asked(order, "It is broken again.")
    assert (again.pk == conversation.pk) is is_same
    assert again.status == Status.OPEN
    assert again.closed_at is None
    assert abs(again.resolution_due_at - timezone.now() - 72 * HOUR) < timedelta(minutes=1)


def test_an_answer_to_less_than_all_is_refused(order: Order, staff: User) -> None:
    conversation = asked(order)
    seen = conversation.notes.latest("pk").pk
    asked(order, "I found it!")
    with pytest.raises(services.UnableToReply):
        services.reply(conversation=conversation, text="We search.", writer=Writer(staff), seen=seen)
    assert conversation.notes.count() == 2


def test_what_is_closed_is_not_answered(order: Order, staff: User) -> None:
    conversation = asked(order)
    answered(conversation, staff, then=Status.SOLVED)
    let_pass(conversation, 8 * 24 * HOUR)
    with pytest.raises(UnableToTransition):
        services.reply(conversation=conversation, text="Hello?", writer=Writer(staff))


def test_a_message_is_taken_once(order: Order) -> None:
    given = {"order": order, "channel": "sms", "text": "3", "address": "+4915112345678", "provider_id": "SM1"}
    assert services.receive_message(**given) == services.receive_message(**given)
    assert Note.objects.count() == 1


def test_a_message_without_an_order_is_the_customers(order: Order) -> None:
    note = services.receive_message(customer=order.customer, channel="sms", text="Hello", provider_id="SM2")
    assert (note.conversation.order, note.conversation.merchant) == (None, order.merchant)
    assert services.receive_message(customer=order.customer, channel="sms", text="?").conversation == note.conversation


def test_files_of_letters_that_can_not_be_kept_are_named(order: Order) -> None:
    note = services.receive_message(
        order=order, channel="email", text="See here.", attachments=[photo(), Upload("virus.exe", b"MZ")]
    )
    assert note.attachments.count() == 1
    assert "“virus.exe” is no photo and no PDF file." in note.text


@pytest.mark.parametrize(
    ("text", "upload"),
    [
        ("", None),
        ("Look", Upload("a.html", b"<script>alert(1)</script>")),
        ("Look", Upload("a.pdf", b"%PDF-1.7 1 0 obj << /OpenAction << /S /Java#53cript >> >>")),
    ],
)
def test_the_page_refuses_what_can_not_be_kept(order: Order, text: str, upload: Upload | None) -> None:
    with pytest.raises(services.UnableToWrite):
        services.write_message(order=order, text=text, uploads=[upload] if upload else [])
    assert not Conversation.objects.exists()


def test_notes_stay_as_they_were_written(order: Order) -> None:
    asked(order, uploads=[photo()])
    note = Note.objects.get()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Note.objects.update(text="Nothing.")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        note.attachments.all().delete()


def test_internal_notes_move_no_clock(order: Order, staff: User) -> None:
    conversation = asked(order)
    before = conversation.reply_due_at
    services.note_internally(conversation=conversation, text="Known customer.", writer=Writer(staff))
    conversation.refresh_from_db()
    assert (conversation.reply_due_at, conversation.status) == (before, Status.OPEN)
    assert told("support_replied") == []


def test_only_who_works_there_is_given_a_conversation(order: Order, staff: User, rival: Merchant) -> None:
    conversation = asked(order)
    services.assign_conversation(conversation=conversation, to=staff)
    assert Conversation.objects.get().assignee == staff
    with pytest.raises(services.UnableToAssign):
        services.assign_conversation(conversation=conversation, to=build.staff(rival, name="other"))
    services.assign_conversation(conversation=conversation, to=None)
    assert Conversation.objects.get().assignee is None


def test_what_is_put_off_comes_back_by_itself_or_by_a_message(order: Order) -> None:
    conversation = asked(order)
    services.snooze_conversation(conversation=conversation, until=timezone.now() + 4 * HOUR)
    conversation.refresh_from_db()
    assert conversation.next_due_at == conversation.snoozed_until
    let_pass(conversation, 5 * HOUR)
    assert conversation.snoozed_until is None
    assert conversation.next_due_at == conversation.reply_due_at
    services.snooze_conversation(conversation=conversation, until=timezone.now() + HOUR)
    asked(order, "Hello?")
    conversation.refresh_from_db()
    assert conversation.snoozed_until is None
    with pytest.raises(services.UnableToSnooze):
        services.snooze_conversation(conversation=conversation, until=timezone.now() - HOUR)


def test_a_tap_after_it_was_solved(order: Order, staff: User) -> None:
    conversation = asked(order)
    with pytest.raises(DomainError):
        services.rate_conversation(conversation=conversation, rating="good")
    answered(conversation, staff, then=Status.SOLVED)
    with pytest.raises(Invalid):
        services.rate_conversation(conversation=conversation, rating="superb")
    services.rate_conversation(conversation=conversation, rating="good", comment="Quick.")
    conversation.refresh_from_db()
    assert (conversation.rating, conversation.rating_comment) == ("good", "Quick.")
    assert told("conversation_rated") == [{"order_id": str(order.pk), "rating": "good"}]


def test_reply_addresses_can_not_be_guessed(order: Order) -> None:
    conversation = asked(order)
    assert services.conversation_of_token(conversation.token) == conversation
    marked = "A" if conversation.token[30] != "A" else "B"
    forged = conversation.token[:30] + marked + conversation.token[31:]
    for wrong in ("", "x", order.token, forged, str(uuid4())):
        with pytest.raises(NotFound):
            services.conversation_of_token(wrong)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_first_messages_at_the_same_moment_are_one_conversation(order: Order) -> None:
    gate, faults = Barrier(4), []

    def write(number: int) -> None:
        try:
            gate.wait()
            services.receive_message(order=order, channel="sms", text=f"Hello {number}", provider_id=f"SM{number % 3}")
        except Exception as error:  # noqa: BLE001 - told by the test's own thread
            faults.append(error)
        finally:
            connection.close()

    threads = [Thread(target=write, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert (Conversation.objects.count(), Note.objects.count()) == (1, 3)


def test_everything_is_done_when_nothing_is_due(order: Order, drain: Callable[[], int]) -> None:
    conversation = asked(order)
    drain()
    assert ReplyClock.objects.get().due_at == conversation.reply_due_at
