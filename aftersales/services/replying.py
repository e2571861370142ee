"""What staff, and the customer at the end, do with a conversation: answer, note, give on, put off, solve, rate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from logistics_portal.kernel.errors import DomainError, Invalid
from logistics_portal.kernel.events import publish
from merchants.models import Membership

from ..attachments import NotTaken, Upload, read_uploads
from ..events import CONVERSATION_RATED, CONVERSATION_SOLVED, SUPPORT_REPLIED
from ..models import Conversation, Note
from .conversations import TEXT_MAX, UnableToWrite, add_note, change, fault_words, locked

Status = Conversation.Status


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
    row = locked(conversation)
    if seen and row.notes.filter(author=Note.Author.CUSTOMER, pk__gt=seen).exists():
        raise UnableToReply(_("The customer wrote while you did. Read it, then send your answer again."))
    now = timezone.now()
    note = add_note(row, files, **_by(writer), text=text.strip().replace("\x00", "")[:TEXT_MAX], written_at=now)
    changes: dict[str, Any] = {"last_note_at": now, "reply_due_at": None, "snoozed_until": None}
    changes["first_replied_at"] = row.first_replied_at or now
    change(row, then, **changes, **_times_for(row, then, now))
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
    left = timedelta(hours=row.merchant.policy.resolution_hours) if row.resolution_left is None else row.resolution_left
    due = row.resolution_due_at or now + left  # the merchant takes the turn back: its clock goes on
    ended: dict[str, Any] = {"asked_at": None, "reminded": 0, "solved_at": None, "closed_at": None}
    return {"resolution_due_at": due, "resolution_left": None, **ended}


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
    return add_note(conversation, (), **_by(writer), text=said, is_internal=True)


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
    row, now = locked(conversation), timezone.now()
    if row.status == Status.SOLVED:
        return
    change(row, Status.SOLVED, reply_due_at=None, snoozed_until=None, **_times_for(row, Status.SOLVED, now))
    publish(CONVERSATION_SOLVED, merchant_id=row.merchant_id, subject_id=row.pk, order_id=row.order_id)


@transaction.atomic
def snooze_conversation(*, conversation: Conversation, until: datetime) -> None:
    """Out of the way until then, or until the customer writes or a clock runs out; the clocks go on.

    Raises:
        UnableToSnooze: ``until`` has passed, or it is not the merchant's turn.
    """
    row = locked(conversation)
    if until <= timezone.now():
        reason = _("Choose a time that is still to come.")
        raise UnableToSnooze(reason, fields={"until": [reason]})
    if row.status != Status.OPEN:
        raise UnableToSnooze(_("Only what waits for you can be put off."))
    change(row, Status.OPEN, snoozed_until=until)


@transaction.atomic
def rate_conversation(*, conversation: Conversation, rating: str, comment: str = "") -> None:
    """One tap after it was solved; a second one corrects the first.

    Raises:
        Invalid: no such rating.
        UnableToWrite: it is not solved.
    """
    if rating not in Conversation.Rating.values:
        raise Invalid(_("Choose one of the two."), fields={"rating": [_("Choose one of the two.")]})
    row = locked(conversation)
    if row.status not in (Status.SOLVED, Status.CLOSED):
        raise UnableToWrite(_("Tell us when it is solved."))
    changes = {"rating": rating, "rating_comment": comment.strip()[:2000], "rated_at": timezone.now()}
    Conversation.objects.filter(pk=row.pk).update(**changes)
    publish(CONVERSATION_RATED, merchant_id=row.merchant_id, subject_id=row.pk, order_id=row.order_id, rating=rating)
