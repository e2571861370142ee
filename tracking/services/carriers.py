"""Which carriers the portal can read, and what they are called."""

import re

from django.utils.translation import get_language

from logistics_portal.kernel.discover import discover

from ..carriers.base import CarrierAdapter
from ..numbers import carrier_name, number_page
from ..numbers.formats import CARRIERS as NUMBERED

CARRIERS: dict[str, CarrierAdapter] = discover("tracking.carriers", "Carrier")

_CAPITALS = frozenset({"dhl", "dpd", "ems", "gls", "sf", "tnt", "ups", "usps", "us", "uk", "mi", "jd", "bv", "llc"})
# What a person may call a carrier, in any language; an adapter's names are told last, so that they win.
_CODES = {
    name.casefold(): code
    for code, names in (
        *((code, (one.name, *one.names.values())) for code, one in NUMBERED.items()),
        *((code, (code, one.label, *one.labels.values())) for code, one in CARRIERS.items()),
    )
    for name in names
}


def carrier(code: str) -> CarrierAdapter | None:
    """The adapter of a carrier's code; None for a carrier that the portal knows by name only."""
    return CARRIERS.get(code)


def carrier_label(code: str, language: str = "") -> str:
    """A carrier's name as people read it, in the active language or the given one.

    It is its adapter's, else that of whoever issues its numbers, else its code. A carrier that has no name of its own
    in a language is called as everywhere.
    """
    language = language or get_language() or ""
    if adapter := CARRIERS.get(code):
        return adapter.labels.get(language, adapter.label)
    words = (word.upper() if word in _CAPITALS else word.title() for word in code.split("_"))
    return carrier_name(code, language) or " ".join(words)


def carrier_labels() -> list[str]:
    """The names of the carriers that the portal can read, as `carrier_label` tells them: what a field suggests."""
    return sorted(carrier_label(code) for code, adapter in CARRIERS.items() if not adapter.is_aggregator)


def carrier_page(code: str, tracking_number: str) -> str:
    """The carrier's own public page of a number, "" where none is known."""
    adapter = CARRIERS.get(code)
    return adapter.tracking_url(tracking_number) if adapter else number_page(code, tracking_number)


def carrier_code(text: str) -> str:
    """The code of a carrier that a person named, in whichever language; "" when no code can be made of it."""
    name = text.strip()
    return _CODES.get(name.casefold()) or re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:30]


def normalize_number(text: str) -> str:
    """A tracking number without the spaces, dots and dashes that people and labels put into it."""
    return re.sub(r"[\s.\-/]", "", text).upper()
