"""What went wrong or is sent back, and how it was settled."""

from .base import AftersalesQuerySet
from .conversations import (
    CONVERSATION_TRANSITIONS,
    REPLY_MARK,
    Attachment,
    Conversation,
    Macro,
    Note,
    ReplyClock,
)
from .decisions import Decision
from .disputes import DISPUTE_TRANSITIONS, Dispute
from .evidence import Evidence
from .refunds import REFUND_TRANSITIONS, Refund
from .returns import OPEN_RETURNS, RETURN_TRANSITIONS, Reason, Return, ReturnLine

__all__ = [
    "CONVERSATION_TRANSITIONS",
    "DISPUTE_TRANSITIONS",
    "OPEN_RETURNS",
    "REFUND_TRANSITIONS",
    "REPLY_MARK",
    "RETURN_TRANSITIONS",
    "AftersalesQuerySet",
    "Attachment",
    "Conversation",
    "Decision",
    "Dispute",
    "Evidence",
    "Macro",
    "Note",
    "Reason",
    "Refund",
    "ReplyClock",
    "Return",
    "ReturnLine",
]
