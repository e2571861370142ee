"""From a row to an order, by a map. Nothing here reads a clock or a database: the same row gives the same order."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from django.db.models import Model

import customers.services
from logistics_portal.kernel.errors import Invalid
from orders.models import Order, OrderLine
from orders.services import LineDraft
from tracking.carriers.base import OffsetSource, ScanEvent, Status

from .companions import Companions
from .mapping import OrderMap
from .past import BadRow, PastOrder
from .table import Line

CENT = Decimal("0.01")
AMOUNT_MAX = Decimal("9999999999.99")
EARLIEST_YEAR = 1990
ADDRESS = ("line1", "line2", "city", "region", "postal_code", "country")
_TRACKING_NUMBER = re.compile(r"[A-Z0-9]{4,40}")
_CARRIER = re.compile(r"[a-z0-9][a-z0-9_]{1,29}")


def _max_length(model: type[Model], name: str) -> int:
    field: Any = model._meta.get_field(name)
    return field.max_length


_LIMITS: dict[str, Any] = {
    **{name: _max_length(Order, name) for name in ("number", "consignee", "email", *ADDRESS)},
    "sku": _max_length(OrderLine, "sku"),
    "item_name": _max_length(OrderLine, "name"),
}
_NOT_LEFT = (Order.Status.PLACED, Order.Status.PICKING, Order.Status.PACKED)


class RowReader:
    """Reads rows of one table. ``now`` is when the import began: nothing in it may lie later."""

    def __init__(self, spec: OrderMap, companions: Companions, *, now: datetime) -> None:
        self.spec = spec
        self.companions = companions
        self.now = now

    def read(self, line: Line) -> PastOrder:
        """The order of a row.

        Raises:
            BadRow: with the reason.
        """
        if line.fault:
            raise BadRow(line.fault)
        row = self.companions.complete(line.row)
        number = self._needed(row, "number")
        placed_at = self._time(self._needed(row, "placed_at"), "placed_at")
        if placed_at > self.now:
            raise BadRow("It was placed in the future.")
        scans = tuple(self._scans(row, placed_at))
        status = self._status(row, scans)
        country = self._needed(row, "country").upper()
        shipping, lines = self._lines(row, number)
        discount, total = self._amount(row, "discount_total"), self._amount(row, "total")
        lines = lines or (self._only_line(row, goods=total - shipping + discount),)
        goods = sum((one.unit_price * one.quantity for one in lines), Decimal(0))
        return PastOrder(
            number=number,
            phone=self._phone(row, line.number, country),
            consignee=self._needed(row, "consignee"),
            address={**{name: self._text(row, name) for name in ADDRESS}, "country": _iso(country, "country", 2)},
            currency=_iso(self._needed(row, "currency").upper(), "currency", 3),
            language=self._text(row, "language") or "en",
            lines=lines,
            placed_at=placed_at,
            status=status,
            total=total or max(goods + shipping - discount, Decimal(0)),
            shipping_total=shipping,
            discount_total=discount,
            email=self._text(row, "email"),
            promised_on=self._date(self._text(row, "promised_on")),
            shipped_at=min((scan.occurred_at for scan in scans if scan.occurred_at), default=None),
            completed_at=_delivered_at(scans) if status == Order.Status.COMPLETED else None,
            scans=scans,
            **self._parcel(row, scans, status),
        )

    def _text(self, row: Mapping[str, str], name: str) -> str:
        found = next((row[column] for column in self.spec.columns.get(name, ()) if row.get(column)), "")
        if found and name in self.spec.pad:
            found = found.removesuffix(".0").zfill(self.spec.pad[name])
        found = found or self.spec.defaults.get(name, "")
        limit = _LIMITS.get(name)
        if limit and len(found) > limit:
            raise BadRow(f"{name} has {len(found)} letters, {limit} are allowed.")
        return found

    def _needed(self, row: Mapping[str, str], name: str) -> str:
        if found := self._text(row, name):
            return found
        raise BadRow(f"{name} is empty.")

    def _time(self, text: str, name: str) -> datetime:
        for form in self.spec.time_formats:
            try:
                found = datetime.strptime(text, form)  # noqa: DTZ007 - the map's zone is added below
            except ValueError:
                continue
            if found.year < EARLIEST_YEAR:
                raise BadRow(f"{name} “{text}” is before {EARLIEST_YEAR}.")
            if found.tzinfo is not None:
                return found
            # kept with the offset of that day, so that the clock of the place can be shown
            offset = found.replace(tzinfo=self.spec.zone).utcoffset() or timedelta()
            return found.replace(tzinfo=timezone(offset))
        raise BadRow(f"{name} “{text[:40]}” is not written as the map says.")

    def _date(self, text: str) -> date | None:
        if not text:
            return None
        for form in self.spec.date_formats:
            try:
                return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
            except ValueError:
                continue
        raise BadRow(f"promised_on “{text[:40]}” is not written as the map says.")

    def _amount(self, row: Mapping[str, str], name: str) -> Decimal:
        return self._read_amount(self._text(row, name) or "0", name)

    def _read_amount(self, text: str, name: str) -> Decimal:
        plain = text.replace(".", "").replace(",", ".") if self.spec.decimal_comma else text
        try:
            amount = Decimal(plain).quantize(CENT, ROUND_HALF_UP)
            is_possible = 0 <= amount <= AMOUNT_MAX  # inside: NaN can't be compared
        except InvalidOperation as error:
            raise BadRow(f"{name} “{text[:40]}” is not an amount.") from error
        if not is_possible:
            raise BadRow(f"{name} {text[:40]} is less than nothing, or more than can be.")
        return amount

    def _phone(self, row: Mapping[str, str], line: int, country: str) -> str:
        text = self._text(row, "phone")
        if not text and self.spec.phones:
            text = self.spec.phones.number(line)
        if not text:
            raise BadRow("phone is empty.")
        try:
            return str(customers.services.parse_phone(text, region=country))
        except Invalid as error:
            raise BadRow(f"phone: {error.message}") from error

    def _scans(self, row: Mapping[str, str], placed_at: datetime) -> Iterator[ScanEvent]:
        for spec in self.spec.scans:
            text = row.get(spec.column, "")
            if not text:
                continue
            at = self._time(text, spec.column)
            if at > self.now:
                raise BadRow(f"{spec.column} lies in the future.")
            if spec.status is Status.DELIVERED and at < placed_at:
                raise BadRow("It was delivered before it was placed.")
            source = OffsetSource.STATED if "%z" in "".join(self.spec.time_formats) else OffsetSource.INFERRED
            yield ScanEvent(at, source, spec.status, spec.reason, spec.column, spec.description)

    def _status(self, row: Mapping[str, str], scans: tuple[ScanEvent, ...]) -> str:
        """Our status for theirs. What happened to the parcel has the last word, but a canceled order stays canceled."""
        word = self._needed(row, "status")
        status = self.spec.statuses.get(word.lower(), word)
        if status not in Order.Status.values:
            raise BadRow(f"The map does not say what the status “{word[:40]}” means.")
        if status == Order.Status.CANCELED:
            return status
        if _delivered_at(scans):
            return Order.Status.COMPLETED
        if status == Order.Status.COMPLETED:
            raise BadRow("It is said to be delivered, but not when.")
        return Order.Status.SHIPPED if scans and status in _NOT_LEFT else status

    def _lines(self, row: Mapping[str, str], number: str) -> tuple[Decimal, tuple[LineDraft, ...]]:
        """Shipping and items, from the companion where there is one."""
        shipping = self._amount(row, "shipping_total")
        spec = self.spec.lines
        if spec is None:
            return shipping, ()
        counted: dict[tuple[str, str, Decimal], int] = {}
        for item in self.companions.lines_of(row.get(spec.key, number)):
            told = {
                name: next((item[column] for column in columns if item.get(column)), "")
                for name, columns in spec.columns.items()
            }
            shipping += self._read_amount(told.get("shipping") or "0", "shipping")
            price = self._read_amount(told.get("unit_price") or "0", "unit_price")
            what = (told["sku"] or self.spec.defaults.get("sku", ""), told.get("item_name", ""), price)
            counted[what] = counted.get(what, 0) + _count(told.get("quantity") or "1")
        return shipping, tuple(_draft(*what, quantity=quantity) for what, quantity in counted.items())

    def _only_line(self, row: Mapping[str, str], *, goods: Decimal) -> LineDraft:
        """The item that the row itself names, or one that stands for whatever was bought."""
        quantity = _count(self._text(row, "quantity") or "1")
        price = self._text(row, "unit_price")
        each = self._read_amount(price, "unit_price") if price else max(goods, Decimal(0))
        return _draft(
            self._text(row, "sku") or "unknown", self._text(row, "item_name"), each, quantity=quantity if price else 1
        )

    def _parcel(self, row: Mapping[str, str], scans: tuple[ScanEvent, ...], status: str) -> dict[str, str]:
        number = re.sub(r"[\s.\-/]", "", self._text(row, "tracking_number")).upper()
        if not scans and (not number or status in (*_NOT_LEFT, Order.Status.CANCELED)):
            return {}
        if not _TRACKING_NUMBER.fullmatch(number):
            raise BadRow(f"tracking_number “{number[:60]}” can't be one: 4 to 40 letters and digits.")
        carrier = self._text(row, "carrier") or "not_stated"
        if not _CARRIER.fullmatch(carrier):
            raise BadRow(f"carrier “{carrier[:40]}” can't be a code: use lower-case letters, digits and _, like dhl.")
        return {"tracking_number": number, "carrier": carrier, "service": self._text(row, "service")[:80]}


def _delivered_at(scans: tuple[ScanEvent, ...]) -> datetime | None:
    return next((scan.occurred_at for scan in scans if scan.status is Status.DELIVERED), None)


def _iso(text: str, name: str, letters: int) -> str:
    if not re.fullmatch(f"[A-Z]{{{letters}}}", text):
        raise BadRow(f"{name} “{text[:20]}” must be {letters} letters.")
    return text


def _count(text: str) -> int:
    whole = text.removesuffix(".0")
    if not whole.isdecimal() or not 0 < int(whole) <= 100_000:
        raise BadRow(f"quantity “{text[:20]}” is not a count.")
    return int(whole)


def _draft(sku: str, name: str, unit_price: Decimal, *, quantity: int) -> LineDraft:
    if len(sku) > _LIMITS["sku"] or len(name) > _LIMITS["item_name"]:
        raise BadRow(f"The item {sku[:40]} has a longer number or name than can be kept.")
    return LineDraft(sku=sku, name=name or sku, quantity=quantity, unit_price=unit_price)
