"""Goods on their way back."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from logistics_portal.kernel.models import Row, Work
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
    STOPPED_WORKING = "stopped_working", _("It stopped working")


# Reasons that a customer doesn't choose: the parcel came back by itself.
UNASKED_REASONS = [("refused", _("Not accepted at the door")), ("unannounced", _("Came back unannounced"))]
# The goods were at fault before they came back, so their damage is no reason to pay less.
MERCHANTS_FAULT = frozenset({Reason.NOT_AS_DESCRIBED, Reason.DAMAGED, Reason.WRONG_ITEM, Reason.STOPPED_WORKING})


class Return(Row):
    """Goods of an order on their way back. Its parcel's way is a shipment; its status is our plan of the goods.

    What of the goods is accepted stands in its lines, what becomes of the money in its refunds: three axes, and no
    status tells of two of them. That it is closed only says that nobody has anything left to do.
    """

    class Status(models.TextChoices):
        REQUESTED = "requested", _("Return requested")  # the merchant's turn
        APPROVED = "approved", _("Return approved")  # the customer's turn: send it
        REJECTED = "rejected", _("Return declined")  # nobody's turn
        PARTLY_RECEIVED = "partly_received", _("Partly received")  # the customer's turn: send the rest
        RECEIVED = "received", _("Return received")  # the merchant's turn: look at it, pay
        KEPT = "kept", _("Keep the goods")  # the merchant's turn: pay
        CLOSED = "closed", _("Completed")  # nobody's turn: all is judged, and nothing is to be paid any more
        EXPIRED = "expired", _("Return expired")  # nobody's turn
        CANCELED = "canceled", _("Return canceled")  # nobody's turn

    class Resolution(models.TextChoices):
        """What the customer wants for the goods."""

        REFUND = "refund", _("My money back")
        EXCHANGE = "exchange", _("Something else for it")
        REPAIR = "repair", _("Have it repaired")

    class Law(models.TextChoices):
        """The law under which a customer withdrew."""

        EU_WITHDRAWAL = "eu_withdrawal", _("Withdrawal within 14 days (EU)")
        CN_SEVEN_DAYS = "cn_seven_days", _("Return within 7 days without reason (China)")

    class Origin(models.TextChoices):
        CUSTOMER = "customer", _("asked by the customer")
        STAFF = "staff", _("opened by staff")
        REFUSED = "refused", _("not accepted at the door")
        UNANNOUNCED = "unannounced", _("came back unannounced")

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="returns")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="returns")
    shipment = models.OneToOneField(
        Shipment, null=True, blank=True, on_delete=models.PROTECT, related_name="return_case"
    )
    number = models.CharField(max_length=64)
    status = models.CharField(max_length=20, choices=Status, default=Status.REQUESTED)
    origin = models.CharField(max_length=12, choices=Origin, default=Origin.CUSTOMER)
    resolution = models.CharField(max_length=10, choices=Resolution, default=Resolution.REFUND)
    law = models.CharField(max_length=20, choices=Law, blank=True, help_text="Withdrawals under it can't be declined")
    reason = models.CharField(max_length=20, choices=[*Reason.choices, *UNASKED_REASONS])
    comment = models.TextField(blank=True)
    requested_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decision_note = models.TextField(blank=True, help_text="Told to the customer")
    send_by_at = models.DateTimeField(null=True, blank=True, help_text="When an approval ends that was not used")
    received_at = models.DateTimeField(null=True, blank=True)
    inspected_at = models.DateTimeField(null=True, blank=True, help_text="When somebody last looked at the goods")
    refund_due_at = models.DateTimeField(null=True, blank=True, help_text="By when the law wants the refund paid")
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = AftersalesQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merchant", "number"], name="one_return_a_number")]
        indexes = [models.Index(fields=["merchant", "status", "-id"], name="return_by_status")]

    def __str__(self) -> str:
        return self.number

    @property
    def is_withdrawal(self) -> bool:
        return bool(self.law)

    @property
    def is_asked(self) -> bool:
        """Whether somebody agreed to it before the goods came."""
        return self.origin in (self.Origin.CUSTOMER, self.Origin.STAFF)

    @property
    def can_be_sent(self) -> bool:
        return self.status == self.Status.APPROVED and self.shipment_id is None

    def is_overdue(self, now: datetime) -> bool:
        return bool(self.refund_due_at and self.closed_at is None and now > self.refund_due_at)


RETURN_TRANSITIONS: dict[str, frozenset[str]] = {
    Return.Status.REQUESTED: frozenset(
        {Return.Status.APPROVED, Return.Status.REJECTED, Return.Status.KEPT, Return.Status.CANCELED}
    ),
    Return.Status.APPROVED: frozenset(
        {
            Return.Status.PARTLY_RECEIVED,
            Return.Status.RECEIVED,
            Return.Status.KEPT,
            Return.Status.EXPIRED,
            Return.Status.CANCELED,
        }
    ),
    Return.Status.PARTLY_RECEIVED: frozenset({Return.Status.RECEIVED}),
    Return.Status.RECEIVED: frozenset({Return.Status.CLOSED}),
    Return.Status.KEPT: frozenset({Return.Status.CLOSED}),
    Return.Status.CLOSED: frozenset({Return.Status.RECEIVED, Return.Status.KEPT}),  # when the bank sends money back
    # Staff reopen it; goods that come all the same are received.
    Return.Status.REJECTED: frozenset({Return.Status.REQUESTED}),
    Return.Status.EXPIRED: frozenset({Return.Status.APPROVED}),
    Return.Status.CANCELED: frozenset({Return.Status.REQUESTED}),
}
RETURN_TURNS: dict[str, str] = {  # whose turn it is: "customer", "merchant" or "" for nobody
    Return.Status.REQUESTED: "merchant",
    Return.Status.APPROVED: "customer",
    Return.Status.PARTLY_RECEIVED: "customer",
    Return.Status.RECEIVED: "merchant",
    Return.Status.KEPT: "merchant",
}
OPEN_RETURNS = (
    Return.Status.REQUESTED,
    Return.Status.APPROVED,
    Return.Status.PARTLY_RECEIVED,
    Return.Status.RECEIVED,
    Return.Status.KEPT,
    Return.Status.CLOSED,
)


class ReturnLine(Row):
    """How many of an order line are sent back, what came of them, and what of that is accepted."""

    return_case = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="return_lines")
    quantity = models.PositiveIntegerField()
    received_quantity = models.PositiveIntegerField(default=0, help_text="Arrived, as far as is known")
    resellable_quantity = models.PositiveIntegerField(default=0, help_text="Of the received, as good as new")
    damaged_quantity = models.PositiveIntegerField(default=0, help_text="Of the received, not to be sold again")
    accepted_quantity = models.PositiveIntegerField(default=0, help_text="For which the customer gets what was asked")
    declined_quantity = models.PositiveIntegerField(default=0, help_text="For which the customer gets nothing")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["return_case", "order_line"], name="one_return_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="return_line_has_quantity"),
            models.CheckConstraint(
                condition=Q(received_quantity__lte=F("quantity")), name="received_within_what_was_asked"
            ),
            models.CheckConstraint(
                condition=Q(received_quantity__gte=F("resellable_quantity") + F("damaged_quantity")),
                name="inspected_within_received",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("accepted_quantity") + F("declined_quantity")),
                name="judged_within_what_was_asked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_line.name}"

    @property
    def missing_quantity(self) -> int:
        """Asked, but not in the parcel; true once everything was received."""
        return self.quantity - self.received_quantity

    @property
    def uninspected_quantity(self) -> int:
        return self.received_quantity - self.resellable_quantity - self.damaged_quantity

    @property
    def undecided_quantity(self) -> int:
        """Received, and neither accepted nor declined."""
        return max(0, self.received_quantity - self.accepted_quantity - self.declined_quantity)


class Inspection(Row):
    """What somebody found when looking at returned goods of one line, and where the goods went. Only ever added."""

    class Disposition(models.TextChoices):
        RESTOCK = "restock", _("back into stock")
        WRITE_OFF = "write_off", _("written off")
        REPAIR = "repair", _("to be repaired")
        GIVE_BACK = "give_back", _("back to the customer")

    line = models.ForeignKey(ReturnLine, on_delete=models.PROTECT, related_name="inspections")
    resellable_quantity = models.PositiveIntegerField(default=0)
    damaged_quantity = models.PositiveIntegerField(default=0)
    missing_quantity = models.PositiveIntegerField(default=0, help_text="Believed to be there, and not found")
    disposition = models.CharField(max_length=10, choices=Disposition, help_text="Of the damaged ones")
    note = models.TextField(blank=True)
    inspected_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    inspected_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.resellable_quantity} + {self.damaged_quantity} of {self.line}"


class ReturnPhoto(Row):
    """A photo that a customer added to a return, written anew without metadata."""

    return_case = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="photos")
    jpeg = models.BinaryField()
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the picture")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["return_case", "digest"], name="one_photo_once")]

    def __str__(self) -> str:
        return self.digest[:12]


class ReturnClock(Work):
    """When an approved return is looked at next: to remind, then to end it. It ends when the parcel is on its way."""

    return_case = models.OneToOneField(Return, on_delete=models.CASCADE, related_name="clock")
    reminded_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.return_case)
