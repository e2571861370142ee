"""What messages about conversations may say."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from aftersales.models import Conversation, Note
from aftersales.services import reply_address

from ..models import Message
from .base import Facts, Overtaken, Teller, subjects

TEXT_SHOWN = 1500
SHORT_MAX = 300  # of an SMS or a push
SHORT_CHANNELS = ("sms", "push")


def _load_notes(messages: Sequence[Message]) -> Mapping[UUID, Any]:
    notes = Note.objects.select_related("conversation").in_bulk(subjects(messages))
    talks = {note.conversation_id for note in notes.values()}
    theirs = Note.objects.filter(conversation__in=talks, author=Note.Author.CUSTOMER)
    last = dict(theirs.order_by("conversation", "-pk").distinct("conversation").values_list("conversation", "channel"))
    return {key: (note, last.get(note.conversation_id, "")) for key, note in notes.items()}


def _support_reply(message: Message, answer: tuple[Note, str], now: datetime) -> Facts:
    """Who wrote by SMS is answered in the SMS itself; others find the answer on the order's page."""
    note, asked_over = answer
    most = SHORT_MAX if message.channel in SHORT_CHANNELS else TEXT_SHOWN
    text = note.text if len(note.text) <= most else f"{note.text[:most].rsplit(' ', 1)[0]}…"
    told: Facts = {"text": text, "by_sms": asked_over == Note.Channel.SMS}
    return told | _answerable(note.conversation)


def _load_conversations(messages: Sequence[Message]) -> Mapping[UUID, Any]:
    return Conversation.objects.select_related("merchant__policy").in_bulk(subjects(messages))


def _support_closing(message: Message, conversation: Conversation, now: datetime) -> Facts:
    if conversation.status != Conversation.Status.WAITING:
        raise Overtaken("overtaken", f"The conversation is {conversation.status} by now.")
    days = message.fact.rpartition(":")[2]
    return {"days": int(days)} | _answerable(conversation)


def _answerable(conversation: Conversation) -> Facts:
    """Where a reply by email goes, where the portal reads letters."""
    address = reply_address(conversation)
    return {"reply_to": address} if address else {}


TELLERS = {
    "support_reply": Teller(_load_notes, _support_reply),
    "support_closing": Teller(_load_conversations, _support_closing),
}
