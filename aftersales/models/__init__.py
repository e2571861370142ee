"""What went wrong or is sent back, and how it was settled."""

from .base import AftersalesQuerySet
from .decisions import Decision
from .disputes import DISPUTE_TRANSITIONS, Dispute
from .evidence import Evidence
from .refunds import REFUND_TRANSITIONS, Refund
from .returns import OPEN_RETURNS, RETURN_TRANSITIONS, Reason, Return, ReturnLine

__all__ = [
    "DISPUTE_TRANSITIONS",
    "OPEN_RETURNS",
    "REFUND_TRANSITIONS",
    "RETURN_TRANSITIONS",
    "AftersalesQuerySet",
    "Decision",
    "Dispute",
    "Evidence",
    "Reason",
    "Refund",
    "Return",
    "ReturnLine",
]
