"""Until which day goods may be sent back, and by when money must be: the law's counting of days, and the merchant's.

EU: 14 days from the day on which the consumer, or whom the consumer named, holds the last good (Directive 2011/83/EU,
article 9); the carrier or a parcel shop is neither. The day of the event is not counted, the period ends with its last
day, and a last day that is a Saturday, Sunday or public holiday moves to the next working day (Regulation (EEC,
Euratom) 1182/71, article 3). Which days are holidays is handed over: it is for the country in which somebody must act
to say (article 2). Within 14 days of the withdrawal the money is paid back, the standard delivery with it; the trader
may wait for the goods, or proof that they were sent (article 13). China: 7 days from the day after sign-off; the price
is paid back within 7 days of the goods' return (Consumer Protection Law, article 25; the interim measures on seven-day
returns); neither extends a last day.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

EU_DAYS, CN_DAYS = 14, 7
EU_REFUND_DAYS, CN_REFUND_DAYS = 14, 7
EU_SEND_DAYS = 14  # in which the consumer sends the goods, from the withdrawal
EU, CN, MERCHANT = "eu_withdrawal", "cn_seven_days", "merchant"
EU_COUNTRIES = frozenset(
    {
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    }
)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Handover:
    """Goods that arrived: on which day at their address, and whether the consumer, or whom they named, has them."""

    on: date
    by_consumer: bool = True


@dataclass(frozen=True, slots=True)
class Period:
    """In which goods may be sent back: ``code`` says under which law, the day it began after, and its last day.

    ``last_day`` None: it has not begun to run out, since something has not arrived.
    """

    code: str
    last_day: date | None

    def includes(self, day: date) -> bool:
        return self.last_day is None or day <= self.last_day


def eu_last_day(handovers: Sequence[Handover], *, holidays: Container[date], is_series: bool = False) -> date | None:
    """The last day to withdraw; None while not everything was handed to the consumer.

    Args:
        handovers: of every good of the order.
        holidays: where the consumer is.
        is_series: regular deliveries, of which the first counts.
    """
    held = [one.on for one in handovers if one.by_consumer]
    if not held or (not is_series and len(held) < len(handovers)):
        return None
    return next_working_day((min(held) if is_series else max(held)) + timedelta(days=EU_DAYS), holidays)


def next_working_day(day: date, holidays: Container[date]) -> date:
    """``day``, or the first day after it that is no Saturday, Sunday or holiday."""
    while day.weekday() >= _SATURDAY or day in holidays:
        day += timedelta(days=1)
    return day


def cn_last_day(handovers: Sequence[Handover]) -> date | None:
    """The last of the seven days; None while not everything was signed for."""
    if not handovers or not all(one.by_consumer for one in handovers):
        return None
    return max(one.on for one in handovers) + timedelta(days=CN_DAYS)


def legal_period(country: str, handovers: Sequence[Handover], *, holidays: Container[date]) -> Period | None:
    """The period in which consumers of a country may send goods back without a reason; None where no law gives one.

    Args:
        holidays: where the consumer is.
    """
    if country in EU_COUNTRIES:
        return Period(EU, eu_last_day(handovers, holidays=holidays))
    if country == "CN":
        return Period(CN, cn_last_day(handovers))
    return None


def merchants_period(handovers: Sequence[Handover], days: int) -> Period:
    """The merchant's own period, counted from the last arrival; None of it runs before something arrived."""
    last = max((one.on for one in handovers), default=None)
    return Period(MERCHANT, last + timedelta(days=days) if last else None)


def most_favorable(periods: Sequence[Period]) -> Period:
    """The one that ends last; among equals, the first given."""
    return max(periods, key=lambda period: period.last_day or date.max)


def ends_at(last_day: date, zone: tzinfo) -> datetime:
    """The moment from which a last day is over, on the clock of the delivery address."""
    return datetime.combine(last_day + timedelta(days=1), time.min, tzinfo=zone)


def refund_due_on(
    code: str, *, withdrawn_on: date, received_on: date | None, sent_on: date | None, holidays: Container[date]
) -> date | None:
    """By which day the law wants the money paid back; None where it has not begun to count.

    In the EU it counts from the withdrawal; the trader may wait for the goods, or for proof that they were sent.

    Args:
        holidays: where the trader is, who pays.
    """
    if code == EU:
        proofs = [day for day in (received_on, sent_on) if day]
        due = withdrawn_on + timedelta(days=EU_REFUND_DAYS)
        return next_working_day(max(due, min(proofs)) if proofs else due, holidays)
    if code == CN and received_on:
        return received_on + timedelta(days=CN_REFUND_DAYS)
    return None
