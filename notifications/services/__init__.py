"""Writes of notifications: messages are queued for facts, sent, and followed until they arrive."""

from .again import UnableToResend, resend
from .delegates import recipient_of
from .preferences import (
    is_stopped,
    mark_address_dead,
    reopen_address,
    revive_address,
    set_channel_order,
    set_preference,
    start_email,
    start_messages,
    stop_address,
    stop_email,
    stop_messages,
)
from .queueing import queue_messages
from .reach import BOOKS, CHANNELS, AddressBook, addresses_of, config_of, is_shown_here
from .receipts import note_callback, note_receipt
from .sending import send_message
from .telling import Recipient, Telling

__all__ = [
    "BOOKS",
    "CHANNELS",
    "AddressBook",
    "Recipient",
    "Telling",
    "UnableToResend",
    "addresses_of",
    "config_of",
    "is_shown_here",
    "is_stopped",
    "mark_address_dead",
    "note_callback",
    "note_receipt",
    "queue_messages",
    "recipient_of",
    "reopen_address",
    "resend",
    "revive_address",
    "send_message",
    "set_channel_order",
    "set_preference",
    "start_email",
    "start_messages",
    "stop_address",
    "stop_email",
    "stop_messages",
]
