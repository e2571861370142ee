"""Reading JSON that someone else wrote: every step tolerates the wrong type, and nothing but `Unreadable` escapes."""

import html
import json
import math
import re
from collections.abc import Mapping

import msgspec

from tracking.carriers.base import Unreadable

_MARKUP = re.compile(r"<(sup|sub|b|i|br)\s*/?>|</(sup|sub|b|i)>", re.IGNORECASE)
# What PostgreSQL or a browser can't hold in a text: NUL and the other control characters, halves of surrogate pairs.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

# An object as it was parsed. Only dicts are taken for one: a check against `Mapping` costs more than the reading.
Fields = Mapping[str, object]


def load(body: bytes) -> object:
    """Parse a JSON body in UTF-8, with or without a byte order mark.

    Raises:
        Unreadable: not JSON, truncated, wrongly encoded, or nested too deep to read.
    """
    try:
        return _QUICK.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _load_slowly(body)


def _load_slowly(body: bytes) -> object:
    """What the quick reader refuses: damage, which is to be named, or a byte order mark, or half a surrogate pair."""
    try:
        return _TOLERANT.decode(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Unreadable(f"The body is not UTF-8: {error.reason} at byte {error.start}.") from error
    except RecursionError as error:
        raise Unreadable("The JSON is nested too deep.") from error
    except ValueError as error:
        raise Unreadable(f"The body is not JSON: {error}.") from error


def load_fields(body: bytes) -> Fields:
    """Parse a JSON body that must be an object."""
    document = load(body)
    if not isinstance(document, dict):
        raise Unreadable(f"Expected a JSON object, got {_kind(document)}.")
    return document


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


_QUICK = msgspec.json.Decoder()
_TOLERANT = json.JSONDecoder(parse_constant=_refuse_constant)


def text(value: object) -> str:
    """A value as clean text: entities decoded, small markup and control characters removed; "" for what is no text."""
    if value is None:
        return ""
    if type(value) is str and value.isprintable() and "&" not in value and "<" not in value and "  " not in value:
        return value.strip()  # nearly every text is clean, and there are a dozen in every scan
    if isinstance(value, dict):  # an XML element with children or attributes beside its text
        value = value.get("#text")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    if not isinstance(value, str):
        return _digits(value)
    for _ in range(2):  # some senders escape twice
        value = html.unescape(value)
    return " ".join(_UNPRINTABLE.sub("", _MARKUP.sub("", value)).split())


def _digits(value: int | float) -> str:
    try:
        return str(int(value)) if float(value).is_integer() else str(value)
    except (ValueError, OverflowError):  # an integer beyond Python's printing limit
        return ""


def signer(value: object) -> str:
    """The name of whoever signed; "" for the notes that carriers write in its place ("Signature not required")."""
    name = text(value)
    return "" if name.lower().endswith("not required") else name


def fields(value: object) -> Fields:
    """A value as an object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def at(value: object, *path: str) -> object:
    """The value at a path of keys, or None where the path breaks off; a list is read as its first object."""
    for key in path:
        if isinstance(value, list):
            value = next((item for item in value if isinstance(item, dict)), None)
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def text_at(value: object, *path: str) -> str:
    """The clean text at a path of keys."""
    return text(at(value, *path))


def rows(value: object, name: str) -> list[Fields]:
    """A list of objects; one object alone counts as a list of one, nothing as an empty list.

    Raises:
        Unreadable: ``value`` is something else, or a list in which nothing is an object.
    """
    if value is None or value == "":
        return []
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, list):
        raise Unreadable(f"{name} must be a list, got {_kind(value)}.")
    objects: list[Fields] = [item for item in value if isinstance(item, dict)]
    if value and not objects:
        raise Unreadable(f"{name} holds no objects.")
    return objects


def number(value: object) -> float | None:
    """A finite number, also when written as text; None for anything else."""
    if value is None:
        return None
    try:
        found = float(text(value))
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


_GRAMS = {"G": 1.0, "GRAM": 1.0, "KG": 1000.0, "KGS": 1000.0, "LB": 453.59237, "LBS": 453.59237, "OZ": 28.349523125}


def grams(value: object, unit: str) -> int | None:
    """A weight in grams, or None when it or its unit can't be read, or it is zero: carriers write 0 for "not known"."""
    amount, factor = number(value), _GRAMS.get(unit.strip().upper())
    if amount is None or factor is None or not 0 < amount * factor < 2**31:
        return None
    return round(amount * factor)


def _kind(value: object) -> str:
    names: dict[type, str] = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
