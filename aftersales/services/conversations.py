"""Conversations: what customers and merchants say to each other, whose turn it is, and how it ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer
from logistics_portal.kernel import tokens
from logistics_portal.kernel.errors import DomainError, Invalid, NotFound
from logistics_portal.kernel.events import publish
from logistics_portal.kernel.state import transition
from merchants.models import Membership
from orders.models import Order

from ..attachments import Attached, Fault, NotTaken, Upload, read_upload, read_uploads
from ..events import (
    CONVERSATION_OPENED,
    CONVERSATION_RATED,
    CONVERSATION_SOLVED,
    CUSTOMER_WROTE,
    SUPPORT_REPLIED,
)
from ..models import CONVERSATION_TRANSITIONS, REPLY_MARK, Attachment, Conversation, Note
from .reply_clocks import set_clock

TEXT_MAX = 8000
SUBJECT_MIN, SUBJECT_MAX = 3, 80
REOPENS_WITHIN = timedelta(days=14)  # after it was closed; what comes later opens a new one
Status = Conversation.Status


class UnableToWrite(Invalid):
    """There is nothing to take over, or it can't be taken as it is."""

    code = "unable_to_write"


class UnableToReply(DomainError):
    """The answer may not fit any more: the customer wrote meanwhile."""

    code = "unable_to_reply"


class UnableToAssign(DomainError):
    """The user does not work for this merchant."""

    code = "unable_to_assign"


class UnableToSnooze(Invalid):
    """The time is not to come, or it is not the merchant's turn."""

    code = "unable_to_snooze"


@dataclass(frozen=True, slots=True)
class Writer:
    """Who of the merchant's side writes: a member of staff, or the merchant's program."""

    by: AbstractUser | None = None

    @property
    def author(self) -> str:
        return Note.Author.STAFF if self.by else Note.Author.MERCHANT

    @property
    def channel(self) -> str:
        return Note.Channel.ADMIN if self.by else Note.Channel.API

    @property
    def name(self) -> str:
        return (self.by.get_full_name() or self.by.get_username())[:150] if self.by else ""


def receive_message(
    *,
    order: Order | None = None,
    customer: Customer | None = None,
    channel: str,
    text: str,
    address: str = "",
    provider_id: str = "",
    attachments: Sequence[Upload] = (),
    at: datetime | None = None,
) -> Note:
    """Take what a customer wrote, about an ``order`` or, where that is not known, as ``customer``.

    It lands in the conversation that is open, or was closed less than 14 days ago, or in a new one. ``channel`` is one
    of `Note.Channel`, ``address`` the phone number or email address it came from. A ``provider_id`` is taken once: the
    note that exists is returned. Files that can't be kept are named in the text, since a letter can't be sent back.

    Raises:
        UnableToWrite: neither text nor a file.
    """
    known = _note_of(channel, provider_id)
    if known:
        return known
    kept, refused = _readable(attachments)
    said = "\n".join(part for part in (text.strip(), *refused) if part)
    return _take(order, customer, channel, address, said, provider_id, kept, at or timezone.now())


def write_message(*, order: Order, text: str, uploads: Sequence[Upload] = (), form_id: str = "") -> Note:
    """A customer writes on the order's page; the same ``form_id`` is taken once.

    Raises:
        UnableToWrite: neither text nor a file, or a file that can't be kept.
    """
    known = _note_of(Note.Channel.PAGE, form_id)
    if known:
        return known
    try:
        kept = read_uploads(uploads)
    except NotTaken as error:
        reason = fault_words(error)
        raise UnableToWrite(reason, fields={"files": [reason]}) from error
    return _take(order, None, Note.Channel.PAGE, "", text.strip(), form_id, kept, timezone.now())


def fault_words(error: NotTaken) -> str:
    """Why a file is not taken, for who sent it."""
    words = {
        Fault.HEAVY: _("“%(name)s” is too large. Photos may have 10 MB, PDF files 5 MB."),
        Fault.UNKNOWN: _("“%(name)s” is no photo and no PDF file. Send a JPEG, PNG, WebP or PDF."),
        Fault.ACTS: _("“%(name)s” has active content. Print it to a new PDF file and send that."),
        Fault.MANY: _("Send at most six files at a time; “%(name)s” is one too many."),
    }
    return words[error.fault] % {"name": error.name[:80]}


def _readable(uploads: Sequence[Upload]) -> tuple[list[Attached], list[str]]:
    kept: list[Attached] = []
    refused: list[str] = []
    for upload in uploads:
        try:
            kept.append(read_upload(upload))
        except NotTaken as error:
            refused.append(f"[{fault_words(error)}]")
    return kept[:20], refused[:20]


def _note_of(channel: str, provider_id: str) -> Note | None:
    return Note.objects.filter(channel=channel, provider_id=provider_id).first() if provider_id else None


def _take(
    order: Order | None,
    customer: Customer | None,
    channel: str,
    address: str,
    text: str,
    provider_id: str,
    files: Sequence[Attached],
    at: datetime,
) -> Note:
    text = text.replace("\x00", "")
    if not text and not files:
        reason = _("Write something, or add a photo.")
        raise UnableToWrite(reason, fields={"text": [reason]})
    given: dict[str, Any] = {
        "author": Note.Author.CUSTOMER,
        "channel": channel,
        "address": address[:254],
        "text": text[:TEXT_MAX],
        "provider_id": provider_id[:255] or None,
        "written_at": at,
    }
    for is_last in (False, False, True):  # another first message, then this very one, may come at the same moment
        try:
            with transaction.atomic():
                return _write_customers(order, customer, given, files)
        except IntegrityError as error:
            if is_last or not ("one_conversation" in str(error) or "one_note" in str(error)):
                raise
            if known := _note_of(channel, provider_id):
                return known
    raise AssertionError("the last try returns or raises")


def _write_customers(
    order: Order | None, customer: Customer | None, given: dict[str, Any], files: Sequence[Attached]
) -> Note:
    conversation = _conversation_for(order, customer, given)
    note = _add_note(conversation, files, **given)
    _hand_to_staff(conversation, note.written_at)
    publish(
        CUSTOMER_WROTE,
        merchant_id=conversation.merchant_id,
        subject_id=conversation.pk,
        order_id=conversation.order_id,
        note_id=note.pk,
        channel=note.channel,
    )
    return note


def _conversation_for(order: Order | None, customer: Customer | None, given: dict[str, Any]) -> Conversation:
    """The customer's conversation that goes on, locked; or a new one."""
    about = Q(order=order) if order else Q(order__isnull=True, customer=customer)
    fresh = ~Q(status=Status.CLOSED) | Q(closed_at__gte=given["written_at"] - REOPENS_WITHIN)
    found = Conversation.objects.select_for_update(of=("self",)).select_related("merchant__policy")
    last = found.filter(about & fresh).order_by("-pk").first()
    if last:
        return last
    who = order.customer if order else customer
    if who is None:
        raise UnableToWrite(_("A message needs an order or a customer."))
    conversation = Conversation.objects.create(
        merchant=order.merchant if order else who.merchant,
        customer=who,
        order=order,
        subject=_subject(given["text"], order),
        language=order.language if order else who.language,
        opened_at=given["written_at"],
        last_note_at=given["written_at"],
    )
    publish(
        CONVERSATION_OPENED,
        merchant_id=conversation.merchant_id,
        subject_id=conversation.pk,
        order_id=conversation.order_id,
    )
    return conversation


def _subject(text: str, order: Order | None) -> str:
    """The first line of what was written, cut at a word."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if len(first) > SUBJECT_MAX:
        first = f"{first[:SUBJECT_MAX].rsplit(' ', 1)[0]}…"
    if len(first) < SUBJECT_MIN:  # the "3" of a text that asks for a person
        return order.number if order else first or _("Without text")
    return first


def _add_note(conversation: Conversation, files: Sequence[Attached], **given: Any) -> Note:
    note = Note.objects.create(conversation=conversation, **given)
    Attachment.objects.bulk_create(
        Attachment(
            note=note,
            name=file.name,
            media_type=file.media_type,
            size=len(file.content),
            digest=file.digest,
            content=file.content,
        )
        for file in files
    )
    return note


def _hand_to_staff(conversation: Conversation, at: datetime) -> None:
    """It is the merchant's turn; who waits already goes on waiting since then."""
    policy = conversation.merchant.policy
    changes: dict[str, Any] = {"last_note_at": at, "snoozed_until": None, "asked_at": None, "reminded": 0}
    if conversation.reply_due_at is None:
        changes["reply_due_at"] = at + timedelta(hours=policy.first_reply_hours)
    if conversation.resolution_due_at is None:
        left = conversation.resolution_left
        changes["resolution_due_at"] = at + (timedelta(hours=policy.resolution_hours) if left is None else left)
        changes["resolution_left"] = None
    if conversation.status in (Status.SOLVED, Status.CLOSED):
        changes |= {"solved_at": None, "closed_at": None, "rating": "", "rating_comment": "", "rated_at": None}
        changes |= {"reply_missed_at": None, "resolution_missed_at": None}
    _change(conversation, Status.OPEN, **changes)


def _change(conversation: Conversation, to: str, **changes: Any) -> None:
    """Move a locked conversation, or keep it where it is, and set its clock anew."""
    if conversation.status != to:
        transition(conversation, to, allowed=CONVERSATION_TRANSITIONS, **changes)
    else:
        Conversation.objects.filter(pk=conversation.pk).update(**changes)
        for name, value in changes.items():
            setattr(conversation, name, value)
    set_clock(conversation)


def _locked(conversation: Conversation) -> Conversation:
    rows = Conversation.objects.select_for_update(of=("self",)).select_related("merchant__policy", "order")
    return rows.get(pk=conversation.pk)


@transaction.atomic
def reply(
    *,
    conversation: Conversation,
    text: str,
    writer: Writer,
    then: str = Status.WAITING,
    seen: UUID | None = None,
    uploads: Sequence[Upload] = (),
    is_sent: bool = False,
) -> Note:
    """Answer the customer. ``then`` says whose turn it is: waiting_for_customer, open (we go on) or solved.

    ``seen`` is the last note that the writer had read: an answer to less than all is refused. What ``is_sent`` already
    by another way is kept, and told to nobody once more.

    Raises:
        UnableToWrite: no text, or a file that can't be kept.
        UnableToReply: the customer wrote after ``seen``.
        UnableToTransition: the conversation is closed.
    """
    if not text.strip():
        reason = _("Write an answer first.")
        raise UnableToWrite(reason, fields={"text": [reason]})
    try:
        files = read_uploads(uploads)
    except NotTaken as error:
        raise UnableToWrite(fault_words(error)) from error
    row = _locked(conversation)
    if seen and row.notes.filter(author=Note.Author.CUSTOMER, pk__gt=seen).exists():
        raise UnableToReply(_("The customer wrote while you did. Read it, then send your answer again."))
    now = timezone.now()
    note = _add_note(row, files, **_by(writer), text=text.strip().replace("\x00", "")[:TEXT_MAX], written_at=now)
    changes: dict[str, Any] = {"last_note_at": now, "reply_due_at": None, "snoozed_until": None}
    changes["first_replied_at"] = row.first_replied_at or now
    _change(row, then, **changes, **_times_for(row, then, now))
    if not is_sent:
        told = {"order_id": row.order_id, "conversation_id": row.pk}
        publish(SUPPORT_REPLIED, merchant_id=row.merchant_id, subject_id=note.pk, **told)
    if then == Status.SOLVED:
        publish(CONVERSATION_SOLVED, merchant_id=row.merchant_id, subject_id=row.pk, order_id=row.order_id)
    return note


def _by(writer: Writer) -> dict[str, Any]:
    return {"author": writer.author, "channel": writer.channel, "by": writer.by, "by_name": writer.name}


def _times_for(row: Conversation, to: str, now: datetime) -> dict[str, Any]:
    """How the clocks stand once it is in ``to``: the one of the solution is halted while the customer is asked."""
    if to == Status.WAITING:
        left = row.resolution_due_at - now if row.resolution_due_at else row.resolution_left
        return {"resolution_due_at": None, "resolution_left": left, "asked_at": now, "reminded": 0}
    if to == Status.SOLVED:
        return {"resolution_due_at": None, "resolution_left": None, "asked_at": now, "solved_at": now}
    return {}


@transaction.atomic
def note_internally(*, conversation: Conversation, text: str, writer: Writer) -> Note:
    """Staff note something for each other; no clock moves, the customer never sees it.

    Raises:
        UnableToWrite: no text.
    """
    if not text.strip():
        reason = _("Write something first.")
        raise UnableToWrite(reason, fields={"text": [reason]})
    said = text.strip().replace("\x00", "")[:TEXT_MAX]
    return _add_note(conversation, (), **_by(writer), text=said, is_internal=True)


@transaction.atomic
def assign_conversation(*, conversation: Conversation, to: AbstractUser | None) -> None:
    """Give it to a member of the merchant's staff, or to nobody.

    Raises:
        UnableToAssign: they don't work for the merchant.
    """
    if to and not to.is_superuser:
        works_there = Membership.objects.filter(user_id=to.pk, merchant=conversation.merchant_id).exists()
        if not works_there or not to.is_active:
            raise UnableToAssign(_("This user does not work for the merchant of the conversation."))
    Conversation.objects.filter(pk=conversation.pk).update(assignee=to)
    conversation.assignee = to  # type: ignore[assignment]


@transaction.atomic
def solve_conversation(*, conversation: Conversation) -> None:
    """Staff, or the customer, say that it is settled.

    Raises:
        UnableToTransition: it is solved or closed already.
    """
    row, now = _locked(conversation), timezone.now()
    if row.status == Status.SOLVED:
        return
    _change(row, Status.SOLVED, reply_due_at=None, snoozed_until=None, **_times_for(row, Status.SOLVED, now))
    publish(CONVERSATION_SOLVED, merchant_id=row.merchant_id, subject_id=row.pk, order_id=row.order_id)


@transaction.atomic
def snooze_conversation(*, conversation: Conversation, until: datetime) -> None:
    """Out of the way until then, or until the customer writes or a clock runs out; the clocks go on.

    Raises:
        UnableToSnooze: ``until`` has passed, or it is not the merchant's turn.
    """
    row = _locked(conversation)
    if until <= timezone.now():
        reason = _("Choose a time that is still to come.")
        raise UnableToSnooze(reason, fields={"until": [reason]})
    if row.status != Status.OPEN:
        raise UnableToSnooze(_("Only what waits for you can be put off."))
    _change(row, Status.OPEN, snoozed_until=until)


@transaction.atomic
def rate_conversation(*, conversation: Conversation, rating: str, comment: str = "") -> None:
    """One tap after it was solved; a second one corrects the first.

    Raises:
        Invalid: no such rating.
        UnableToWrite: it is not solved.
    """
    if rating not in Conversation.Rating.values:
        raise Invalid(_("Choose one of the two."), fields={"rating": [_("Choose one of the two.")]})
    row = _locked(conversation)
    if row.status not in (Status.SOLVED, Status.CLOSED):
        raise UnableToWrite(_("Tell us when it is solved."))
    changes = {"rating": rating, "rating_comment": comment.strip()[:2000], "rated_at": timezone.now()}
    Conversation.objects.filter(pk=row.pk).update(**changes)
    publish(CONVERSATION_RATED, merchant_id=row.merchant_id, subject_id=row.pk, order_id=row.order_id, rating=rating)


def conversation_of_token(token: str) -> Conversation:
    """The conversation that a reply is addressed to.

    Raises:
        NotFound: no such address.
    """
    row_id = tokens.read_token(token)
    if row_id is None or not tokens.token_holds(REPLY_MARK, token, row_id):
        raise NotFound(_("No conversation has this address."))
    rows = Conversation.objects.select_related("order__merchant", "order__customer", "customer__merchant", "merchant")
    row = rows.filter(pk=row_id).first()
    if row is None:
        raise NotFound(_("No conversation has this address."))
    return row
