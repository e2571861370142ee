"""What a written phone number is, and what its writer may have meant: a judge over the numbering plans, no more."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from phonenumber_field.phonenumber import PhoneNumber as Number
from phonenumbers import NumberParseException, PhoneNumberType, ValidationResult

WRITTEN_MAX = 40
SUGGESTED = 4


class Problem(StrEnum):
    """Why a number can't be used as it is."""

    NOT_A_NUMBER = "not_a_number"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    WRONG_LENGTH = "wrong_length"
    NO_AREA_CODE = "no_area_code"
    NO_SUCH_COUNTRY = "no_such_country"
    NOBODYS_RANGE = "nobodys_range"


class Slip(StrEnum):
    """How a number came to be written otherwise than it was meant."""

    NO_COUNTRY_CODE = "no_country_code"
    OTHER_COUNTRY = "other_country"
    DOUBLE_ZERO = "double_zero"
    NO_PLUS = "no_plus"
    PLUS_BEFORE_NATIONAL = "plus_before_national"
    DOUBLED_COUNTRY_CODE = "doubled_country_code"
    TRUNK_ZERO = "trunk_zero"
    LETTER_FOR_DIGIT = "letter_for_digit"


_PROBLEMS = {
    ValidationResult.TOO_SHORT: Problem.TOO_SHORT,
    ValidationResult.TOO_LONG: Problem.TOO_LONG,
    ValidationResult.INVALID_LENGTH: Problem.WRONG_LENGTH,
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: Problem.NO_AREA_CODE,
    ValidationResult.INVALID_COUNTRY_CODE: Problem.NO_SUCH_COUNTRY,
}
_KINDS = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "fixed_line",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed_line_or_mobile",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.PREMIUM_RATE: "premium_rate",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.PERSONAL_NUMBER: "personal_number",
    PhoneNumberType.PAGER: "pager",
    PhoneNumberType.UAN: "company",
    PhoneNumberType.VOICEMAIL: "voicemail",
}
KINDS = ("unknown", *_KINDS.values())
_NO_SMS = frozenset({"fixed_line", "toll_free", "premium_rate", "shared_cost", "pager", "company", "voicemail"})
# Writings that are one country's alone, whatever country the writer is asked from.
_UNMISTAKABLE = (
    (re.compile(r"1[3-9]\d{9}"), "CN"),
    (re.compile(r"01[567]\d{8,9}"), "DE"),
)
# A platform's virtual number: the base rings at a switchboard, the extension finds the person for a while.
_EXTENDED = re.compile(r"(?P<base>\+?\d[\d ]{9,15}\d)\s*(?:-|,|#|转|轉|ext\.?)\s*(?P<extension>\d{3,6})", re.IGNORECASE)
_LOOKALIKES = str.maketrans("OoIl|", "00111")
_LETTERED = re.compile(r"[\d+][\d\s()./+-]*[OoIl|]|[OoIl|][\s()./-]*\d")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A valid number that may have been meant, and the slip that leads to what was written."""

    number: Number
    slip: Slip


@dataclass(frozen=True, slots=True)
class NumberCheck:
    """A written number, judged; ``kind`` is one of `KINDS`, ``region`` ISO 3166-1, or "" for a number of no country."""

    written: str
    number: Number | None
    problem: Problem | None
    kind: str = "unknown"
    region: str = ""
    suggestions: tuple[Suggestion, ...] = ()

    @property
    def is_valid(self) -> bool:
        return self.problem is None

    @property
    def is_possible(self) -> bool:
        """Whether its length can be right; most that are possible and not valid are in a range nobody was given."""
        return self.problem in (None, Problem.NOBODYS_RANGE)

    @property
    def may_get_sms(self) -> bool:
        return self.is_valid and self.kind not in _NO_SMS


def check_number(text: str, *, region: str | None = None, likely: Iterable[str] = ()) -> NumberCheck:
    """Judge a number as people write it.

    Args:
        region: where a number without a country code is read, ISO 3166-1.
        likely: more regions that its writer may come from; they serve suggestions only.
    """
    written = text[:WRITTEN_MAX]
    number, problem = _read(text, region)
    suggestions = _suggest(text, region, likely, number if problem is None else None)
    if number is None or problem:
        return NumberCheck(written, number, problem, suggestions=suggestions)
    kind = _KINDS.get(phonenumbers.number_type(number), "unknown")
    country = phonenumbers.region_code_for_number(number) or ""
    shown = "" if country == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY else country
    return NumberCheck(written, number, None, kind, shown, suggestions)


def _read(text: str, region: str | None) -> tuple[Number | None, Problem | None]:
    if split := _EXTENDED.fullmatch(unicodedata.normalize("NFKC", text[:WRITTEN_MAX]).strip()):
        number, problem = _read(split["base"], region)
        if number is not None and problem is None:
            number.extension = split["extension"]
            return number, None
    try:
        number = Number.from_string(text, region=region)
    except NumberParseException as error:
        if error.error_type == NumberParseException.TOO_LONG:
            return None, Problem.TOO_LONG
        return None, Problem.NOT_A_NUMBER
    verdict = phonenumbers.is_possible_number_with_reason(number)
    if verdict != ValidationResult.IS_POSSIBLE:
        return number, _PROBLEMS[verdict]
    return number, None if phonenumbers.is_valid_number(number) else Problem.NOBODYS_RANGE


def _suggest(text: str, region: str | None, likely: Iterable[str], read: Number | None) -> tuple[Suggestion, ...]:
    """Other readings that are valid numbers, each slip by itself; none of them adds a digit that was not written."""
    found: dict[str, Suggestion] = {}
    plain = unicodedata.normalize("NFKC", text[:WRITTEN_MAX]).strip()
    readings = _readings(plain, region, likely) if read is None else _second_thoughts(plain, region)
    for slip, meant, there in readings:
        number, problem = _read(meant, there)
        is_better = read is None or (number is not None and phonenumbers.number_type(number) == PhoneNumberType.MOBILE)
        if number is not None and problem is None and number != read and is_better:
            found.setdefault(number.as_e164, Suggestion(number, slip))
    return tuple(found.values())[:SUGGESTED]


Reading = tuple[Slip, str, str | None]  # the slip, the number as it should have been written, and where it is read


def _second_thoughts(text: str, region: str | None) -> Iterator[Reading]:
    """What may have been meant though what was written is valid: long plans take many a slip for a landline."""
    if not text.startswith("+"):
        yield from _unmistakable(text, region)
    if _LETTERED.search(text):
        yield Slip.LETTER_FOR_DIGIT, text.translate(_LOOKALIKES), region
    if text.startswith(("+", "00")):
        yield from (one for one in _mended_codes(_international(text)) if one[0] == Slip.DOUBLED_COUNTRY_CODE)


def _readings(text: str, region: str | None, likely: Iterable[str]) -> Iterator[Reading]:
    yield from _second_thoughts(text, region)
    digits = _digits(text)
    if digits.startswith("00"):
        yield Slip.DOUBLE_ZERO, f"+{digits[2:]}", None
    if text.startswith(("+", "00")):
        yield from _mended_codes(_international(text))
    if "+" not in text or digits.startswith("0"):
        slip = Slip.PLUS_BEFORE_NATIONAL if "+" in text else Slip.NO_COUNTRY_CODE
        for country in dict.fromkeys([region, *likely] if region else likely):
            yield slip, digits, country
    if not digits.startswith("0") and "+" not in text:
        yield Slip.NO_PLUS, f"+{digits}", None


def _unmistakable(text: str, region: str | None) -> Iterator[Reading]:
    for pattern, country in _UNMISTAKABLE:
        if pattern.fullmatch(_digits(text)):
            yield (Slip.OTHER_COUNTRY if region else Slip.NO_COUNTRY_CODE), _digits(text), country


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


def _international(text: str) -> str:
    """The digits after the plus, or after the two zeros that stand for it."""
    digits = _digits(text)
    return digits[2:] if digits.startswith("00") else digits


def _mended_codes(digits: str) -> Iterator[Reading]:
    """A country code written twice, or followed by the zero that is dialed at home only."""
    for length in (1, 2, 3):
        code, rest = digits[:length], digits[length:]
        if not code or int(code) not in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            continue
        for doubled in (code, f"00{code}", f"0{code}"):
            if rest.startswith(doubled):
                yield Slip.DOUBLED_COUNTRY_CODE, f"+{code}{rest.removeprefix(doubled)}", None
        if rest.startswith("0"):
            yield Slip.TRUNK_ZERO, f"+{code}{rest.lstrip('0')}", None
