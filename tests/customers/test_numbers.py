"""What a written number is, and what was meant by it: a table, since a judge needs no database."""

import pytest

from customers.numbers import Problem, Slip, check_number

ANN = "+4915123456789"
WANG = "+8613812345678"


@pytest.mark.parametrize(
    ("written", "region", "read"),
    [
        ("+49 151 23456789", None, ANN),
        ("+49 (0)151 23456789", None, ANN),  # the leading zero after the country code
        ("0151 23456789", "DE", ANN),
        ("0049 151 23456789", "DE", ANN),
        ("+４９　１５１　２３４５６７８９", None, ANN),  # full-width digits and space
        ("１３８１２３４５６７８", "CN", WANG),
        ("٠١٥١٢٣٤٥٦٧٨٩", "DE", ANN),  # Arabic-Indic digits
        ("138-1234-5678", "CN", WANG),
    ],
)
def test_ways_of_writing_one_number(written: str, region: str | None, read: str) -> None:
    check = check_number(written, region=region)
    assert check.is_valid and check.is_possible
    assert check.number is not None and check.number.as_e164 == read
    assert check.suggestions == ()


@pytest.mark.parametrize(
    ("written", "region", "likely", "meant", "slip"),
    [
        ("0049 151 23456789", None, (), ANN, Slip.DOUBLE_ZERO),
        ("0049 151 23456789", "US", (), ANN, Slip.DOUBLE_ZERO),
        ("49 151 23456789", None, (), ANN, Slip.NO_PLUS),
        ("+0151 23456789", None, ("DE",), ANN, Slip.PLUS_BEFORE_NATIONAL),
        ("+86 86 138 1234 5678", None, (), WANG, Slip.DOUBLED_COUNTRY_CODE),
        ("+49 0049 151 23456789", None, (), ANN, Slip.DOUBLED_COUNTRY_CODE),
        ("+49 49 151 23456789", None, (), ANN, Slip.DOUBLED_COUNTRY_CODE),  # valid as a landline, and hardly meant
        ("13812345678", None, (), WANG, Slip.NO_COUNTRY_CODE),
        ("13812345678", "DE", (), WANG, Slip.OTHER_COUNTRY),
        ("１３８１２３４５６７８", None, (), WANG, Slip.NO_COUNTRY_CODE),
        ("0151 23456789", "US", (), ANN, Slip.OTHER_COUNTRY),
        ("0151 23456789", None, (), ANN, Slip.NO_COUNTRY_CODE),
        ("07911 123456", None, ("GB",), "+447911123456", Slip.NO_COUNTRY_CODE),
        ("0151 O2345678", "DE", (), "+4915102345678", Slip.LETTER_FOR_DIGIT),
    ],
)
def test_common_slips_are_taken_back(
    written: str, region: str | None, likely: tuple[str, ...], meant: str, slip: Slip
) -> None:
    first = check_number(written, region=region, likely=likely).suggestions[0]
    assert (first.number.as_e164, first.slip) == (meant, slip)


@pytest.mark.parametrize(
    "written", ["+49 151 2345", "+86 138 1234 567", "+1 212 555", "", "abc", "+", "00", "\x00", "1" * 500]
)
def test_no_digit_is_ever_guessed(written: str) -> None:
    check = check_number(written, region=None, likely=("DE", "CN", "US"))
    assert not check.is_valid
    digits = len([mark for mark in written if mark.isdigit()])
    assert all(len(suggestion.number.as_e164) - 1 <= digits + 2 for suggestion in check.suggestions)
    assert not [suggestion for suggestion in check.suggestions if suggestion.number.country_code in (49, 86)]


@pytest.mark.parametrize(
    ("written", "kind", "region", "may_get_sms"),
    [
        ("+4915123456789", "mobile", "DE", True),
        ("+493012345678", "fixed_line", "DE", False),
        ("+12125550123", "fixed_line_or_mobile", "US", True),
        ("+8613812345678", "mobile", "CN", True),
        ("+445600123456", "voip", "GB", True),
        ("+498001234567", "toll_free", "DE", False),
        ("+80012345678", "toll_free", "", False),  # no country has it
    ],
)
def test_the_type_tells_whether_a_code_can_arrive(written: str, kind: str, region: str, may_get_sms: bool) -> None:
    check = check_number(written)
    assert (check.kind, check.region, check.may_get_sms) == (kind, region, may_get_sms)


@pytest.mark.parametrize(
    ("written", "problem", "is_possible"),
    [
        ("+1 23", Problem.TOO_SHORT, False),
        ("+86 138123456789012", Problem.TOO_LONG, False),
        ("+999 123456", Problem.NOT_A_NUMBER, False),
        ("+1 234 111 1111", Problem.NOBODYS_RANGE, True),
        ("mother", Problem.NOT_A_NUMBER, False),
    ],
)
def test_what_is_wrong_is_named(written: str, problem: Problem, is_possible: bool) -> None:
    check = check_number(written)
    assert (check.problem, check.is_possible) == (problem, is_possible)
