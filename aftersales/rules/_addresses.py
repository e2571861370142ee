"""What an address of a country looks like: forms of postal codes, and where streets have numbers."""

import re
import unicodedata

# Digits are written 9, letters A; an optional part stands in brackets. Countries without a line have no postal codes
# that parcels need, or forms that are not known here.
_FORMS: dict[str, tuple[str, ...]] = {
    "AT": ("9999",),
    "AU": ("9999",),
    "BE": ("9999",),
    "BG": ("9999",),
    "BR": ("99999-999", "99999999"),
    "CA": ("A9A 9A9", "A9A9A9"),
    "CH": ("9999",),
    "CN": ("999999",),
    "CY": ("9999",),
    "CZ": ("999 99", "99999"),
    "DE": ("99999",),
    "DK": ("9999",),
    "EE": ("99999",),
    "ES": ("99999",),
    "FI": ("99999",),
    "FR": ("99999",),
    "GB": ("A9 9AA", "A99 9AA", "AA9 9AA", "AA99 9AA", "A9A 9AA", "AA9A 9AA"),
    "GR": ("999 99", "99999"),
    "HR": ("99999",),
    "HU": ("9999",),
    "ID": ("99999",),
    "IL": ("9999999", "99999"),
    "IN": ("999999", "999 999"),
    "IS": ("999",),
    "IT": ("99999",),
    "JP": ("999-9999", "9999999"),
    "KR": ("99999",),
    "LI": ("9999",),
    "LT": ("99999",),
    "LU": ("9999",),
    "LV": ("9999",),
    "MC": ("99999",),
    "MT": ("AAA 9999", "AAA9999"),
    "MX": ("99999",),
    "MY": ("99999",),
    "NL": ("9999 AA", "9999AA"),
    "NO": ("9999",),
    "NZ": ("9999",),
    "PH": ("9999",),
    "PL": ("99-999", "99999"),
    "PT": ("9999-999", "9999999"),
    "RO": ("999999",),
    "RS": ("99999", "999999"),
    "RU": ("999999",),
    "SE": ("999 99", "99999"),
    "SG": ("999999",),
    "SI": ("9999",),
    "SK": ("999 99", "99999"),
    "TH": ("99999",),
    "TR": ("99999",),
    "TW": ("999", "99999", "999999"),
    "UA": ("99999",),
    "US": ("99999", "99999-9999"),
    "VN": ("99999", "999999"),
    "ZA": ("9999",),
}
# Where a parcel goes astray without one; elsewhere many addresses have none, or write it in words.
_NUMBERED = frozenset(
    [
        "AT",
        "BE",
        "CH",
        "CZ",
        "DE",
        "DK",
        "ES",
        "FI",
        "FR",
        "HU",
        "IT",
        "LI",
        "LU",
        "NL",
        "NO",
        "PL",
        "PT",
        "SE",
        "SK",
        "US",
    ]
)
_NOT_ASKED_FOR = frozenset(
    ["CN", "GB", "ID", "IN", "MC", "MX", "MY", "PH", "RS", "RU", "TH", "TR", "TW", "UA", "VN", "ZA"]
)  # often left out
_WITHOUT_NUMBER = re.compile(
    r"\bs\s*/\s*n\b|\bs\.?n\.?c\.?\b|\bsin n[uú]mero\b|\blieu[- ]dit\b|\bsans num[eé]ro\b", re.I
)
_PREFIX = re.compile(r"^(?:[A-Z]{1,2}|LV|LT)-(?=\d)")


def _pattern(form: str) -> str:
    signs = {"9": "[0-9]", "A": "[A-Z]", " ": " ", "-": "-"}
    return "".join(signs[sign] for sign in form)


_PATTERNS = {country: re.compile("|".join(map(_pattern, forms))) for country, forms in _FORMS.items()}


def _plain(text: str) -> str:
    """Without full-width signs and doubled spaces, as people type them on other keyboards."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def form_of(country: str) -> str:
    """How postal codes of a country look, 9 for a digit and A for a letter; "" where that is not known."""
    return next(iter(_FORMS.get(country, ("",))))


def needs_code(country: str) -> bool:
    return country in _FORMS and country not in _NOT_ASKED_FOR


def fits(postal_code: str, country: str) -> bool:
    """Whether a postal code has a form of its country; True where no form is known, or none was given."""
    pattern, code = _PATTERNS.get(country), _plain(postal_code).upper()
    return pattern is None or not code or pattern.fullmatch(_PREFIX.sub("", code)) is not None


def lacks_number(street: str, country: str) -> bool:
    """Whether a street lacks the house number that addresses of its country have."""
    plain = _plain(street)
    if country not in _NUMBERED or any(sign.isdecimal() for sign in plain):
        return False
    return not _WITHOUT_NUMBER.search(plain)


def is_name(city: str) -> bool:
    """Whether it could be the name of a place: two letters at least, or one ideograph, and not mostly digits."""
    letters = [sign for sign in _plain(city) if sign.isalpha()]
    digits = sum(sign.isdecimal() for sign in city)
    if not letters:
        return False
    return (len(letters) > 1 or ord(letters[0]) > 0x2E80 or city.casefold() in ("å", "y")) and digits <= len(letters)
