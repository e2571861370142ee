"""Money that goes back."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from logistics_portal.kernel.models import Row
from merchants.models import Merchant
from orders.models import MONEY, Order

from .base import AftersalesQuerySet
from .returns import Return


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
