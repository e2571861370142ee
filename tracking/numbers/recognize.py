"""Whose number is this? Every form that fits is a candidate; check digits and fixed characters rank them."""

import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum

from .formats import CARRIERS, DIGIT_FORMATS, FORMATS, ISSUERS, Carrier, Format

TEXT_MAX = 256  # longer texts aren't numbers; this is looked at before anything else
NUMBER_MAX = 64
DISTINCTIVE = 10  # evidence from which a number can hardly be another carrier's
_CHECKED, _ISSUED = 4, 3  # what a check digit that holds, and a postal service that exists, add to the evidence
_SEPARATORS = frozenset({"Zs", "Zl", "Zp", "Pd", "Cc", "Cf"})  # spaces, dashes and what can't be seen
_ALSO_SEPARATORS = frozenset("./_·")
_NUMBER = re.compile(r"[A-Z0-9]{1,64}", re.ASCII)


class Check(StrEnum):
    """What a number's check digit says."""

    PASSED = "passed"
    FAILED = "failed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A carrier whose number this may be.

    ``rank`` is 1 for the best; candidates that fit equally well share a rank. ``country`` is the country of origin
    where the number states one. ``partners`` are carriers that may have had the parcel before or may have it after.
    """

    carrier: str
    carrier_name: str
    format: str
    check: Check
    rank: int
    evidence: int
    service: str = ""
    country: str = ""
    partners: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    tracking_url: str = ""

    @property
    def is_distinctive(self) -> bool:
        """Whether the number can hardly be another carrier's."""
        return self.check is not Check.FAILED and self.evidence >= DISTINCTIVE


def normalize(text: str) -> str:
    """A number as people type it in the form that we compare: capitals, no separators; "" for what can't be one."""
    if len(text) > TEXT_MAX:
        return ""
    characters = []
    for character in unicodedata.normalize("NFKC", text):
        if character in _ALSO_SEPARATORS or unicodedata.category(character) in _SEPARATORS:
            continue
        value = unicodedata.decimal(character, None)
        characters.append(character if value is None else str(value))
    number = "".join(characters)
    number = number.upper() if number.isascii() else ""
    return number if _NUMBER.fullmatch(number) else ""


def recognize(tracking_number: str) -> list[Candidate]:
    """Who may have issued a number, best first; nothing for a text that no carrier's numbers look like.

    Candidates whose check digit is wrong come last. They stay in the list because a mistyped number is told by them.
    """
    number = tracking_number if _NUMBER.fullmatch(tracking_number) else normalize(tracking_number)
    if not number:
        return []
    forms = DIGIT_FORMATS if number.isdigit() else FORMATS
    fits = [_fit(form, match) for form in forms if (match := form.pattern.fullmatch(number))]
    fits.sort(key=_order)
    candidates: list[Candidate] = []
    rank, last = 0, None
    for position, fit in enumerate(fits, 1):
        if _order(fit) != last:
            rank, last = position, _order(fit)
        candidates.append(fit.candidate(number, rank))
    return candidates


def is_suspicious(candidates: list[Candidate]) -> bool:
    """Whether the number has the form of a carrier's, yet every form it has says that its check digit is wrong."""
    return bool(candidates) and all(candidate.check is Check.FAILED for candidate in candidates)


@dataclass(slots=True)
class _Fit:
    form: Format
    check: Check
    evidence: int
    carrier: Carrier
    service: str = ""
    country: str = ""
    partners: tuple[str, ...] = ()
    reasons: list[str] = field(default_factory=list)

    def candidate(self, number: str, rank: int) -> Candidate:
        return Candidate(
            carrier=self.carrier.code,
            carrier_name=self.carrier.name,
            format=self.form.name,
            check=self.check,
            rank=rank,
            evidence=self.evidence,
            service=self.service,
            country=self.country,
            partners=self.partners,
            reasons=tuple(self.reasons),
            tracking_url=self.carrier.tracking_url(number),
        )


def _order(fit: _Fit) -> tuple[bool, int]:
    return fit.check is Check.FAILED, -fit.evidence


def _fit(form: Format, match: re.Match[str]) -> _Fit:
    fit = _Fit(form, Check.NONE, form.evidence, form.carrier, partners=form.partners)
    fit.reasons.append(f"It has the form of {form.name}.")
    if form.check:
        _judge_check(fit, match)
    if form.tables:
        _read_parts(fit, match)
    if form.partners:
        names = ", ".join(CARRIERS[code].name for code in form.partners)
        fit.reasons.append(f"Another carrier may have had it before: {names}.")
    return fit


def _judge_check(fit: _Fit, match: re.Match[str]) -> None:
    if fit.form.is_checked_by(match):
        fit.check = Check.PASSED
        fit.evidence += _CHECKED
        fit.reasons.append("The check digit is right.")
    elif not fit.form.is_check_optional:
        fit.check = Check.FAILED
        fit.reasons.append("The check digit is wrong.")


def _read_parts(fit: _Fit, match: re.Match[str]) -> None:
    for table in fit.form.tables:
        part = match[table.group]
        meaning = table.look_up(part) if part is not None else None
        if meaning is None:
            if table.is_required:
                fit.check = Check.FAILED
                fit.reasons.append(f"Nobody issues numbers with {part}.")
        elif table.tells == "issuer":
            _name_issuer(fit, part, *meaning)
        elif table.tells == "destination":
            fit.reasons.append(f"It goes to {meaning}.")
        elif table.tells == "service":
            fit.service = meaning
            fit.partners += table.partners.get(part, ())
            fit.reasons.append(f"Service: {meaning}.")
        else:
            fit.reasons.append(f"{meaning}.")


def _name_issuer(fit: _Fit, country: str, name: str, country_name: str) -> None:
    code = ISSUERS.get(country, f"post_{country.lower()}")
    fit.carrier = CARRIERS.get(code) or Carrier(code, name)
    fit.country = country
    fit.evidence += _ISSUED
    fit.reasons.append(f"Issued in {country_name} by {name}.")
