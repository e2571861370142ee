"""Writes of orders."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber as Number

import customers.services
import inventory.services
from logistics_portal.kernel.bulk import any_of
from logistics_portal.kernel.errors import DomainError
from logistics_portal.kernel.events import make_event, publish, publish_all
from logistics_portal.kernel.state import transition, transition_many
from merchants.models import Merchant
from orders.events import CANCELED, COMPLETED, PACKED, PHONE_EXPIRY_NOTICED, PLACED, REST_CALLED_OFF
from orders.models import MONEY, ORDER_TRANSITIONS, By, Order, OrderLine

from .delegates import DelegateDraft, write_delegate

_NO_REST: dict[str, frozenset[str]] = {Order.Status.PARTLY_SHIPPED: frozenset({Order.Status.SHIPPED})}
TOTAL_LIMIT = Decimal(10) ** (MONEY["max_digits"] - MONEY["decimal_places"])


class UnableToPlaceOrder(DomainError):
    """The order can't be taken as it is."""

    code = "order_exists"


class UnableToPick(DomainError):
    """The lines that were picked are not this order's, or more than was ordered."""


@dataclass(frozen=True, slots=True)
class LineDraft:
    sku: str
    name: str
    quantity: int
    unit_price: Decimal
    gtin: str = ""
    weight_g: int | None = None


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """An order as a merchant sends it; amounts in ``currency``."""

    number: str
    phone: Number
    consignee: str
    line1: str
    city: str
    country: str
    currency: str
    lines: Sequence[LineDraft]
    email: str = ""
    phone_expires_at: datetime | None = None  # of a virtual number; its extension is the phone's
    language: str = "en"
    line2: str = ""
    region: str = ""
    postal_code: str = ""
    shipping_total: Decimal = Decimal(0)
    discount_total: Decimal = Decimal(0)
    placed_at: datetime | None = None
    promised_on: date | None = None
    receiver: DelegateDraft | None = None  # who gets it in the customer's place
    is_announced: bool = field(default=True)  # False for history: nobody is told of an order of last year

    @property
    def total(self) -> Decimal:
        return sum((line.unit_price * line.quantity for line in self.lines), self.shipping_total - self.discount_total)

    @property
    def address(self) -> dict[str, str]:
        names = ("line1", "line2", "city", "region", "postal_code", "country")
        return {name: getattr(self, name) for name in names}


@transaction.atomic
def place_order(*, merchant: Merchant, draft: OrderDraft) -> Order:
    """Take an order: find the customer by phone, keep phone and address as they are now, promise the stock.

    Raises:
        UnableToPlaceOrder: the number was used before, the discount is larger than the goods, or the sum is absurd.
        Invalid: the receiver is the customer, or has no name.
    """
    if draft.total >= TOTAL_LIMIT:
        reason = f"The order is worth {draft.total}: more than can be kept. Check quantities and prices."
        raise UnableToPlaceOrder(reason, fields={"lines": [reason]})
    if draft.total < 0:
        raise UnableToPlaceOrder(
            "The discount is larger than goods and shipping together.", fields={"discount_total": ["Too large."]}
        )
    customer = customers.services.find_or_create_customer(
        merchant=merchant,
        number=draft.phone,
        name=draft.consignee,
        email=draft.email,
        language=draft.language,
        at=draft.placed_at,
    )
    customers.services.remember_address(customer=customer, name=draft.consignee, **draft.address)
    order = _create_order(merchant, customer, draft)
    lines = _create_lines(merchant, order, draft.lines)
    inventory.services.reserve(wanted=[inventory.services.Wanted(line.item, line.quantity, line.pk) for line in lines])
    if draft.is_announced:
        publish(PLACED, merchant_id=merchant.pk, subject_id=order.pk)
        if expires_early(order):
            publish(PHONE_EXPIRY_NOTICED, merchant_id=merchant.pk, subject_id=order.pk)
    if draft.receiver:
        write_delegate(order=order, draft=draft.receiver, by=By.MERCHANT)
    return order


def expires_early(order: Order) -> bool:
    """Whether the order's virtual number stops working before the promised day is over, wherever that ends last."""
    if order.phone_expires_at is None or order.promised_on is None:
        return False
    return order.phone_expires_at < datetime.combine(order.promised_on, time.max, timezone.get_fixed_timezone(-12 * 60))


def _create_order(merchant: Merchant, customer: customers.services.Customer, draft: OrderDraft) -> Order:
    try:
        with transaction.atomic():
            return Order.objects.create(
                merchant=merchant,
                customer=customer,
                number=draft.number,
                language=draft.language,
                phone=draft.phone,
                phone_extension=draft.phone.extension or "",
                phone_expires_at=draft.phone_expires_at,
                email=draft.email,
                consignee=draft.consignee,
                **draft.address,
                currency=draft.currency,
                shipping_total=draft.shipping_total,
                discount_total=draft.discount_total,
                total=draft.total,
                promised_on=draft.promised_on,
                placed_at=draft.placed_at or timezone.now(),
            )
    except IntegrityError as error:
        if "one_order_a_number" not in str(error):
            raise
        reason = f"There is an order {draft.number} already. Send another number, or read the one that exists."
        raise UnableToPlaceOrder(reason, fields={"number": [reason]}) from error


def _create_lines(merchant: Merchant, order: Order, drafts: Sequence[LineDraft]) -> list[OrderLine]:
    items = inventory.services.find_or_create_items(
        merchant=merchant,
        drafts=[inventory.services.ItemDraft(line.sku, line.name, line.gtin, line.weight_g) for line in drafts],
    )
    return OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            item=items[draft.sku],
            sku=draft.sku,
            name=draft.name,
            quantity=draft.quantity,
            unit_price=draft.unit_price,
        )
        for draft in drafts
    )


def start_picking(*, order: Order) -> None:
    transition(order, Order.Status.PICKING, allowed=ORDER_TRANSITIONS, picking_at=timezone.now())


@transaction.atomic
def pick_lines(*, order: Order, quantities: dict[UUID, int]) -> None:
    """Note how many of each line lie in the box; the first pick starts the picking.

    Raises:
        UnableToPick: a line of another order, or more than was ordered.
    """
    if order.status == Order.Status.PLACED:
        start_picking(order=order)
    lines = {line.pk: line for line in OrderLine.objects.select_for_update().filter(order=order).order_by("pk")}
    for line_id, quantity in quantities.items():
        line = lines.get(line_id)
        if line is None or not 0 <= quantity <= line.quantity:
            raise UnableToPick(_("Pick at most what was ordered, and only lines of this order."))
        line.picked_quantity = quantity
    OrderLine.objects.bulk_update(lines.values(), ["picked_quantity"])


@transaction.atomic
def pack_order(*, order: Order) -> None:
    """The box is closed: everything is in it."""
    transition(order, Order.Status.PACKED, allowed=ORDER_TRANSITIONS, packed_at=timezone.now())
    OrderLine.objects.filter(order=order).update(picked_quantity=F("quantity"))
    publish(PACKED, merchant_id=order.merchant_id, subject_id=order.pk)


@transaction.atomic
def ship_order(*, order: Order, pieces: Mapping[UUID, int] | None = None, at: datetime | None = None) -> None:
    """Goods left: so many ``pieces`` by order line, or, where nobody said which, all that had not left yet.

    Further parcels of an order that is on its way as a whole change nothing.
    """
    if order.status in (Order.Status.SHIPPED, Order.Status.COMPLETED):
        return
    lines = list(order.lines.select_for_update().order_by("pk"))
    gone = {
        line.pk: line.left_to_ship if pieces is None else min(line.left_to_ship, pieces.get(line.pk, 0))
        for line in lines
    }
    for line in lines:
        line.shipped_quantity += gone[line.pk]
    OrderLine.objects.bulk_update(lines, ["shipped_quantity"])
    inventory.services.ship_reserved(pieces=gone)
    is_whole = not any(line.left_to_ship for line in lines)
    to = Order.Status.SHIPPED if is_whole else Order.Status.PARTLY_SHIPPED
    if order.status != to:
        transition(order, to, allowed=ORDER_TRANSITIONS, shipped_at=order.shipped_at or at or timezone.now())


@transaction.atomic
def call_off_rest(*, order: Order) -> None:
    """What did not leave yet will not come; its stock is free again. Money for it is paid back by a refund."""
    transition(order, Order.Status.SHIPPED, allowed=_NO_REST)
    inventory.services.release(references=order.lines.values_list("pk", flat=True))
    publish(REST_CALLED_OFF, merchant_id=order.merchant_id, subject_id=order.pk)


@transaction.atomic
def complete_orders(*, order_ids: Iterable[UUID], at: datetime | None = None) -> None:
    """Every parcel arrived; orders that are not on their way are left as they are: a fact never fails for a plan."""
    completed = transition_many(
        Order.objects.filter(any_of("pk", list(order_ids))).only("merchant_id"),
        Order.Status.SHIPPED,
        Order.Status.COMPLETED,
        allowed=ORDER_TRANSITIONS,
        completed_at=at or timezone.now(),
    )
    publish_all([make_event(COMPLETED, merchant_id=row.merchant_id, subject_id=row.pk) for row in completed])


def reopen_orders(*, order_ids: Collection[UUID]) -> None:
    """A carrier took its "delivered" back: the orders are on their way again. Call it in a transaction."""
    if order_ids:
        rows = Order.objects.filter(pk__in=order_ids)
        back, to = Order.Status.COMPLETED, Order.Status.SHIPPED
        transition_many(rows, back, to, allowed=ORDER_TRANSITIONS, completed_at=None)


@transaction.atomic
def cancel_order(*, order: Order) -> None:
    """Call an order off before it leaves, and give its stock back."""
    transition(order, Order.Status.CANCELED, allowed=ORDER_TRANSITIONS, canceled_at=timezone.now())
    inventory.services.release(references=order.lines.values_list("pk", flat=True))
    publish(CANCELED, merchant_id=order.merchant_id, subject_id=order.pk)
