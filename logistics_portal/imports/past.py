"""What an import brings: an order as it came to be elsewhere, with all that happened to it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from orders.models import Order
from orders.services import LineDraft
from tracking.carriers.base import ScanEvent


class BadRow(Exception):
    """A row that can't become an order; the message says why, for the person who has the file."""


@dataclass(frozen=True, slots=True)
class PastOrder:
    """An order from another system, in the state that its history gave it.

    ``scans`` are what happened to its parcel; without any there was none. ``total`` is what the customer paid.
    """

    number: str
    phone: str  # E.164
    consignee: str
    address: dict[str, str]
    currency: str
    language: str
    lines: tuple[LineDraft, ...]
    placed_at: datetime
    status: str
    total: Decimal
    shipping_total: Decimal = Decimal(0)
    discount_total: Decimal = Decimal(0)
    email: str = ""
    promised_on: date | None = None
    shipped_at: datetime | None = None
    completed_at: datetime | None = None
    carrier: str = ""
    tracking_number: str = ""
    service: str = ""
    scans: tuple[ScanEvent, ...] = field(default=())

    @property
    def is_open(self) -> bool:
        """Whether goods still have to leave for it."""
        return self.status in (Order.Status.PLACED, Order.Status.PICKING, Order.Status.PACKED)
