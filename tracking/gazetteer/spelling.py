"""How names are written so that they can be compared."""

import unicodedata

OWN = b"!"
"""Marks a city whose own name a spelling is."""

_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th"})


def spelling(name: str) -> str:
    """A name without case, accents and punctuation."""
    name = name.casefold()
    if not name.isascii():
        parts = unicodedata.normalize("NFKD", name.translate(_PLAIN))
        name = "".join(part for part in parts if not unicodedata.combining(part))
    return " ".join("".join(mark if mark.isalnum() else " " for mark in name).split())
