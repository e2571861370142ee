"""The forms that tracking numbers have, read once from the data files beside this module.

``formats.json`` is made by `tracking.numbers.convert` from published specifications (MIT, see LICENSE-formats);
``own_formats.json`` holds what they lack, each form with its source. Both have the same schema, which the how-to guide
describes.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from .checks import CHECKS, Check

_FOLDER = Path(__file__).parent
# What a fixed character of a form is worth as evidence. Two digits weigh as much as a check digit that holds.
_KNOWN_LETTER, _ANY_LETTER, _DIGIT = 5, 2, 2


@dataclass(frozen=True, slots=True)
class Carrier:
    code: str
    name: str
    url: str = ""
    names: Mapping[str, str] = field(default_factory=dict, compare=False)  # by language, where it has one of its own

    def tracking_url(self, number: str) -> str:
        """The carrier's own page of a number, or "" when none is known."""
        return self.url.replace("{number}", number)


@dataclass(frozen=True)
class Table:
    """What a named part of a number means.

    ``tells`` is ``service``, ``note``, ``destination`` (values are countries) or ``issuer`` (keys are countries, values
    the postal service and its country's name). A number whose part is not in a table that the format requires is wrong.
    """

    group: str
    tells: str
    exact: Mapping[str, Any]
    patterns: tuple[tuple[re.Pattern[str], Any], ...]
    is_required: bool = False
    partners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def look_up(self, part: str) -> Any:
        """The meaning of a part; None when the table has none."""
        if part in self.exact:
            return self.exact[part]
        return next((meaning for pattern, meaning in self.patterns if pattern.fullmatch(part)), None)


@dataclass(frozen=True)
class Format:
    """One form that a carrier's numbers have.

    ``fixed`` are the characters that every such number has, with ``@`` for a letter that varies: what tells the form
    apart from a plain row of digits. A form whose check is optional has numbers of older or foreign kinds that lack the
    check digit: it counts when it holds, and says nothing when it doesn't.
    """

    name: str
    carrier: Carrier
    pattern: re.Pattern[str]
    fixed: str = ""
    check: Check | None = None
    is_check_optional: bool = False
    prefix: tuple[re.Pattern[str], str] | None = None
    tables: tuple[Table, ...] = ()
    partners: tuple[str, ...] = ()

    @cached_property
    def evidence(self) -> int:
        """How much the form alone tells, roughly in bits: letters are rarer than digits, a known letter rarer still."""
        weights = {"@": _ANY_LETTER} | dict.fromkeys("0123456789", _DIGIT)
        return sum(weights.get(part, _KNOWN_LETTER) for part in self.fixed)

    def is_checked_by(self, match: re.Match[str]) -> bool:
        """Whether the check digit of a number of this form holds."""
        if self.check is None:
            return False
        serial = match["SerialNumber"]
        if self.prefix and self.prefix[0].match(serial):
            serial = self.prefix[1] + serial
        return self.check(serial, match["CheckDigit"])


def _read(name: str) -> dict[str, Any]:
    return json.loads((_FOLDER / name).read_text("utf-8"))


def _table(row: dict[str, Any], tables: dict[str, dict[str, Any]]) -> Table:
    content = tables[row["table"]]
    return Table(
        group=row["group"],
        tells=row["tells"],
        exact=content.get("exact", {}),
        patterns=tuple((re.compile(pattern), meaning) for pattern, meaning in content.get("patterns", [])),
        is_required=row.get("required", False),
        partners={part: tuple(codes) for part, codes in row.get("partners", {}).items()},
    )


def _check(row: dict[str, Any]) -> Check | None:
    constants = dict(row.get("check", {}))
    name = constants.pop("name", "")
    return partial(CHECKS[name], **constants) if name else None


def _format(row: dict[str, Any], tables: dict[str, dict[str, Any]]) -> Format:
    prepend = row.get("prepend")
    return Format(
        name=row["name"],
        carrier=CARRIERS[row["carrier"]],
        pattern=re.compile(row["pattern"], re.ASCII),
        fixed=row.get("fixed", ""),
        check=_check(row),
        is_check_optional=row.get("check_optional", False),
        prefix=(re.compile(prepend["when"]), prepend["content"]) if prepend else None,
        tables=tuple(_table(part, tables) for part in row.get("parts", [])),
        partners=tuple(row.get("partners", [])),
    )


_PUBLISHED, _OWN = _read("formats.json"), _read("own_formats.json")

CARRIERS: Mapping[str, Carrier] = {
    code: Carrier(code, row["name"], row.get("url", ""), row.get("names", {}))
    for code, row in (_PUBLISHED["carriers"] | _OWN["carriers"]).items()
}
ISSUERS: Mapping[str, str] = _OWN["issuers"]
"""Our codes of the postal services that have one, by country; the others are ``post_`` and their country."""

FORMATS: tuple[Format, ...] = tuple(
    _format(row, source["tables"]) for source in (_PUBLISHED, _OWN) for row in source["formats"]
)
DIGIT_FORMATS = tuple(form for form in FORMATS if not form.fixed.strip("0123456789"))
"""The forms that a number without letters may have."""

# Some tell the department that answers for it, too.
_POSTS = {
    f"post_{country.lower()}": name.partition(" - ")[0]
    for country, (name, _) in _PUBLISHED["tables"]["s10/CountryCode"]["exact"].items()
}
_KNOWN = {form.carrier.code for form in FORMATS} | set(ISSUERS.values())


def knows_carrier(code: str) -> bool:
    """Whether we know what this carrier's numbers look like."""
    return code in _KNOWN


def carrier_name(code: str, language: str = "") -> str:
    """A carrier's name as these data have it, that of a language where it has one; "" for a carrier they don't know."""
    carrier = CARRIERS.get(code)
    return carrier.names.get(language, carrier.name) if carrier else _POSTS.get(code, "")


def number_page(code: str, number: str) -> str:
    """The carrier's own page of a number as these data have it; "" for a carrier that they don't know."""
    return CARRIERS[code].tracking_url(number) if code in CARRIERS else ""
