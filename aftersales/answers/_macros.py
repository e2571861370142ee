"""Texts with names in braces, which become words of an order; anything else stays as it is written."""

import re
from collections.abc import Mapping

NAMES = ("customer", "order", "status", "arrival", "link", "merchant")
_NAME = re.compile(r"\{(\w+)\}")


def fill_in(text: str, given: Mapping[str, str]) -> str:
    """The text with what its names stand for."""
    return _NAME.sub(lambda found: given.get(found[1], found[0]), text)


def unknown_names(text: str) -> list[str]:
    """Names in braces that stand for nothing, in the order in which they come."""
    return [name for name in _NAME.findall(text) if name not in NAMES]
