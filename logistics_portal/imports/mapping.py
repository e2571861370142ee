"""Maps: which column of somebody's table means what. A map is a small TOML or JSON file; `maps/` ships some."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from orders.models import Order
from tracking.carriers.base import Status

SHIPPED = Path(__file__).parent / "maps"

ORDER_FIELDS = frozenset(
    {
        *("number", "status", "placed_at", "promised_on", "phone", "email", "language", "consignee"),
        *("line1", "line2", "city", "region", "postal_code", "country"),
        *("currency", "total", "shipping_total", "discount_total", "carrier", "service", "tracking_number"),
        *("sku", "item_name", "quantity", "unit_price"),
    }
)
LINE_FIELDS = frozenset({"sku", "item_name", "quantity", "unit_price", "shipping"})
NEEDED = ("number", "placed_at", "consignee", "line1", "city", "country", "currency", "status")


class WrongMap(Exception):
    """The map can't be used; the message says what is wrong and where."""


@dataclass(frozen=True, slots=True)
class ScanColumn:
    """A column of times that tells when something happened to the parcel."""

    column: str
    status: Status
    description: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Join:
    """A companion file whose columns belong to a row (``to="order"``) or to an item of it (``to="line"``)."""

    file: str  # a pattern, like "*customers*.csv*"
    key: str  # the column that both have
    to: str = "order"
    sum: tuple[str, ...] = ()  # columns to add up where the file has several rows for a key


@dataclass(frozen=True, slots=True)
class Lines:
    """The companion file that holds an order's items, one or more rows for an order."""

    file: str
    key: str
    columns: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class MadeUpPhones:
    """Numbers for a table that has none: a range which its regulator gives to nobody. One number a line of the file."""

    first: int
    count: int

    def number(self, line: int) -> str:
        return f"+{self.first + line % self.count}"


@dataclass(frozen=True, slots=True)
class OrderMap:
    """What each column means. ``columns`` names for each field the columns to look into, the first that is filled."""

    name: str
    text: bytes  # as it was read, for the digest of a run
    zone: ZoneInfo
    columns: Mapping[str, tuple[str, ...]]
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    decimal_comma: bool = False
    time_formats: tuple[str, ...] = ("%Y-%m-%d %H:%M:%S",)
    date_formats: tuple[str, ...] = ("%Y-%m-%d",)
    defaults: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    pad: Mapping[str, int] = field(default_factory=dict)
    scans: tuple[ScanColumn, ...] = ()
    joins: tuple[Join, ...] = ()
    lines: Lines | None = None
    phones: MadeUpPhones | None = None


_PLAIN = {"encoding", "delimiter", "decimal_comma", "time_formats", "date_formats"}
_TABLES = {"columns", "defaults", "statuses", "pad", "scans", "joins", "lines", "made_up_phones"}


def load_map(name: str) -> OrderMap:
    """The shipped map of that name, or the one in that file.

    Raises:
        WrongMap: there is no such map, or it can't be used.
    """
    shipped = SHIPPED / f"{name}.toml"
    path = shipped if shipped.is_file() else Path(name)
    if not path.is_file():
        known = ", ".join(sorted(found.stem for found in SHIPPED.glob("*.toml")))
        raise WrongMap(f"There is no map “{name}”: give a file (.toml or .json), or one of: {known}.")
    text = path.read_bytes()
    try:
        found = json.loads(text) if path.suffix == ".json" else tomllib.loads(text.decode())
    except ValueError as error:
        raise WrongMap(f"{path} can't be read: {error}") from error
    if not isinstance(found, dict):
        raise WrongMap(f"{path} must be an object.")
    try:
        return _build(path.stem, text, found)
    except WrongMap as error:
        raise WrongMap(f"{path}: {error}") from error


def _build(name: str, text: bytes, found: dict[str, Any]) -> OrderMap:
    _only(found, _PLAIN | _TABLES | {"label", "time_zone"}, "the map")
    columns = _columns(found.get("columns"), ORDER_FIELDS, "columns")
    defaults = {key: str(value) for key, value in _table(found, "defaults").items()}
    _only(defaults, ORDER_FIELDS, "defaults")
    phones = _phones(found.get("made_up_phones"))
    missing = [one for one in NEEDED if one not in columns and one not in defaults]
    if missing:
        raise WrongMap(f"neither [columns] nor [defaults] has {', '.join(missing)}")
    if "phone" not in columns and "phone" not in defaults and phones is None:
        raise WrongMap("no phone: name its column, or a range in [made_up_phones]")
    plain = {key: tuple(value) if isinstance(value, list) else value for key, value in found.items() if key in _PLAIN}
    return OrderMap(
        name=name,
        text=text,
        zone=_zone(found.get("time_zone")),
        columns=columns,
        defaults=defaults,
        statuses=_statuses(_table(found, "statuses")),
        pad={key: int(value) for key, value in _table(found, "pad").items()},
        scans=tuple(_scan(one) for one in _rows(found, "scans")),
        joins=tuple(_join(one) for one in _rows(found, "joins")),
        lines=_lines(found.get("lines")),
        phones=phones,
        **plain,  # type: ignore[arg-type]
    )


def _only(given: Mapping[str, Any], allowed: frozenset[str] | set[str], where: str) -> None:
    if strange := sorted(set(given) - allowed):
        raise WrongMap(f"{where} knows no {', '.join(strange)}; it knows {', '.join(sorted(allowed))}")


def _table(found: Mapping[str, Any], name: str) -> dict[str, Any]:
    table = found.get(name, {})
    if not isinstance(table, dict):
        raise WrongMap(f"[{name}] must be a table")
    return table


def _rows(found: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    rows = found.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise WrongMap(f"[[{name}]] must be a list of tables")
    return rows


def _columns(given: object, allowed: frozenset[str], where: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(given, dict):
        raise WrongMap(f"[{where}] must say which column holds which field")
    _only(given, allowed, where)
    return {name: (value,) if isinstance(value, str) else tuple(value) for name, value in given.items()}


def _zone(name: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise WrongMap(f"time_zone must be an IANA name, like Europe/Berlin, not {name!r}") from error


def _statuses(given: Mapping[str, Any]) -> dict[str, str]:
    for word, status in given.items():
        if status not in Order.Status.values:
            raise WrongMap(f"[statuses] {word} = {status!r}: use one of {', '.join(Order.Status.values)}")
    return {word.lower(): status for word, status in given.items()}


def _scan(given: dict[str, Any]) -> ScanColumn:
    _only(given, {one.name for one in fields(ScanColumn)}, "[[scans]]")
    try:
        return ScanColumn(**{**given, "status": Status(given.get("status", ""))})
    except (ValueError, TypeError) as error:
        raise WrongMap(f"[[scans]] needs column, description, and a status of {', '.join(Status)}") from error


def _join(given: dict[str, Any]) -> Join:
    _only(given, {one.name for one in fields(Join)}, "[[joins]]")
    if not {"file", "key"} <= given.keys() or given.get("to", "order") not in ("order", "line"):
        raise WrongMap('[[joins]] needs file and key; `to` is "order" or "line"')
    return Join(**{**given, "sum": tuple(given.get("sum", ()))})


def _lines(given: object) -> Lines | None:
    if given is None:
        return None
    if not isinstance(given, dict) or not {"file", "key", "sku"} <= given.keys():
        raise WrongMap("[lines] needs file, key and sku")
    rest = {name: value for name, value in given.items() if name not in ("file", "key")}
    return Lines(given["file"], given["key"], _columns(rest, LINE_FIELDS, "lines"))


def _phones(given: object) -> MadeUpPhones | None:
    if given is None:
        return None
    if not isinstance(given, dict) or set(given) != {"first", "count"}:
        raise WrongMap('[made_up_phones] needs first, like "+33199000000", and count')
    first = str(given["first"])
    if not (first[:1] == "+" and first[1:].isdecimal()) or not int(given["count"]) > 0:
        raise WrongMap("[made_up_phones] first must be a number like +33199000000, and count more than 0")
    return MadeUpPhones(int(first[1:]), int(given["count"]))
