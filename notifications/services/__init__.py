"""Writes of notifications: messages are queued for facts, sent, and followed until they arrive."""

from .again import UnableToResend, resend
from .delegates import recipient_of
from .following import follow_number
from .outlook import ended_by, in_several_parcels, tell_what_time_brings
from .passing import (
    Choices,
    ClosedByCustomer,
    choices_of,
    pass_on_choices,
    passed_off,
    take_back_passed,
)
from .preferences import (
    Changed,
    Wishes,
    is_stopped,
    mark_address_dead,
    may_turn_on,
    reopen_address,
    revive_address,
    save_wishes,
    set_channel_order,
    set_preference,
    start_email,
    start_messages,
    stop_address,
    stop_email,
    stop_messages,
    turn_on_again,
    wishes_of,
)
from .queueing import queue_messages
from .reach import BOOKS, CHANNELS, AddressBook, addresses_of, config_of, is_shown_here
from .receipts import note_callback, note_receipt
from .sending import gather_messages, record_messages, send_one
from .telling import Recipient, Telling
from .triggers import UnableToSetTrigger, Way, Ways, check_way, default_policy, policies_of, set_trigger, told_over
from .usage import outlook_of
from .wordings import remove_wording, send_test, set_wording

__all__ = [
    "BOOKS",
    "CHANNELS",
    "AddressBook",
    "Changed",
    "Choices",
    "ClosedByCustomer",
    "Recipient",
    "Telling",
    "UnableToResend",
    "UnableToSetTrigger",
    "Way",
    "Ways",
    "Wishes",
    "addresses_of",
    "check_way",
    "choices_of",
    "config_of",
    "default_policy",
    "ended_by",
    "follow_number",
    "gather_messages",
    "in_several_parcels",
    "is_shown_here",
    "is_stopped",
    "mark_address_dead",
    "may_turn_on",
    "note_callback",
    "note_receipt",
    "outlook_of",
    "pass_on_choices",
    "passed_off",
    "policies_of",
    "queue_messages",
    "recipient_of",
    "record_messages",
    "remove_wording",
    "reopen_address",
    "resend",
    "revive_address",
    "save_wishes",
    "send_one",
    "send_test",
    "set_channel_order",
    "set_preference",
    "set_trigger",
    "set_wording",
    "start_email",
    "start_messages",
    "stop_address",
    "stop_email",
    "stop_messages",
    "take_back_passed",
    "tell_what_time_brings",
    "told_over",
    "turn_on_again",
    "wishes_of",
]
