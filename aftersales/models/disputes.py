"""What a customer says is wrong, and how it was settled."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from logistics_portal.kernel.models import Row
from merchants.models import Merchant
from orders.models import Order
from tracking.models import Shipment

from .base import AftersalesQuerySet


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
