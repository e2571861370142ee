"""Goods on their way back."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from logistics_portal.kernel.models import Row
from merchants.models import Merchant
from orders.models import Order, OrderLine
from tracking.models import Shipment

from .base import AftersalesQuerySet


class Reason(models.TextChoices):
    """Why something is sent back."""

    CHANGED_MIND = "changed_mind", _("I changed my mind")
    TOO_SMALL = "too_small", _("Too small")
    TOO_LARGE = "too_large", _("Too large")
    NOT_AS_DESCRIBED = "not_as_described", _("Not as described")
    DAMAGED = "damaged", _("It arrived damaged")
    WRONG_ITEM = "wrong_item", _("I got the wrong item")
    ARRIVED_LATE = "arrived_late", _("It arrived too late")


class Return(Row):
    """Goods of an order on their way back. Its parcel's way is a shipment; its status is our plan."""

    class Status(models.TextChoices):
        REQUESTED = "requested", _("Return requested")  # the merchant's turn
        APPROVED = "approved", _("Return approved")  # the customer's turn: send it
        REJECTED = "rejected", _("Return declined")  # nobody's turn
        RECEIVED = "received", _("Return received")  # the merchant's turn: pay
        REFUNDED = "refunded", _("Refunded")  # nobody's turn
        CANCELED = "canceled", _("Return canceled")  # nobody's turn

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="returns")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="returns")
    shipment = models.OneToOneField(
        Shipment, null=True, blank=True, on_delete=models.PROTECT, related_name="return_case"
    )
    number = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=Status, default=Status.REQUESTED)
    reason = models.CharField(max_length=20, choices=Reason)
    comment = models.TextField(blank=True)
    requested_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decision_note = models.TextField(blank=True, help_text="Told to the customer")
    received_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = AftersalesQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merchant", "number"], name="one_return_a_number")]
        indexes = [models.Index(fields=["merchant", "status", "-id"], name="return_by_status")]

    def __str__(self) -> str:
        return self.number


RETURN_TRANSITIONS: dict[str, frozenset[str]] = {
    Return.Status.REQUESTED: frozenset({Return.Status.APPROVED, Return.Status.REJECTED, Return.Status.CANCELED}),
    Return.Status.APPROVED: frozenset({Return.Status.RECEIVED, Return.Status.CANCELED}),
    Return.Status.RECEIVED: frozenset({Return.Status.REFUNDED}),
    Return.Status.REJECTED: frozenset(),
    Return.Status.REFUNDED: frozenset(),
    Return.Status.CANCELED: frozenset(),
}
OPEN_RETURNS = (Return.Status.REQUESTED, Return.Status.APPROVED, Return.Status.RECEIVED, Return.Status.REFUNDED)


class ReturnLine(Row):
    """How many of an order line are sent back."""

    return_case = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="return_lines")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["return_case", "order_line"], name="one_return_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="return_line_has_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_line.name}"
