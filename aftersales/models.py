"""What went wrong or is sent back, and how it was settled."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from logistics_portal.kernel.models import Row
from merchants.models import Merchant
from orders.models import MONEY, Order, OrderLine
from tracking.models import Shipment


class AftersalesQuerySet(models.QuerySet):
    def for_merchant(self, merchant):
        return self.filter(merchant=merchant)


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


class Refund(Row):
    """Money owed back. One cause has one refund, whatever is clicked twice."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Refund started")  # the merchant's turn: pay
        PAID = "paid", _("Refund paid")  # nobody's turn
        CANCELED = "canceled", _("Refund canceled")  # nobody's turn

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="refunds")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    return_case = models.OneToOneField(Return, null=True, blank=True, on_delete=models.PROTECT, related_name="refund")
    dispute = models.OneToOneField("Dispute", null=True, blank=True, on_delete=models.PROTECT, related_name="refund")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    amount = models.DecimalField(**MONEY)
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=120, blank=True, help_text="The payment provider's number of the refund")
    started_at = models.DateTimeField(default=timezone.now)
    paid_at = models.DateTimeField(null=True, blank=True)

    objects = AftersalesQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_has_amount"),
            models.CheckConstraint(
                condition=Q(return_case__isnull=False, dispute__isnull=True)
                | Q(return_case__isnull=True, dispute__isnull=False),
                name="refund_has_one_cause",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


REFUND_TRANSITIONS: dict[str, frozenset[str]] = {
    Refund.Status.PENDING: frozenset({Refund.Status.PAID, Refund.Status.CANCELED}),
    Refund.Status.PAID: frozenset(),
    Refund.Status.CANCELED: frozenset(),
}


class Dispute(Row):
    """A customer says that the parcel, or what was in it, is not as it should be."""

    class Kind(models.TextChoices):
        NOT_RECEIVED = "not_received", _("I did not receive it")

    class Status(models.TextChoices):
        OPEN = "open", _("Being looked into")  # the merchant's turn
        ACCEPTED = "accepted", _("Decided for you")  # nobody's turn
        REJECTED = "rejected", _("Declined")  # nobody's turn
        WITHDRAWN = "withdrawn", _("Withdrawn")  # nobody's turn

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="disputes")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="disputes")
    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="disputes")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.NOT_RECEIVED)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    statement = models.TextField(blank=True, help_text="What the customer says")
    opened_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decision_note = models.TextField(blank=True, help_text="Told to the customer")

    objects = AftersalesQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shipment", "kind"], condition=Q(status="open"), name="one_open_dispute_a_shipment"
            )
        ]
        indexes = [models.Index(fields=["merchant", "status", "-id"], name="dispute_by_status")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.order})"


DISPUTE_TRANSITIONS: dict[str, frozenset[str]] = {
    Dispute.Status.OPEN: frozenset({Dispute.Status.ACCEPTED, Dispute.Status.REJECTED, Dispute.Status.WITHDRAWN}),
    Dispute.Status.ACCEPTED: frozenset(),
    Dispute.Status.REJECTED: frozenset(),
    Dispute.Status.WITHDRAWN: frozenset(),
}


class Evidence(Row):
    """What was known when a dispute was opened or decided, as a copy with its digest. Only ever added."""

    class Kind(models.TextChoices):
        TIMELINE = "timeline"
        PROOF = "proof"
        STATEMENT = "statement"
        DECISION = "decision"

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=20, choices=Kind)
    content = models.JSONField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content as canonical JSON")
    collected_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "evidence"

    def __str__(self) -> str:
        return f"{self.kind} {self.digest[:12]}"


class Decision(Row):
    """What a rule or a person decided, with the rule's version and the facts it saw, so that it can be replayed."""

    return_case = models.ForeignKey(Return, null=True, on_delete=models.CASCADE, related_name="decisions")
    dispute = models.ForeignKey(Dispute, null=True, on_delete=models.CASCADE, related_name="decisions")
    rule = models.CharField(max_length=60, blank=True, help_text="The rule's code; empty when a person decided")
    rule_version = models.PositiveSmallIntegerField(default=0)
    verdict = models.CharField(max_length=20)
    why = models.TextField(blank=True)
    facts = models.JSONField(default=dict)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.verdict} by {self.rule or self.decided_by}"
