"""Writes of aftersales, by noun."""

from .disputes import UnableToDispute, decide_dispute, dispute_refusal, open_dispute, withdraw_dispute
from .refunds import pay_refund, refundable
from .returns import (
    Returnable,
    UnableToReturn,
    approve_return,
    cancel_return,
    receive_return,
    reject_return,
    request_return,
    return_refusal,
    returnable_lines,
    send_return,
)

__all__ = [
    "Returnable",
    "UnableToDispute",
    "UnableToReturn",
    "approve_return",
    "cancel_return",
    "decide_dispute",
    "dispute_refusal",
    "open_dispute",
    "pay_refund",
    "receive_return",
    "refundable",
    "reject_return",
    "request_return",
    "return_refusal",
    "returnable_lines",
    "send_return",
    "withdraw_dispute",
]
