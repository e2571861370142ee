"""Writes of customers, by noun."""

from customers.agents import device_class, device_label
from customers.models import Customer

from .changes import (
    CHANGE_WITHIN,
    UNDO_WITHIN,
    UnableToChangeNumber,
    change_number_by_staff,
    changed_since,
    confirm_number_change,
    open_number_change,
    request_number_change,
    undo_number_change,
    undoable_changes,
)
from .devices import (
    PROOF_LASTS,
    SESSION_KEY,
    end_device,
    end_devices_of,
    end_other_devices,
    forget_proofs,
    proved_numbers,
    remember_proof,
    session_proves,
    signed_in_devices,
)
from .doubts import Doubted, doubt_number, doubted_numbers, in_doubt
from .numbers import WrongPhone, parse_phone, phone_problem, typed_digits
from .people import find_or_create_customer, remember_address
from .silence import HeldBack, held_back, release
from .verification import (
    CODE_DIGITS,
    CODE_LIVES,
    TRIES_A_CODE,
    WrongCode,
    confirm_checkout,
    confirm_verification,
    is_known_number,
    request_verification,
    unlock_number,
    verification_code,
)

__all__ = [
    "CHANGE_WITHIN",
    "CODE_DIGITS",
    "CODE_LIVES",
    "PROOF_LASTS",
    "SESSION_KEY",
    "TRIES_A_CODE",
    "UNDO_WITHIN",
    "Customer",
    "Doubted",
    "HeldBack",
    "UnableToChangeNumber",
    "WrongCode",
    "WrongPhone",
    "change_number_by_staff",
    "changed_since",
    "confirm_checkout",
    "confirm_number_change",
    "confirm_verification",
    "device_class",
    "device_label",
    "doubt_number",
    "doubted_numbers",
    "end_device",
    "end_devices_of",
    "end_other_devices",
    "find_or_create_customer",
    "forget_proofs",
    "held_back",
    "in_doubt",
    "is_known_number",
    "open_number_change",
    "parse_phone",
    "phone_problem",
    "proved_numbers",
    "release",
    "remember_address",
    "remember_proof",
    "request_number_change",
    "request_verification",
    "session_proves",
    "signed_in_devices",
    "typed_digits",
    "undo_number_change",
    "undoable_changes",
    "unlock_number",
    "verification_code",
]
