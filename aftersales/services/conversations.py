"""Conversations: what customers and merchants say to each other, whose turn it is, and how it ends."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer
from logistics_portal.kernel import tokens
from logistics_portal.kernel.errors import Invalid, NotFound
from logistics_portal.kernel.events import publish
from logistics_portal.kernel.state import transition
from orders.models import Order

from ..attachments import Attached, Fault, NotTaken, Upload, read_upload, read_uploads
from ..events import (
    CONVERSATION_OPENED,
    CUSTOMER_WROTE,
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
    note = add_note(conversation, files, **given)
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


def add_note(conversation: Conversation, files: Sequence[Attached], **given: Any) -> Note:
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
    change(conversation, Status.OPEN, **changes)


def change(conversation: Conversation, to: str, **changes: Any) -> None:
    """Move a locked conversation, or keep it where it is, and set its clock anew."""
    if conversation.status != to:
        transition(conversation, to, allowed=CONVERSATION_TRANSITIONS, **changes)
    else:
        Conversation.objects.filter(pk=conversation.pk).update(**changes)
        for name, value in changes.items():
            setattr(conversation, name, value)
    set_clock(conversation)


def locked(conversation: Conversation) -> Conversation:
    rows = Conversation.objects.select_for_update(of=("self",)).select_related("merchant__policy", "order")
    return rows.get(pk=conversation.pk)


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
