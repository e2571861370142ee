"""Writes of tracking, by noun."""

from ..arrival import Arrival, arrival, place_zone
from ..numbers import Candidate, is_suspicious, recognize
from ..sentences import order_words
from ..sentences import words as shipment_words
from .accounts import has_credentials, is_safe_address
from .asking import Inquiry, Reply, gather_questions, put_question, record_answers
from .carriers import CARRIERS, carrier, carrier_code, carrier_label, carrier_labels, carrier_page, normalize_number
from .contents import UnableToPack, arrived_pieces
from .door import BadSignature, take_payload
from .handover import WrongCode, handover_code, prove_delivery
from .incidents import (
    IncidentTaken,
    UnableToCloseIncident,
    add_carrier_contact,
    close_incident,
    take_incident,
)
from .inquiry import ask_about
from .lanes import learn_lanes
from .lookup import find_order
from .numbers import number_warnings
from .payloads import keep_payload, read_again, read_payloads
from .polls import UnableToAsk, ask_now, follow_account
from .shipments import ParcelDraft, UnableToShip, create_shipment
from .timeline import record_scans
from .watching import RULES, incident_rule, watch

__all__ = [
    "CARRIERS",
    "RULES",
    "Arrival",
    "BadSignature",
    "Candidate",
    "IncidentTaken",
    "Inquiry",
    "ParcelDraft",
    "Reply",
    "UnableToAsk",
    "UnableToCloseIncident",
    "UnableToPack",
    "UnableToShip",
    "WrongCode",
    "add_carrier_contact",
    "arrival",
    "arrived_pieces",
    "ask_about",
    "ask_now",
    "carrier",
    "carrier_code",
    "carrier_label",
    "carrier_labels",
    "carrier_page",
    "close_incident",
    "create_shipment",
    "find_order",
    "follow_account",
    "gather_questions",
    "handover_code",
    "has_credentials",
    "incident_rule",
    "is_safe_address",
    "is_suspicious",
    "keep_payload",
    "learn_lanes",
    "normalize_number",
    "number_warnings",
    "order_words",
    "place_zone",
    "prove_delivery",
    "put_question",
    "read_again",
    "read_payloads",
    "recognize",
    "record_answers",
    "record_scans",
    "shipment_words",
    "take_incident",
    "take_payload",
    "watch",
]
