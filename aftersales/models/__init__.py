"""What went wrong or is sent back, and how it was settled."""

from .base import AftersalesQuerySet
from .checks import CHECK_TRANSITIONS, PROPOSAL_TRANSITIONS, OrderCheck, Proposal
from .confirmations import Confirmation
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
from .disputes import (
    DISPUTE_TRANSITIONS,
    DISPUTE_TURNS,
    RUNNING,
    Dispute,
    DisputeClock,
    DisputeLine,
    DisputePhoto,
    DisputeStep,
    Resolution,
    Turn,
)
from .evidence import Evidence
from .refunds import REFUND_TRANSITIONS, Refund
from .returns import OPEN_RETURNS, RETURN_TRANSITIONS, Reason, Return, ReturnLine

__all__ = [
    "CHECK_TRANSITIONS",
    "CONVERSATION_TRANSITIONS",
    "DISPUTE_TRANSITIONS",
    "DISPUTE_TURNS",
    "OPEN_RETURNS",
    "PROPOSAL_TRANSITIONS",
    "REFUND_TRANSITIONS",
    "REPLY_MARK",
    "RETURN_TRANSITIONS",
    "RUNNING",
    "AftersalesQuerySet",
    "Attachment",
    "Confirmation",
    "Conversation",
    "Decision",
    "Dispute",
    "DisputeClock",
    "DisputeLine",
    "DisputePhoto",
    "DisputeStep",
    "Evidence",
    "Macro",
    "Note",
    "OrderCheck",
    "Proposal",
    "Reason",
    "Refund",
    "ReplyClock",
    "Resolution",
    "Return",
    "ReturnLine",
    "Turn",
]
