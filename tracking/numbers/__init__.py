"""Whose number is this? Carriers recognized by the form of a tracking number and its check digit. Pure: no Django."""

from .formats import carrier_name, knows_carrier, number_page
from .recognize import Candidate, Check, is_suspicious, normalize, recognize

__all__ = [
    "Candidate",
    "Check",
    "carrier_name",
    "is_suspicious",
    "knows_carrier",
    "normalize",
    "number_page",
    "recognize",
]
