"""Days of the law, counted as the texts say.

The first table's cases are those of the EU's withdrawal period in the field's collection of policies (Directive
2011/83/EU, article 9); the others follow from Regulation 1182/71, article 3, and China's seven days.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales import law
from aftersales.calendars import possible_holidays, public_holidays
from aftersales.law import Handover

NONE: frozenset[date] = frozenset()
GERMAN = public_holidays("DE")


def days(*texts: str, by_consumer: bool = True) -> list[Handover]:
    return [Handover(date.fromisoformat(text), by_consumer) for text in texts]


@pytest.mark.parametrize(
    ("handovers", "is_series", "last"),
    [
        pytest.param(days("2026-03-02"), False, "2026-03-16", id="one parcel"),
        pytest.param(days("2026-03-02", "2026-03-05", "2026-03-11"), False, "2026-03-25", id="the last parcel counts"),
        pytest.param(days("2026-03-02", by_consumer=False), False, None, id="a parcel shop starts nothing"),
        pytest.param(days("2026-03-02", "2026-04-02"), True, "2026-03-16", id="of a subscription the first counts"),
        pytest.param(
            [*days("2026-03-02"), *days("2026-03-03", by_consumer=False)], False, None, id="one is still with the shop"
        ),
        pytest.param([], False, None, id="nothing arrived"),
        pytest.param(days("2026-03-07"), False, "2026-03-23", id="a Saturday moves to Monday"),
        pytest.param(days("2026-03-08"), False, "2026-03-23", id="a Sunday moves to Monday"),
        pytest.param(days("2026-12-11"), False, "2026-12-28", id="Christmas, then a weekend"),
        pytest.param(days("2026-12-18"), False, "2027-01-04", id="New Year, then a weekend"),
        pytest.param(days("2028-02-15"), False, "2028-02-29", id="a leap day is a day"),
        pytest.param(days("2026-03-20"), False, "2026-04-07", id="Good Friday to Easter Monday"),
        pytest.param(days("2026-05-11"), False, "2026-05-26", id="Whit Monday"),
        pytest.param(days("2027-09-19"), False, "2027-10-04", id="a holiday on a Sunday moves once"),
    ],
)
def test_the_last_day_to_withdraw(handovers: list[Handover], is_series: bool, last: str | None) -> None:
    assert law.eu_last_day(handovers, is_series=is_series, holidays=GERMAN) == (
        date.fromisoformat(last) if last else None
    )


@pytest.mark.parametrize(
    ("handovers", "last"),
    [
        (days("2026-03-02"), "2026-03-09"),
        (days("2026-03-02", "2026-03-05"), "2026-03-12"),
        (days("2026-03-07"), "2026-03-14"),
        ([], None),
        (days("2026-03-02", by_consumer=False), None),
    ],
)
def test_seven_days_from_the_day_after_sign_off(handovers: list[Handover], last: str | None) -> None:
    assert law.cn_last_day(handovers) == (date.fromisoformat(last) if last else None)


@pytest.mark.parametrize(
    ("country", "code"), [("DE", law.EU), ("GR", law.EU), ("CN", law.CN), ("US", None), ("GB", None), ("CH", None)]
)
def test_which_law(country: str, code: str | None) -> None:
    period = law.legal_period(country, days("2026-03-02"), holidays=NONE)
    assert (period and period.code) == code


def test_the_most_favorable_counts() -> None:
    arrived = days("2026-03-02")
    legal = law.legal_period("DE", arrived, holidays=NONE)
    assert legal
    assert law.most_favorable([legal, law.merchants_period(arrived, 7)]).code == law.EU
    assert law.most_favorable([legal, law.merchants_period(arrived, 30)]).code == law.MERCHANT
    assert law.most_favorable([legal, law.merchants_period(arrived, 14)]).code == law.EU
    assert law.most_favorable([law.Period(law.EU, None), law.merchants_period(arrived, 30)]).last_day is None


@pytest.mark.parametrize(("zone", "hour"), [("Europe/Berlin", 23), ("Asia/Shanghai", 16), ("Atlantic/Azores", 1)])
def test_a_day_ends_on_the_clock_of_the_address(zone: str, hour: int) -> None:
    ends = law.ends_at(date(2026, 3, 16), ZoneInfo(zone)).astimezone(UTC)
    assert ends == datetime(2026, 3, 17 if zone == "Atlantic/Azores" else 16, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "received", "sent", "due"),
    [
        (law.EU, None, None, "2026-03-16"),
        (law.EU, "2026-03-10", "2026-03-05", "2026-03-16"),
        (law.EU, "2026-04-01", None, "2026-04-01"),
        (law.EU, "2026-04-01", "2026-03-20", "2026-03-20"),
        (law.CN, None, "2026-03-05", None),
        (law.CN, "2026-03-10", None, "2026-03-17"),
        (law.MERCHANT, "2026-03-10", None, None),
        ("", "2026-03-10", None, None),
    ],
)
def test_by_when_money_is_due(code: str, received: str | None, sent: str | None, due: str | None) -> None:
    found = law.refund_due_on(
        code,
        withdrawn_on=date(2026, 3, 2),
        received_on=date.fromisoformat(received) if received else None,
        sent_on=date.fromisoformat(sent) if sent else None,
        holidays=NONE,
    )
    assert found == (date.fromisoformat(due) if due else None)


@given(st.lists(st.dates(date(2020, 1, 1), date(2040, 1, 1)), min_size=1, max_size=5))
def test_a_later_parcel_never_shortens_the_period(arrivals: list[date]) -> None:
    handovers = [Handover(day) for day in arrivals]
    last = law.eu_last_day(handovers, holidays=GERMAN)
    assert last is not None
    assert last >= max(arrivals) + timedelta(days=law.EU_DAYS)
    assert last <= max(arrivals) + timedelta(days=law.EU_DAYS + 4)
    assert last.weekday() < 5
    assert last not in GERMAN
    later = law.eu_last_day([*handovers, Handover(max(arrivals) + timedelta(days=1))], holidays=GERMAN)
    assert later and later >= last


# Whose holidays.


@pytest.mark.parametrize("country", sorted(law.EU_COUNTRIES))
def test_every_member_state_has_its_holidays(country: str) -> None:
    holidays = public_holidays(country)
    for year in (2024, 2026, 2030):
        assert date(year, 1, 1) in holidays
        assert date(year, 12, 25) in holidays
        workdays = [date(year, 1, 1) + timedelta(days=number) for number in range(365)]
        assert 6 <= sum(day in holidays for day in workdays if day.weekday() < 5) <= 20


@pytest.mark.parametrize(
    ("country", "arrived", "last"),
    [
        ("FR", "2026-06-30", "2026-07-15"),  # the fourteenth of July
        ("DE", "2026-06-30", "2026-07-14"),
        ("PL", "2026-10-28", "2026-11-12"),  # the eleventh of November
        ("IT", "2026-05-19", "2026-06-03"),  # the second of June
        ("NL", "2026-04-13", "2026-04-28"),  # the King's birthday
        ("SE", "2026-04-30", "2026-05-15"),  # Ascension Day
        ("GR", "2026-03-30", "2026-04-14"),  # the Monday of the Orthodox Easter
        ("AT", "2026-10-12", "2026-10-27"),  # the national day
    ],
)
def test_a_holiday_of_the_consumers_country_moves_the_last_day(country: str, arrived: str, last: str) -> None:
    period = law.legal_period(country, days(arrived), holidays=public_holidays(country))
    assert period and period.last_day == date.fromisoformat(last)


EPIPHANY = date(2026, 1, 6)  # a holiday in three of the German states


@pytest.mark.parametrize("region", ["BY", "by", "Bayern", " bayern "])
def test_a_region_is_known_by_its_code_or_name(region: str) -> None:
    assert EPIPHANY in public_holidays("DE", region)
    assert EPIPHANY in possible_holidays("DE", region)


def test_a_region_that_is_not_known_may_have_any_holiday_of_the_country() -> None:
    for region in ("", "Nowhere"):
        assert EPIPHANY not in public_holidays("DE", region)
        assert EPIPHANY in possible_holidays("DE", region)
    assert EPIPHANY not in possible_holidays("DE", "Berlin")


def test_a_country_that_nobody_knows_has_no_holidays() -> None:
    assert date(2026, 1, 1) not in public_holidays("XX")
    assert date(2026, 1, 1) not in possible_holidays("XX", "")
