"""Writes of customers, by noun."""

from customers.models import Customer

from .devices import PROOF_LASTS, SESSION_KEY, forget_proofs, proved_numbers, remember_proof, session_proves
from .numbers import WrongPhone, parse_phone, phone_problem
from .people import find_or_create_customer, remember_address
from .verification import (
    CODE_DIGITS,
    CODE_LIVES,
    TRIES_A_CODE,
    WrongCode,
    confirm_checkout,
    confirm_verification,
    is_known_number,
    request_verification,
    verification_code,
)

__all__ = [
    "CODE_DIGITS",
    "CODE_LIVES",
    "PROOF_LASTS",
    "SESSION_KEY",
    "TRIES_A_CODE",
    "Customer",
    "WrongCode",
    "WrongPhone",
    "confirm_checkout",
    "confirm_verification",
    "find_or_create_customer",
    "forget_proofs",
    "is_known_number",
    "parse_phone",
    "phone_problem",
    "proved_numbers",
    "remember_address",
    "remember_proof",
    "request_verification",
    "session_proves",
    "verification_code",
]
