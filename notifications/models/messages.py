"""What people were told, over which channel, and whether it arrived."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from logistics_portal.kernel.models import Row, Work, WorkQuerySet
from merchants.models import Merchant
from orders.models import Order


class MessageQuerySet(WorkQuerySet):
    def for_merchant(self, merchant):
        return self.filter(merchant=merchant)


class Message(Work):
    """One message to one person over one channel, for one fact."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", pgettext_lazy("message", "Delivered")  # not the word for parcels everywhere
        FAILED = "failed", _("Failed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    merchant = models.ForeignKey(Merchant, null=True, on_delete=models.PROTECT, related_name="messages")
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="messages")
    kind = models.CharField(max_length=40, help_text="The template's name, for example out_for_delivery")
    subject_id = models.UUIDField(help_text="The row that the words are taken from: order, shipment, return, …")
    fact = models.CharField(max_length=120, help_text="What happened; one message a fact, channel and address")
    channel = models.CharField(max_length=20)
    address = models.CharField(max_length=254, help_text="Phone number in E.164, or email address")
    language = models.CharField(max_length=10, default="en")
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True, help_text="What was sent, with codes blacked out")
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    queued_at = models.DateTimeField(default=timezone.now)
    wanted_at = models.DateTimeField(
        default=timezone.now, help_text="When it was to go out: after its timer and outside of quiet hours"
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    provider_id = models.CharField(max_length=80, blank=True)
    error_code = models.CharField(max_length=20, blank=True)
    parts = models.PositiveSmallIntegerField(default=0, help_text="What the provider bills: an SMS may have several")
    is_urgent = models.BooleanField(
        default=False, db_default=False, help_text="Of use now only: it is sent before all that can wait"
    )
    fallbacks = models.JSONField(
        default=list, blank=True, help_text="Where it goes when this channel fails: pairs of channel and address"
    )
    instead_of = models.ForeignKey(
        "self", null=True, blank=True, db_index=False, on_delete=models.SET_NULL, related_name="+"
    )
    also_about = ArrayField(
        models.UUIDField(), default=list, blank=True, help_text="Other subjects that this message tells of as well"
    )

    objects = MessageQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Work.Meta):
        constraints = [models.UniqueConstraint(fields=["fact", "channel", "address"], name="one_message_a_fact")]
        indexes = [
            *Work.Meta.indexes,
            models.Index(
                fields=["due_at"], name="message_urgent_due", condition=models.Q(done_at__isnull=True, is_urgent=True)
            ),
            models.Index(fields=["order", "id"], name="message_by_order"),
            models.Index(fields=["provider_id"], name="message_by_provider", condition=~models.Q(provider_id="")),
            models.Index(fields=["address", "-id"], name="message_by_address"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.channel}"

    def status_at(self, moment: datetime) -> str:
        """The status that it had at a past moment, by the times that its steps left; "" before it was queued."""
        withdrawn_at = self.done_at if self.status == self.Status.WITHDRAWN else None
        steps = (
            (self.failed_at, self.Status.FAILED),
            (withdrawn_at, self.Status.WITHDRAWN),
            (self.delivered_at, self.Status.DELIVERED),
            (self.sent_at, self.Status.SENT),
            (self.queued_at, self.Status.QUEUED),
        )
        return next((status for at, status in steps if at and at <= moment), "")


MESSAGE_TRANSITIONS: dict[str, frozenset[str]] = {
    Message.Status.QUEUED: frozenset({Message.Status.SENT, Message.Status.FAILED, Message.Status.WITHDRAWN}),
    Message.Status.SENT: frozenset({Message.Status.DELIVERED, Message.Status.FAILED}),
    Message.Status.DELIVERED: frozenset(),
    Message.Status.FAILED: frozenset(),
    Message.Status.WITHDRAWN: frozenset(),
}


# What providers call what became of a message, Twilio's and mail services' words; others are shown as they came.
PROVIDERS_WORDS = {
    "accepted": pgettext_lazy("receipt", "taken over"),
    "queued": pgettext_lazy("receipt", "queued"),
    "scheduled": pgettext_lazy("receipt", "planned"),
    "sending": pgettext_lazy("receipt", "being sent"),
    "sent": pgettext_lazy("receipt", "sent"),
    "deferred": pgettext_lazy("receipt", "put off"),
    "delivered": pgettext_lazy("receipt", "delivered"),
    "undelivered": pgettext_lazy("receipt", "not delivered"),
    "failed": pgettext_lazy("receipt", "failed"),
    "bounced": pgettext_lazy("receipt", "came back"),
    "rejected": pgettext_lazy("receipt", "refused"),
    "complained": pgettext_lazy("receipt", "reported as unwanted"),
    "unsubscribed": pgettext_lazy("receipt", "stopped"),
    "opened": pgettext_lazy("receipt", "opened"),
    "read": pgettext_lazy("receipt", "read"),
    "clicked": pgettext_lazy("receipt", "followed a link"),
    "canceled": pgettext_lazy("receipt", "called off"),
}


class Receipt(Row):
    """What a provider said of a message afterwards. Only ever added."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="receipts")
    status = models.CharField(max_length=20, help_text="The provider's own word")
    error_code = models.CharField(max_length=20, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    content = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.status

    @property
    def said(self) -> str:
        """The provider's word in the reader's language."""
        return str(PROVIDERS_WORDS.get(self.status.lower(), self.status))
