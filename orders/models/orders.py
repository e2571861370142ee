"""What was promised to whom."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Right
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from customers.models import Customer
from inventory.models import Item
from logistics_portal.kernel import tokens
from logistics_portal.kernel.models import Row
from merchants.models import Merchant
from orders.postal import address_lines

LINK, MERCHANT_LINK = "order-link", "order-link-merchant"  # what the links' marks are made for
MONEY: dict[str, Any] = {"max_digits": 12, "decimal_places": 2}
NAME_WORDS = Func("consignee", function="name_words", output_field=SearchVectorField())
LAST_FOUR = Right("phone", 4, output_field=models.CharField())


class OrderQuerySet(models.QuerySet):
    def for_merchant(self, merchant):
        return self.filter(merchant=merchant)

    def for_number(self, number):
        """Every order that was placed with this phone number, at any merchant of the portal."""
        return self.filter(phone=number)

    def with_last_four(self, digits: str):
        return self.alias(last_four=LAST_FOUR).filter(last_four=digits)

    def to_pack(self):
        return self.filter(status__in=TO_PACK)


class Order(Row):
    """An order as it was placed: the address and phone are kept as they were at that moment."""

    class Status(models.TextChoices):
        PLACED = "placed", _("Order confirmed")  # the warehouse's turn
        PICKING = "picking", _("Being picked")  # the warehouse's turn
        PACKED = "packed", _("Packed")  # the carrier's turn
        PARTLY_SHIPPED = "partly_shipped", _("Partly on its way")  # the warehouse's turn: the rest
        SHIPPED = "shipped", _("On its way")  # the carrier's turn
        COMPLETED = "completed", _("Delivered")  # nobody's turn
        CANCELED = "canceled", _("Canceled")  # nobody's turn

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="orders")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders")
    number = models.CharField(max_length=64)
    status = models.CharField(max_length=20, choices=Status, default=Status.PLACED)
    language = models.CharField(max_length=10, default="en")
    placed_at = models.DateTimeField(default=timezone.now)
    picking_at = models.DateTimeField(null=True, blank=True)
    packed_at = models.DateTimeField(null=True, blank=True)
    shipped_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    canceled_at = models.DateTimeField(null=True, blank=True)
    promised_on = models.DateField(null=True, blank=True, help_text="The day the merchant promised at checkout")

    phone = PhoneNumberField()
    phone_extension = models.CharField(max_length=6, blank=True, help_text="Of a virtual number, dialed after it")
    phone_expires_at = models.DateTimeField(
        null=True, blank=True, help_text="When a virtual number stops reaching the customer"
    )
    email = models.EmailField(blank=True)
    consignee = models.CharField(max_length=120)
    line1 = models.CharField(max_length=200)
    line2 = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100)
    region = models.CharField(max_length=100, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2)

    currency = models.CharField(max_length=3)
    shipping_total = models.DecimalField(**MONEY, default=Decimal(0))
    discount_total = models.DecimalField(**MONEY, default=Decimal(0))
    total = models.DecimalField(**MONEY, help_text="What the customer paid")
    link_version = models.PositiveSmallIntegerField(
        default=1, help_text="One more revokes the tracking links sent so far"
    )
    merchant_link_version = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text="The same for the links that the merchant was given"
    )

    objects = OrderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "number"], name="one_order_a_number"),
            models.CheckConstraint(condition=Q(total__gte=0), name="order_total_not_negative"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="order_currency_iso"),
        ]
        indexes = [
            models.Index(fields=["merchant", "status", "-id"], name="order_by_status"),
            models.Index(fields=["phone", "-id"], name="order_by_phone"),
            models.Index("merchant", LAST_FOUR, name="order_by_last_four"),
            # In the byte order of patterns, which serves beginnings as well as whole values.
            models.Index(fields=["number"], name="order_by_number", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["email"], name="order_by_email", opclasses=["varchar_pattern_ops"]),
            GinIndex(NAME_WORDS, name="order_by_name"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def token(self) -> str:
        """The unguessable name of this order in links."""
        return tokens.make_token(LINK, self.pk, version=self.link_version)

    @property
    def tracking_url(self) -> str:
        """The link that is sent to the customer."""
        return f"{settings.BASE_URL}/t/{self.token}/"

    @property
    def merchant_token(self) -> str:
        return tokens.make_token(MERCHANT_LINK, self.pk, version=self.merchant_link_version)

    @property
    def merchant_url(self) -> str:
        """The link that the merchant is given, for its own pages and mails; it can be revoked alone."""
        return f"{settings.BASE_URL}/t/{self.merchant_token}/"

    @property
    def ended_at(self) -> datetime | None:
        """When everything had arrived or was called off."""
        return self.completed_at or self.canceled_at

    @property
    def address_lines(self) -> list[str]:
        """Where it goes, without name and country, in the order of its country's post."""
        return address_lines(
            line1=self.line1,
            line2=self.line2,
            city=self.city,
            region=self.region,
            postal_code=self.postal_code,
            country=self.country,
        )

    @property
    def dialed(self) -> str:
        """The phone as a courier dials it: the extension follows after a pause."""
        return f"{self.phone.as_e164},{self.phone_extension}" if self.phone_extension else self.phone.as_e164

    @property
    def is_to_ship(self) -> bool:
        """Whether something of it has not left yet."""
        return self.status in TO_PACK

    @property
    def can_be_canceled(self) -> bool:
        return self.Status.CANCELED in ORDER_TRANSITIONS[self.Status(self.status)]


_LEFT = (Order.Status.PARTLY_SHIPPED, Order.Status.SHIPPED)
ORDER_TRANSITIONS: dict[str, frozenset[str]] = {
    Order.Status.PLACED: frozenset({Order.Status.PICKING, Order.Status.PACKED, *_LEFT, Order.Status.CANCELED}),
    Order.Status.PICKING: frozenset({Order.Status.PACKED, *_LEFT, Order.Status.CANCELED}),
    Order.Status.PACKED: frozenset({*_LEFT, Order.Status.CANCELED}),
    Order.Status.PARTLY_SHIPPED: frozenset({Order.Status.SHIPPED}),
    Order.Status.SHIPPED: frozenset({Order.Status.COMPLETED}),
    Order.Status.COMPLETED: frozenset({Order.Status.SHIPPED}),  # when a carrier takes its "delivered" back
    Order.Status.CANCELED: frozenset(),
}


TO_PACK = (Order.Status.PLACED, Order.Status.PICKING, Order.Status.PACKED, Order.Status.PARTLY_SHIPPED)
OPEN_STATUSES = (*TO_PACK, Order.Status.SHIPPED)


class OrderLine(Row):
    """One item of an order, with name and price as they were."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="order_lines")
    sku = models.CharField("SKU", max_length=64)
    name = models.CharField(max_length=200)
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(**MONEY)
    picked_quantity = models.PositiveIntegerField(default=0)
    shipped_quantity = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="line_has_quantity"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="line_price_not_negative"),
            models.CheckConstraint(
                condition=Q(picked_quantity__lte=models.F("quantity")), name="picked_within_ordered"
            ),
            models.CheckConstraint(
                condition=Q(shipped_quantity__lte=models.F("quantity")), name="shipped_within_ordered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"

    @property
    def amount(self) -> Decimal:
        return self.unit_price * self.quantity

    @property
    def left_to_ship(self) -> int:
        """Pieces that did not leave yet."""
        return self.quantity - self.shipped_quantity
