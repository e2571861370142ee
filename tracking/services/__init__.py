"""Writes of tracking, by noun."""

from ..numbers import Candidate, is_suspicious, recognize
from .carriers import CARRIERS, account_that_signed, carrier, carrier_code, carrier_label
from .handover import WrongCode, handover_code, prove_delivery
from .lookup import find_order
from .numbers import number_warnings
from .payloads import keep_payload, read_again, read_payloads
from .shipments import ParcelDraft, UnableToShip, create_shipment
from .timeline import record_scans
from .watching import watch

__all__ = [
    "CARRIERS",
    "Candidate",
    "ParcelDraft",
    "UnableToShip",
    "WrongCode",
    "account_that_signed",
    "carrier",
    "carrier_code",
    "carrier_label",
    "create_shipment",
    "find_order",
    "handover_code",
    "is_suspicious",
    "keep_payload",
    "number_warnings",
    "prove_delivery",
    "read_again",
    "read_payloads",
    "recognize",
    "record_scans",
    "watch",
]
