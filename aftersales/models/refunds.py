"""Money that goes back."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from logistics_portal.kernel.models import Row, Work
from logistics_portal.kernel.sealed import SealedMapping, SealedText
from merchants.models import Merchant
from orders.models import MONEY, Order

from .base import AftersalesQuerySet
from .returns import Return

BY_HAND = "by_hand"


class GatewayAccount(Row):
    """A merchant's agreement with a payment provider, through which its refunds are paid."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="gateway_accounts")
    gateway = models.CharField(max_length=30, help_text="The gateway's code")
    label = models.CharField(max_length=80)
    credentials = SealedMapping(default=dict, blank=True, help_text="What the gateway needs, for example an API key")
    webhook_secret = SealedText(blank=True, help_text="What the provider signs its news with")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = AftersalesQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "gateway"], condition=Q(is_active=True), name="one_active_account_a_gateway"
            )
        ]

    def __str__(self) -> str:
        return f"{self.gateway}: {self.label}"


class Payment(Row):
    """How an order was paid, as the merchant told: where its refunds go back to."""

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="payments")
    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="payment")
    gateway = models.CharField(max_length=30, help_text="The gateway's code")
    reference = models.CharField(max_length=120, help_text="The payment provider's number of the payment")
    noted_at = models.DateTimeField(default=timezone.now)

    objects = AftersalesQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.gateway} {self.reference}"


class Refund(Row):
    """Money owed back. One cause has one refund, whatever is clicked twice."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Refund started")  # the merchant's turn: pay
        SENT = "sent", _("Refund sent")  # the payment provider's turn
        PAID = "paid", _("Refund paid")  # nobody's turn
        FAILED = "failed", _("Refund failed")  # the merchant's turn: another way
        CANCELED = "canceled", _("Refund canceled")  # nobody's turn

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="refunds")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    return_case = models.OneToOneField(Return, null=True, blank=True, on_delete=models.PROTECT, related_name="refund")
    dispute = models.OneToOneField("Dispute", null=True, blank=True, on_delete=models.PROTECT, related_name="refund")
    cause = models.CharField(
        max_length=100, blank=True, help_text="Of a refund that is neither a return's nor a dispute's, once an order"
    )
    note = models.TextField(blank=True, help_text="Why, for staff")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    amount = models.DecimalField(**MONEY)
    shipping_amount = models.DecimalField(**MONEY, default=0, help_text="The part of it that is shipping cost")
    currency = models.CharField(max_length=3)
    gateway = models.CharField(max_length=30, default=BY_HAND, help_text="The code of what pays it")
    attempt = models.PositiveSmallIntegerField(default=1, help_text="Grows when a failed refund is tried again")
    reference = models.CharField(max_length=120, blank=True, help_text="The payment provider's number of the refund")
    failure = models.CharField(max_length=300, blank=True, help_text="Why it failed, in the provider's words")
    started_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)

    objects = AftersalesQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_has_amount"),
            models.CheckConstraint(
                condition=Q(shipping_amount__gte=0, shipping_amount__lte=models.F("amount")),
                name="shipping_within_refund",
            ),
            models.CheckConstraint(
                condition=Q(return_case__isnull=False, dispute__isnull=True, cause="")
                | Q(return_case__isnull=True, dispute__isnull=False, cause="")
                | (Q(return_case__isnull=True, dispute__isnull=True) & ~Q(cause="")),
                name="refund_has_one_cause",
            ),
            models.UniqueConstraint(fields=["order", "cause"], condition=~Q(cause=""), name="one_refund_a_cause"),
        ]
        indexes = [
            models.Index(fields=["reference"], name="refund_by_reference", condition=~Q(reference="")),
            models.Index(fields=["merchant", "status", "-id"], name="refund_by_status"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    @property
    def idempotency_key(self) -> str:
        """By which a payment provider knows a repetition; another attempt after a failure is no repetition."""
        return str(self.pk) if self.attempt == 1 else f"{self.pk}-{self.attempt}"


REFUND_TRANSITIONS: dict[str, frozenset[str]] = {
    Refund.Status.PENDING: frozenset(
        {Refund.Status.SENT, Refund.Status.PAID, Refund.Status.FAILED, Refund.Status.CANCELED}
    ),
    Refund.Status.SENT: frozenset({Refund.Status.PAID, Refund.Status.FAILED}),
    Refund.Status.PAID: frozenset({Refund.Status.FAILED}),  # when the customer's bank sends it back
    Refund.Status.FAILED: frozenset({Refund.Status.PENDING, Refund.Status.PAID, Refund.Status.CANCELED}),
    Refund.Status.CANCELED: frozenset(),
}


class RefundSending(Work):
    """That a refund must be sent to its gateway."""

    refund = models.OneToOneField(Refund, on_delete=models.CASCADE, related_name="sending")

    def __str__(self) -> str:
        return str(self.refund)
