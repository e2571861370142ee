"""What customers want to order once more, and what items cost today."""

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory.models import Item
from logistics_portal.kernel.models import Row
from merchants.models import Merchant

from .orders import MONEY, Order


class Offer(Row):
    """What a merchant takes for an item today, in one currency, and whether it is sold at all."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="offers")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="offers")
    currency = models.CharField(max_length=3)
    unit_price = models.DecimalField(**MONEY)
    is_sold = models.BooleanField(default=True)
    told_at = models.DateTimeField(default=timezone.now, help_text="When the merchant told it last")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "currency"], name="one_offer_a_currency"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="offer_price_not_negative"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="offer_currency_iso"),
        ]

    def __str__(self) -> str:
        return f"{self.item.sku} {self.unit_price} {self.currency}"


class ReorderQuerySet(models.QuerySet):
    def for_merchant(self, merchant):
        return self.filter(merchant=merchant)

    def open(self):
        return self.filter(status__in=OPEN_REORDERS)


class Reorder(Row):
    """A customer's wish to have an order once more. The portal takes no money: the merchant does, and places it."""

    class Status(models.TextChoices):
        REQUESTED = "requested", _("Sent to the merchant")  # the merchant's turn
        TO_PAY = "to_pay", _("Waits for your payment")  # the customer's turn
        PLACED = "placed", _("Ordered again")  # nobody's turn
        DECLINED = "declined", _("Not possible")  # nobody's turn
        WITHDRAWN = "withdrawn", _("Withdrawn")  # nobody's turn

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="reorders")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="reorders", help_text="What is repeated")
    form_id = models.CharField(max_length=64, help_text="Of the form by which it was sent; one is taken once")
    status = models.CharField(max_length=10, choices=Status, default=Status.REQUESTED)
    currency = models.CharField(max_length=3)
    total = models.DecimalField(**MONEY, help_text="Of the goods, without shipping, as the customer saw it")
    payment_url = models.URLField(max_length=500, blank=True, help_text="Where the customer pays")
    note = models.TextField(blank=True, help_text="What the merchant tells the customer")
    placed = models.OneToOneField(
        Order, null=True, blank=True, on_delete=models.PROTECT, related_name="repeats", help_text="The new order"
    )
    requested_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ReorderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "form_id"], name="one_reorder_a_form"),
            models.UniqueConstraint(
                fields=["order"], condition=Q(status__in=("requested", "to_pay")), name="one_open_reorder_an_order"
            ),
            models.CheckConstraint(
                condition=Q(status="placed", placed__isnull=False) | (~Q(status="placed") & Q(placed__isnull=True)),
                name="placed_reorder_has_order",
            ),
        ]
        indexes = [models.Index(fields=["merchant", "status", "-id"], name="reorder_by_status")]

    def __str__(self) -> str:
        return f"{self.order}: {self.get_status_display()}"


REORDER_TRANSITIONS: dict[str, frozenset[str]] = {
    Reorder.Status.REQUESTED: frozenset(
        {Reorder.Status.TO_PAY, Reorder.Status.PLACED, Reorder.Status.DECLINED, Reorder.Status.WITHDRAWN}
    ),
    Reorder.Status.TO_PAY: frozenset({Reorder.Status.PLACED, Reorder.Status.DECLINED, Reorder.Status.WITHDRAWN}),
    Reorder.Status.PLACED: frozenset(),
    Reorder.Status.DECLINED: frozenset(),
    Reorder.Status.WITHDRAWN: frozenset(),
}
OPEN_REORDERS = (Reorder.Status.REQUESTED, Reorder.Status.TO_PAY)


class ReorderLine(Row):
    """One item of it, at the price that the customer saw."""

    reorder = models.ForeignKey(Reorder, on_delete=models.CASCADE, related_name="lines")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(**MONEY)
    is_price_sure = models.BooleanField(
        default=False, help_text="The merchant told this price; else it is the one of the last order"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reorder", "item"], name="one_reorder_line_an_item"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reorder_line_has_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"

    @property
    def amount(self) -> Decimal:
        return self.unit_price * self.quantity


class DayWish(Row):
    """The day on which a customer would like to get an order. Only ever added: the latest counts."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="day_wishes")
    day = models.DateField(null=True, help_text="Empty: any day will do again")
    wished_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["order", "-id"], name="day_wish_by_order")]

    def __str__(self) -> str:
        return str(self.day or "")
