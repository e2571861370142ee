"""What carriers send, as it came."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from logistics_portal.kernel.models import Row, Work
from logistics_portal.kernel.sealed import SealedMapping, SealedText
from merchants.models import Merchant


class CarrierAccount(Row):
    """An agreement with a carrier or aggregator: whose payloads to trust, and with which secret."""

    carrier = models.CharField(max_length=30, help_text="The adapter's code")
    merchant = models.ForeignKey(
        Merchant,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        help_text="Empty: the portal's own, for all merchants",
    )
    label = models.CharField(max_length=80)
    webhook_secret = SealedText(blank=True, help_text="What the carrier signs its payloads with")
    credentials = SealedMapping(
        default=dict, blank=True, help_text="What asking the carrier needs, for example an API key"
    )
    is_polled = models.BooleanField(default=True, help_text="Ask the carrier, where it does not tell by itself")
    polls_per_minute = models.PositiveIntegerField(
        default=60, validators=[MinValueValidator(1)], help_text="Questions a minute, of all workers together"
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["carrier"], name="account_by_carrier", condition=Q(is_active=True))]

    def __str__(self) -> str:
        return f"{self.carrier}: {self.label}"


class CarrierPayload(Work):
    """A carrier's message as it came in, kept before it is judged."""

    class Outcome(models.TextChoices):
        WAITING = "waiting"  # not read yet
        READ = "read"  # its events are in the timelines
        UNMATCHED = "unmatched"  # read, but its numbers belong to no parcel yet
        NO_TRACKING = "no_tracking"  # read, and it holds no tracking
        UNREADABLE = "unreadable"  # not the carrier's format

    carrier = models.CharField(max_length=30)
    account = models.ForeignKey(CarrierAccount, null=True, on_delete=models.SET_NULL, related_name="payloads")
    body = models.BinaryField()
    content_type = models.CharField(max_length=100, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.WAITING)
    asked_number = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="The number that it answers a question about"
    )
    note = models.CharField(max_length=300, blank=True, help_text="Why it was not read, or which codes are unknown")
    tracking_numbers = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    unknown_codes = ArrayField(models.CharField(max_length=100), default=list, blank=True)

    class Meta(Work.Meta):
        indexes = [
            *Work.Meta.indexes,
            GinIndex(fields=["tracking_numbers"], name="payload_by_number"),
            models.Index(fields=["carrier", "outcome"], name="payload_by_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.carrier} {self.received_at:%Y-%m-%d %H:%M:%S}"
