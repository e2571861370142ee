"""What is asked before a parcel leaves, and what is proposed once it is late."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from logistics_portal.kernel.models import Row
from merchants.models import Merchant
from orders.models import MONEY, Order

from .base import AftersalesQuerySet
from .decisions import Decision


class CheckQuerySet(AftersalesQuerySet):
    def open(self):
        return self.filter(status=OrderCheck.Status.OPEN)

    def holding(self):
        """Those that our own packing waits for."""
        return self.open().filter(is_blocking=True)


class OrderCheck(Row):
    """Something about an order that looks wrong before it leaves. One question a fact: nothing is asked twice."""

    class AskedOf(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        STAFF = "staff", _("Staff")

    class Status(models.TextChoices):
        OPEN = "open", _("Asked")  # the turn of who was asked; staff may settle it as well
        ANSWERED = "answered", _("Answered")  # nobody's turn
        OVERRULED = "overruled", _("Settled by staff")  # nobody's turn
        HEALED = "healed", _("No longer so")  # nobody's turn

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="order_checks")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="checks")
    rule = models.CharField(max_length=60, help_text="The rule's code")
    occasion = models.CharField(max_length=80, help_text="The fact that it is about; one question an occasion")
    decision = models.OneToOneField(Decision, on_delete=models.CASCADE, related_name="check_opened")
    asked_of = models.CharField(max_length=10, choices=AskedOf)
    is_blocking = models.BooleanField(help_text="Our own packing waits for it")
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    asked_at = models.DateTimeField(default=timezone.now)
    answer = models.CharField(max_length=20, blank=True, help_text="What the customer chose")
    note = models.TextField(blank=True, help_text="Why staff settled it")
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = CheckQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "rule", "occasion"], name="one_check_an_occasion"),
            models.CheckConstraint(
                condition=Q(status="open", settled_at__isnull=True) | (~Q(status="open") & Q(settled_at__isnull=False)),
                name="settled_check_has_a_time",
            ),
        ]
        indexes = [models.Index(fields=["merchant", "-id"], name="check_open", condition=Q(status="open"))]

    def __str__(self) -> str:
        return str(self.order)


CHECK_TRANSITIONS: dict[str, frozenset[str]] = {
    OrderCheck.Status.OPEN: frozenset(
        {OrderCheck.Status.ANSWERED, OrderCheck.Status.OVERRULED, OrderCheck.Status.HEALED}
    ),
    OrderCheck.Status.ANSWERED: frozenset(),
    OrderCheck.Status.OVERRULED: frozenset(),
    OrderCheck.Status.HEALED: frozenset(),
}


class Proposal(Row):
    """Money that a rule proposes for a parcel that is late or came late; staff accept or decline it.

    One proposal an order, ground and step, whatever became of it; a later step takes the place of one that is open.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Proposed")  # the merchant's turn
        ACCEPTED = "accepted", _("Accepted")  # nobody's turn
        DECLINED = "declined", pgettext_lazy("proposal", "Declined")  # nobody's turn
        REPLACED = "replaced", _("Replaced by a later one")  # nobody's turn

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="proposals")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="proposals", db_index=False)
    ground = models.CharField(max_length=10, choices=Decision.Case, default=Decision.Case.DELAY)
    step = models.PositiveSmallIntegerField(default=1, help_text="Of a sum that grows, from 1")
    decision = models.OneToOneField(Decision, on_delete=models.CASCADE, related_name="proposal")
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    amount = models.DecimalField(**MONEY)
    currency = models.CharField(max_length=3)
    proposed_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = AftersalesQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="proposal_has_amount"),
            models.UniqueConstraint(fields=["order", "ground", "step"], name="one_proposal_a_step"),
            models.UniqueConstraint(
                fields=["order", "ground"], condition=Q(status="open"), name="one_open_proposal_a_ground"
            ),
        ]
        indexes = [models.Index(fields=["merchant", "status", "-id"], name="proposal_by_status")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} ({self.order})"


PROPOSAL_TRANSITIONS: dict[str, frozenset[str]] = {
    Proposal.Status.OPEN: frozenset({Proposal.Status.ACCEPTED, Proposal.Status.DECLINED, Proposal.Status.REPLACED}),
    Proposal.Status.ACCEPTED: frozenset(),
    Proposal.Status.DECLINED: frozenset(),
    Proposal.Status.REPLACED: frozenset(),
}
