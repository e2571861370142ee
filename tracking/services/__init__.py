"""Writes of tracking, by noun."""

from .carriers import CARRIERS, account_that_signed, carrier, carrier_code, carrier_label
from .handover import WrongCode, handover_code, prove_delivery
from .lookup import find_order
from .payloads import keep_payload, read_again, read_payloads
from .shipments import ParcelDraft, UnableToShip, create_shipment
from .timeline import record_scans

__all__ = [
    "CARRIERS",
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
    "keep_payload",
    "prove_delivery",
    "read_again",
    "read_payloads",
    "record_scans",
]
