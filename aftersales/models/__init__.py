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
from .exchanges import EXCHANGE_TRANSITIONS, Exchange, ExchangeLine
from .refunds import BY_HAND, REFUND_TRANSITIONS, GatewayAccount, Payment, Refund, RefundSending
from .returns import (
    MERCHANTS_FAULT,
    OPEN_RETURNS,
    RETURN_TRANSITIONS,
    RETURN_TURNS,
    Inspection,
    Reason,
    Return,
    ReturnClock,
    ReturnLine,
    ReturnPhoto,
)

__all__ = [
    "BY_HAND",
    "CHECK_TRANSITIONS",
    "CONVERSATION_TRANSITIONS",
    "DISPUTE_TRANSITIONS",
    "DISPUTE_TURNS",
    "EXCHANGE_TRANSITIONS",
    "MERCHANTS_FAULT",
    "OPEN_RETURNS",
    "PROPOSAL_TRANSITIONS",
    "REFUND_TRANSITIONS",
    "REPLY_MARK",
    "RETURN_TRANSITIONS",
    "RETURN_TURNS",
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
    "Exchange",
    "ExchangeLine",
    "GatewayAccount",
    "Inspection",
    "Macro",
    "Note",
    "OrderCheck",
    "Payment",
    "Proposal",
    "Reason",
    "Refund",
    "RefundSending",
    "ReplyClock",
    "Resolution",
    "Return",
    "ReturnClock",
    "ReturnLine",
    "ReturnPhoto",
    "Turn",
]
