"""What a customer says is wrong, what both sides said since, and how it was settled."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from logistics_portal.kernel.models import Row, Work
from merchants.models import Merchant
from orders.models import MONEY, Order, OrderLine
from tracking.models import Shipment

from .base import AftersalesQuerySet


class Resolution(models.TextChoices):
    """What a customer gets."""

    REFUND = "refund", _("All the money back")
    PARTIAL_REFUND = "partial_refund", _("A part of the money back")
    REPLACEMENT = "replacement", _("A replacement")


class Turn(models.TextChoices):
    """Who must act next."""

    MERCHANT = "merchant", pgettext_lazy("turn", "The sender")
    CUSTOMER = "customer", pgettext_lazy("turn", "The customer")
    NOBODY = "nobody", pgettext_lazy("turn", "Nobody")


class Dispute(Row):
    """A customer says that the parcel, or what was in it, is not as it should be."""

    class Kind(models.TextChoices):
        NOT_RECEIVED = "not_received", _("I did not receive it")
        NOT_AS_DESCRIBED = "not_as_described", _("It is not as described")
        DAMAGED = "damaged", _("It arrived damaged")
        WRONG_ITEM = "wrong_item", _("I got the wrong item")
        MISSING_ITEM = "missing_item", _("Something was missing")

    class Status(models.TextChoices):
        OPEN = "open", _("Being looked into")  # the merchant's turn
        ASKED = "asked", _("Question asked")  # the customer's turn
        OFFERED = "offered", _("Offer made")  # the customer's turn
        ACCEPTED = "accepted", pgettext_lazy("dispute", "Decided for the customer")  # nobody's turn
        REJECTED = "rejected", _("Declined")  # nobody's turn, unless the customer brings new evidence
        CLOSED = "closed", _("Closed without an answer")  # nobody's turn, unless the customer answers after all
        WITHDRAWN = "withdrawn", _("Withdrawn")  # nobody's turn

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="disputes")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="disputes")
    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="disputes")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.NOT_RECEIVED)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    statement = models.TextField(blank=True, help_text="What the customer says")
    wish = models.CharField(max_length=20, choices=Resolution, blank=True, help_text="What the customer would like")
    opened_at = models.DateTimeField(default=timezone.now)
    answer_by = models.DateTimeField(null=True, blank=True, help_text="By when whose turn it is must act")
    escalated_at = models.DateTimeField(
        null=True, blank=True, help_text="When the merchant's time had passed without an answer"
    )
    reopened_at = models.DateTimeField(null=True, blank=True, help_text="When the customer brought new evidence, once")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decision_note = models.TextField(blank=True, help_text="Told to the customer")
    resolution = models.CharField(max_length=20, choices=Resolution, blank=True)
    awarded = models.DecimalField(**MONEY, null=True, blank=True, help_text="The money that was granted")
    replacement = models.OneToOneField(
        Order,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="granted_by",
        help_text="The order of the goods that were granted",
    )

    objects = AftersalesQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shipment", "kind"],
                condition=Q(status__in=("open", "asked", "offered")),
                name="one_open_dispute_a_shipment",
            )
        ]
        indexes = [models.Index(fields=["merchant", "status", "-id"], name="dispute_by_status")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.order})"

    @property
    def turn(self) -> Turn:
        return DISPUTE_TURNS[self.status]

    @property
    def is_running(self) -> bool:
        return self.turn != Turn.NOBODY

    @property
    def can_reopen(self) -> bool:
        """Whether new evidence may open it again; that is so once."""
        return self.reopened_at is None and self.status in (Dispute.Status.REJECTED, Dispute.Status.CLOSED)


RUNNING = (Dispute.Status.OPEN, Dispute.Status.ASKED, Dispute.Status.OFFERED)

DISPUTE_TRANSITIONS: dict[str, frozenset[str]] = {
    Dispute.Status.OPEN: frozenset(
        {
            Dispute.Status.ASKED,
            Dispute.Status.OFFERED,
            Dispute.Status.ACCEPTED,
            Dispute.Status.REJECTED,
            Dispute.Status.WITHDRAWN,
        }
    ),
    Dispute.Status.ASKED: frozenset(
        {
            Dispute.Status.OPEN,
            Dispute.Status.OFFERED,
            Dispute.Status.ACCEPTED,
            Dispute.Status.CLOSED,
            Dispute.Status.WITHDRAWN,
        }
    ),
    Dispute.Status.OFFERED: frozenset({Dispute.Status.OPEN, Dispute.Status.ACCEPTED, Dispute.Status.WITHDRAWN}),
    Dispute.Status.ACCEPTED: frozenset(),
    Dispute.Status.REJECTED: frozenset({Dispute.Status.OPEN}),
    Dispute.Status.CLOSED: frozenset({Dispute.Status.OPEN}),
    Dispute.Status.WITHDRAWN: frozenset(),
}

DISPUTE_TURNS: dict[str, Turn] = {
    Dispute.Status.OPEN: Turn.MERCHANT,
    Dispute.Status.ASKED: Turn.CUSTOMER,
    Dispute.Status.OFFERED: Turn.CUSTOMER,
    Dispute.Status.ACCEPTED: Turn.NOBODY,
    Dispute.Status.REJECTED: Turn.NOBODY,
    Dispute.Status.CLOSED: Turn.NOBODY,
    Dispute.Status.WITHDRAWN: Turn.NOBODY,
}


class DisputeLine(Row):
    """How many of an order line a dispute is about."""

    dispute = models.ForeignKey(Dispute, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dispute", "order_line"], name="one_dispute_line_a_line"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="dispute_line_has_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_line_id}"


class DisputeStep(Row):
    """What one side said or did in a dispute. Only ever added; the newest offer is the one that stands."""

    class Kind(models.TextChoices):
        OPENED = "opened", pgettext_lazy("dispute", "Opened")
        QUESTION = "question", pgettext_lazy("dispute", "Question")
        ANSWER = "answer", pgettext_lazy("dispute", "Answer")
        OFFER = "offer", pgettext_lazy("dispute", "Offer")
        OFFER_ACCEPTED = "offer_accepted", pgettext_lazy("dispute", "Offer accepted")
        OFFER_DECLINED = "offer_declined", pgettext_lazy("dispute", "Offer declined")
        OFFER_LAPSED = "offer_lapsed", pgettext_lazy("dispute", "Offer lapsed without an answer")
        ESCALATED = "escalated", pgettext_lazy("dispute", "The sender's time passed: now urgent")
        ACCEPTED = "accepted", pgettext_lazy("dispute", "Decided for the customer")
        REJECTED = "rejected", pgettext_lazy("dispute", "Declined")
        CLOSED = "closed", pgettext_lazy("dispute", "Closed: no answer came")
        REOPENED = "reopened", pgettext_lazy("dispute", "Opened again with new evidence")
        WITHDRAWN = "withdrawn", pgettext_lazy("dispute", "Taken back")

    class Party(models.TextChoices):
        CUSTOMER = "customer", pgettext_lazy("party", "Customer")
        MERCHANT = "merchant", pgettext_lazy("party", "Sender")
        PORTAL = "portal", pgettext_lazy("party", "By the clock or a rule")

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=20, choices=Kind)
    party = models.CharField(max_length=10, choices=Party)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    resolution = models.CharField(max_length=20, choices=Resolution, blank=True, help_text="What an offer promises")
    amount = models.DecimalField(**MONEY, null=True, help_text="The money of an offer or a decision")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class DisputePhoto(Row):
    """A photo that the customer added, made anew from its pixels. Only ever added."""

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="photos")
    jpeg = models.BinaryField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the picture")
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dispute", "digest"], name="one_photo_a_dispute")]

    def __str__(self) -> str:
        return self.digest[:12]


class DisputeClock(Work):
    """When a dispute's clock must be looked at: `Dispute.answer_by` of a dispute that runs."""

    dispute = models.OneToOneField(Dispute, on_delete=models.CASCADE, related_name="clock")

    def __str__(self) -> str:
        return f"clock of {self.dispute_id}"
