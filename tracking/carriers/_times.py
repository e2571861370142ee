"""Times as carriers write them, read without losing the clock digits of the place."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import NamedTuple

from tracking.carriers._places import load_zone, zone_of
from tracking.carriers.base import OffsetSource

# A year outside this range is a placeholder or damage, and would overflow when turned into UTC.
_FIRST_YEAR, _LAST_YEAR = 1990, 2200
_FARTHEST = timedelta(hours=14)

_MONTHS = {
    name: number + 1
    for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split())  # noqa: SIM905
}

_DATE_FORMS = (
    re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"),
    re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?!\d{7})"),
    re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})"),
    re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})"),  # as US carriers write it
    re.compile(r"(?P<day>\d{1,2})-(?P<month>\d{1,2})-(?P<year>\d{4})"),  # as Dutch and Indian carriers write it
    re.compile(r"(?:[a-z]+,\s*)?(?P<word>[a-z]{3})[a-z]*\.?\s+(?P<day>\d{1,2}),?\s+(?P<year>\d{4})"),
    re.compile(r"(?:[a-z]+,\s*)?(?P<day>\d{1,2})\s+(?P<word>[a-z]{3})[a-z]*\.?,?\s+(?P<year>\d{4})"),
)
_TIME_FORM = re.compile(
    r"(?:t|\s|at|,)*"
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2}))?|(?P<minute2>\d{2})(?P<second2>\d{2})?)"
    r"(?:[.,](?P<fraction>\d{1,12}))?"
    r"\s*(?P<half>[ap])?\.?(?:m\b\.?)?"
    r"\s*(?P<offset>[+-]\d{1,2}(?:[:.]?\d{2})?|[a-z]{1,5})?",
)
# CST is read as US Central: Chinese senders give no abbreviation.
_ABBREVIATIONS = {
    "z": 0,
    "utc": 0,
    "gmt": 0,
    "bst": 1,
    "cet": 1,
    "cest": 2,
    "jst": 9,
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
}
_OFFSET_FORM = re.compile(r"(?P<sign>[+-])?(?P<hours>\d{1,2})(?:[:.]?(?P<minutes>\d{2}))?")


class Moment(NamedTuple):
    """A time with the offset of its place, and where that offset comes from; ``at`` is None when unreadable."""

    at: datetime | None
    source: OffsetSource


NO_MOMENT = Moment(None, OffsetSource.ASSUMED)


def read_moment(text: str, *, offset: str = "", country: str = "", region: str = "", home: str = "") -> Moment:
    """Read a time, keeping its clock digits.

    The offset is taken, in this order, from the text itself, from ``offset``, from the place (``country`` and
    ``region``), from the carrier's ``home`` zone (an IANA name) when the place names no other country, and is
    otherwise assumed to be UTC.
    """
    stamp = _read_iso(text.strip())
    if stamp and stamp.tzinfo:
        return Moment(stamp, OffsetSource.STATED)
    clock, own_offset = (stamp, None) if stamp else read_clock(text)
    if clock is None:
        return NO_MOMENT
    stated = own_offset if own_offset is not None else read_offset(offset)
    if stated is not None:
        return Moment(clock.replace(tzinfo=stated), OffsetSource.STATED)
    zone = zone_of(country, region) if country else None
    if zone is None and home:
        home_zone = load_zone(home)
        # Abroad, the home clock would be a guess; a home country with several zones is read by the home clock.
        if not country or home in _HOMES.get(country, ()):
            zone = home_zone
    if zone is None:
        return Moment(clock.replace(tzinfo=timezone.utc), OffsetSource.ASSUMED)  # noqa: UP017 (one kind of tzinfo)
    return Moment(_fixed(clock, zone), OffsetSource.INFERRED)


_HOMES = {
    "US": ("America/New_York",),
    "CN": ("Asia/Shanghai",),
    "DE": ("Europe/Berlin",),
    "CA": ("America/Toronto",),
    "AU": ("Australia/Sydney",),
}


def _fixed(clock: datetime, zone: tzinfo) -> datetime:
    offset = clock.replace(tzinfo=zone).utcoffset() or timedelta()
    return clock.replace(tzinfo=timezone(offset))


def read_clock(text: str) -> tuple[datetime | None, timezone | None]:
    """The naive clock time of a text and the offset it states itself; a date alone reads as its midnight."""
    text = text.strip()
    if not text:
        return None, None
    if stamp := _read_iso(text):
        offset = stamp.utcoffset()
        return stamp.replace(tzinfo=None), None if offset is None else timezone(offset)
    text = text.lower()
    for form in _DATE_FORMS:
        if found := form.match(text):
            day = _date(found)
            if day is None:
                continue
            return _with_time(day, text[found.end() :])
    return None, None


def _read_iso(text: str) -> datetime | None:
    """The common form, read by the standard library; None leaves the text to the forms below."""
    if len(text) < 19 or text[4] != "-" or text[10] not in "T " or not text[5:7].isdecimal():
        return None
    try:
        stamp = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not _FIRST_YEAR <= stamp.year <= _LAST_YEAR:
        return None
    offset = None if stamp.tzinfo is UTC else stamp.utcoffset()  # nearly all are
    return stamp if offset is None or abs(offset) <= _FARTHEST else None


def _date(found: re.Match[str]) -> date | None:
    parts = found.groupdict()
    month = _MONTHS.get(parts["word"], 0) if parts.get("word") else int(parts["month"])
    try:
        day = date(int(parts["year"]), month, int(parts["day"]))
    except ValueError:
        return None
    return day if _FIRST_YEAR <= day.year <= _LAST_YEAR else None


def _with_time(day: date, rest: str) -> tuple[datetime | None, timezone | None]:
    if not rest.strip():
        return datetime.combine(day, time()), None
    found = _TIME_FORM.match(rest)
    if not found or rest[found.end() :].strip():
        return None, None
    parts = found.groupdict()
    hour = int(parts["hour"])
    if parts["half"]:
        if not 1 <= hour <= 12:
            return None, None
        hour = hour % 12 + (12 if parts["half"] == "p" else 0)
    try:
        clock = time(
            hour,
            int(parts["minute"] or parts["minute2"]),
            int(parts["second"] or parts["second2"] or 0),
            int(((parts["fraction"] or "") + "000000")[:6]),  # .NET sends seven digits
        )
    except ValueError:
        return None, None
    return datetime.combine(day, clock), read_offset(parts["offset"] or "")


def read_offset(text: str) -> timezone | None:
    """A UTC offset written as Z, EST, +05:30, -7:00, +0800 or -04.00; None when there is none or it can't be."""
    text = text.strip().lower()
    if text in _ABBREVIATIONS:
        return timezone(timedelta(hours=_ABBREVIATIONS[text]))
    found = _OFFSET_FORM.fullmatch(text)
    if not found:
        return None
    minutes = int(found["hours"]) * 60 + int(found["minutes"] or 0)
    if minutes > 14 * 60:
        return None
    return timezone(timedelta(minutes=-minutes if found["sign"] == "-" else minutes))


def offset_between(local: str, utc: str) -> str:
    """The offset between two writings of one instant, as "+hh:mm", or "" when either can't be read or they disagree."""
    (here, _), (there, _) = read_clock(local), read_clock(utc)
    if here is None or there is None:
        return ""
    minutes = round((here - there).total_seconds() / 60)
    if abs(minutes) > 14 * 60 or minutes % 15:
        return ""
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def compact_time(text: str) -> str:
    """A time of day without separators padded to six digits: UPS drops leading zeros ("74700" is 07:47:00)."""
    digits = text.strip()
    return digits.zfill(6) if digits.isdigit() and len(digits) <= 6 else digits


def read_date(text: str) -> date | None:
    """The calendar date of a date or a time, as written; None when it can't be read."""
    clock, _ = read_clock(text)
    return clock.date() if clock else None


def read_instant(text: str, *, country: str = "", region: str = "", home: str = "") -> datetime | None:
    """A time whose offset is known (stated or inferred), for promised windows; None when it would be assumed."""
    moment = read_moment(text, country=country, region=region, home=home)
    return None if moment.source is OffsetSource.ASSUMED else moment.at


def read_epoch(value: object) -> Moment:
    """A time in milliseconds since 1970, as UTC; unreadable unless it is a number in the range of years."""
    if isinstance(value, str) and value.isdecimal() and len(value) <= 15:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**13:
        return NO_MOMENT
    at = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=value)  # noqa: UP017
    return Moment(at, OffsetSource.STATED) if at.year >= _FIRST_YEAR else NO_MOMENT
