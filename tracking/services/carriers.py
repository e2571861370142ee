"""Which carriers the portal can read."""

import re

from logistics_portal.kernel.discover import discover

from ..carriers.base import CarrierAdapter
from ..numbers import carrier_name, number_page

CARRIERS: dict[str, CarrierAdapter] = discover("tracking.carriers", "Carrier")

_CAPITALS = frozenset({"dhl", "dpd", "ems", "gls", "sf", "tnt", "ups", "usps", "us", "uk", "mi", "jd", "bv", "llc"})


def carrier(code: str) -> CarrierAdapter | None:
    """The adapter of a carrier's code; None for a carrier that the portal knows by name only."""
    return CARRIERS.get(code)


def carrier_label(code: str) -> str:
    """A carrier's name as people read it: its adapter's, else that of whoever issues its numbers, else its code."""
    if adapter := CARRIERS.get(code):
        return adapter.label
    words = (word.upper() if word in _CAPITALS else word.title() for word in code.split("_"))
    return carrier_name(code) or " ".join(words)


def carrier_page(code: str, tracking_number: str) -> str:
    """The carrier's own public page of a number, "" where none is known."""
    adapter = CARRIERS.get(code)
    return adapter.tracking_url(tracking_number) if adapter else number_page(code, tracking_number)


def carrier_code(text: str) -> str:
    """The code of a carrier that a person named; "" when no code can be made of it."""
    name = text.strip()
    for code, adapter in CARRIERS.items():
        if name.casefold() in (code, adapter.label.casefold()):
            return code
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:30]


def normalize_number(text: str) -> str:
    """A tracking number without the spaces, dots and dashes that people and labels put into it."""
    return re.sub(r"[\s.\-/]", "", text).upper()
