"""What the customer and support said to each other about a dispute's order, as a kind of evidence."""

from typing import Any

from django.db.models import Prefetch

from ..models import Attachment, Dispute, Evidence, Note
from .collecting import stamp
from .evidence import Content, collects

NOTES_KEPT = 200  # the newest


@collects(Evidence.Kind.CONVERSATION)
def conversation(dispute: Dispute) -> Content | None:
    """Every note that the customer may see, oldest first; None where nobody wrote. What staff noted stays inside."""
    files = Prefetch("attachments", Attachment.objects.defer("content").order_by("pk"))
    said = Note.objects.filter(conversation__order=dispute.order_id, is_internal=False).prefetch_related(files)
    told = [_note(note) for note in reversed(said.order_by("-pk")[:NOTES_KEPT])]
    return {"messages": told} if told else None


def _note(note: Note) -> dict[str, Any]:
    return {
        "at": stamp(note.written_at),
        "author": note.author,
        "by": note.by_name,
        "channel": note.channel,
        "address": note.address,
        "text": note.text,
        "files": [
            {"name": one.name, "media_type": one.media_type, "size": one.size, "sha256": one.digest}
            for one in note.attachments.all()
        ],
    }
