"""Writes of tracking, by noun."""

from ..arrival import place_zone
from ..numbers import Candidate, is_suspicious, recognize
from .carriers import CARRIERS, account_that_signed, carrier, carrier_code, carrier_label, carrier_page
from .handover import WrongCode, handover_code, prove_delivery
from .incidents import (
    IncidentTaken,
    UnableToCloseIncident,
    add_carrier_contact,
    close_incident,
    take_incident,
)
from .lanes import learn_lanes
from .lookup import find_order
from .numbers import number_warnings
from .payloads import keep_payload, read_again, read_payloads
from .shipments import ParcelDraft, UnableToShip, create_shipment
from .timeline import record_scans
from .watching import RULES, incident_rule, watch

__all__ = [
    "CARRIERS",
    "RULES",
    "Candidate",
    "IncidentTaken",
    "ParcelDraft",
    "UnableToCloseIncident",
    "UnableToShip",
    "WrongCode",
    "account_that_signed",
    "add_carrier_contact",
    "carrier",
    "carrier_code",
    "carrier_label",
    "carrier_page",
    "close_incident",
    "create_shipment",
    "find_order",
    "handover_code",
    "incident_rule",
    "is_suspicious",
    "keep_payload",
    "learn_lanes",
    "number_warnings",
    "place_zone",
    "prove_delivery",
    "read_again",
    "read_payloads",
    "recognize",
    "record_scans",
    "take_incident",
    "watch",
]
