"""Phone numbers as people write them, read or refused with a reason."""

import unicodedata
from collections.abc import Iterable

import phonenumbers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from phonenumber_field.phonenumber import PhoneNumber as Number

from customers.numbers import NumberCheck, Problem, check_number
from logistics_portal.kernel.errors import Invalid

_WRONG_LENGTH = {
    Problem.TOO_SHORT: gettext_lazy("is too short"),
    Problem.TOO_LONG: gettext_lazy("is too long"),
    Problem.WRONG_LENGTH: gettext_lazy("has a length that no number of this country has"),
    Problem.NO_AREA_CODE: gettext_lazy("lacks the area code"),
    Problem.NO_SUCH_COUNTRY: gettext_lazy("has a country code that does not exist"),
}


class WrongPhone(Invalid):
    """What was written is no phone number that can be used; ``check`` holds what may have been meant."""

    def __init__(self, check: NumberCheck) -> None:
        self.check = check
        self.reason = phone_problem(check)
        meant = " / ".join(suggestion.number.as_international for suggestion in check.suggestions)
        question = _("Did you mean %s?") % meant
        message = f"{self.reason} {question}" if meant else self.reason
        super().__init__(message, fields={"phone": [message]})


def parse_phone(text: str, *, region: str | None, likely: Iterable[str] = ()) -> Number:
    """Read a phone number as people write it; ``region`` (ISO 3166-1) is for numbers without a country code.

    Raises:
        WrongPhone: with the reason and what may have been meant, in ``fields["phone"]``.
    """
    check = check_number(text, region=region, likely=likely)
    if check.number is None or not check.is_valid:
        raise WrongPhone(check)
    return check.number


def phone_problem(check: NumberCheck) -> str:
    """What is wrong with a number, in a sentence; "" where nothing is."""
    if check.problem is None:
        return ""
    if check.problem in _WRONG_LENGTH:
        return _("“%(text)s” %(reason)s.") % {"text": check.written, "reason": _WRONG_LENGTH[check.problem]}
    if check.problem == Problem.NOBODYS_RANGE:
        return _("“%s” is in a range of numbers that nobody was given. Check the digits.") % check.written
    return _("“%s” is not a phone number. Write it with the country code, like +49 151 23456789.") % check.written


def possible_numbers(text: str, regions: Iterable[str]) -> list[str]:
    """The numbers (E.164) that staff may mean who type a number as it is written anywhere; none when it is none.

    ``regions`` (ISO 3166-1) are the countries that a number without its code may belong to.
    """
    if sum(map(str.isdigit, text)) < 6 or any(map(str.isalpha, text)):
        return []
    numbers = set()
    for region in [None] if text.startswith("+") else regions:
        try:
            parsed = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        numbers.add(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
    return sorted(numbers)


def typed_digits(text: str) -> str:
    """The digits of a code as it was typed, in whatever width or grouping."""
    return "".join(filter(str.isdecimal, unicodedata.normalize("NFKC", text[:40])))
