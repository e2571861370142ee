"""A conversation as its customer sees it: what was said, and whose turn it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db.models import Prefetch
from django.utils import timezone

from orders.models import Order

from ..models import Attachment, Conversation, Note

NOTES_SHOWN = 100
Status = Conversation.Status


@dataclass(frozen=True, slots=True)
class ShownConversation:
    """What the customer may see of the talk about an order; ``conversation`` is the latest one, None before any.

    ``form_id`` names the form that is shown with it, so that it is taken once.
    """

    conversation: Conversation | None
    notes: Sequence[Note]
    form_id: str
    is_late: bool

    @property
    def turn(self) -> str:
        """``nobody``, ``merchant``, ``customer``, ``solved`` or ``closed``."""
        if self.conversation is None:
            return "nobody"
        turns = {Status.OPEN: "merchant", Status.WAITING: "customer", Status.SOLVED: "solved"}
        return turns.get(Status(self.conversation.status), "closed")

    @property
    def can_rate(self) -> bool:
        return self.turn in ("solved", "closed") and bool(self.conversation and self.conversation.first_replied_at)


def shown_conversation(order: Order) -> ShownConversation:
    """What the holder of the order's phone sees; never what staff noted for themselves."""
    files = Prefetch("attachments", Attachment.objects.defer("content").order_by("pk"))
    said = Note.objects.filter(conversation__order=order, is_internal=False).select_related("conversation")
    notes = list(said.prefetch_related(files).order_by("-pk")[:NOTES_SHOWN])[::-1]
    last = max((note.conversation for note in notes), key=lambda row: row.pk, default=None)
    due = last.reply_due_at if last and last.status == Status.OPEN else None
    return ShownConversation(last, notes, uuid4().hex, is_late=due is not None and due < timezone.now())


def shown_attachment(order: Order, attachment_id: UUID) -> Attachment | None:
    """A file of a note that the customer may see."""
    return Attachment.objects.filter(pk=attachment_id, note__conversation__order=order, note__is_internal=False).first()
