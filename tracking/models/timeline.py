"""What happened to parcels, as somebody told us. Only ever added."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from logistics_portal.kernel.models import Row

from ..carriers.base import OffsetSource
from .payloads import CarrierPayload
from .statuses import TrackingStatus


class TrackingEventQuerySet(models.QuerySet):
    def latest_first(self):
        """Newest first by when it happened; events without a time come last."""
        return self.order_by(models.F("occurred_at").desc(nulls_last=True), "-recorded_at", "-id")


class TrackingEvent(Row):
    """Something that happened to a parcel, as somebody told us. Only ever added: the database refuses changes."""

    class Source(models.TextChoices):
        CARRIER = "carrier"
        COURIER = "courier"  # proved at the door, on the courier's page
        MERCHANT = "merchant"  # told through the API

    # An index of its own would be the first half of two below, and cost each scan a write.
    parcel = models.ForeignKey("Parcel", on_delete=models.PROTECT, related_name="events", db_index=False)
    payload = models.ForeignKey(CarrierPayload, null=True, on_delete=models.PROTECT, related_name="events")
    source = models.CharField(max_length=10, choices=Source, default=Source.CARRIER)
    told_by = models.CharField(max_length=30, blank=True, help_text="The adapter of the payload it came by")
    identity = models.CharField(max_length=64, help_text="What makes a second telling of the same scan known as such")
    status = models.CharField(max_length=20, choices=TrackingStatus)
    reason = models.CharField(max_length=60, blank=True)
    code = models.CharField(max_length=100, blank=True, help_text="The carrier's own code")
    description = models.TextField(blank=True)
    place = models.CharField(max_length=200, blank=True)
    country = models.CharField(max_length=2, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    signed_by = models.CharField(max_length=120, blank=True)
    occurred_at = models.DateTimeField(
        null=True, blank=True, help_text="When it happened; empty when the carrier didn't say"
    )
    utc_offset_min = models.SmallIntegerField(
        null=True, blank=True, help_text="Offset of the place's clock, in minutes"
    )
    offset_source = models.CharField(
        max_length=10,
        choices=[(source.value, source.value) for source in OffsetSource],
        default=OffsetSource.STATED.value,
    )
    recorded_at = models.DateTimeField(default=timezone.now, help_text="When we learned of it")

    objects = TrackingEventQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["parcel", "identity"], name="one_event_once")]
        indexes = [models.Index(fields=["parcel", "-occurred_at"], name="event_by_parcel")]

    def __str__(self) -> str:
        return f"{self.status} {self.occurred_at:%Y-%m-%d %H:%M}" if self.occurred_at else self.status

    @property
    def local_time(self):
        """When it happened on the clock of the place, or None."""
        if self.occurred_at is None or self.utc_offset_min is None:
            return self.occurred_at
        return self.occurred_at.astimezone(timezone.get_fixed_timezone(self.utc_offset_min))


class Retraction(Row):
    """A carrier took an event back (or told it again after all): it stays, struck through. Only ever added.

    The newest row of an event counts; what was believed at a past moment is what the rows until then say.
    """

    event = models.ForeignKey(TrackingEvent, on_delete=models.PROTECT, related_name="retractions")
    payload = models.ForeignKey(CarrierPayload, null=True, on_delete=models.PROTECT, related_name="retractions")
    is_struck = models.BooleanField()
    recorded_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{'struck' if self.is_struck else 'restored'} {self.event_id}"


class Trail(Row):
    """The newest whole trail that a source told of a parcel: what it still stands by."""

    TOLD = ("oldest_at", "newest_at", "identities")

    parcel = models.ForeignKey("Parcel", on_delete=models.CASCADE, related_name="trails", db_index=False)
    carrier = models.CharField(max_length=30, help_text="The adapter's code")
    oldest_at = models.DateTimeField()
    newest_at = models.DateTimeField()
    identities = ArrayField(models.CharField(max_length=64))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["parcel", "carrier"], name="one_trail_a_source")]

    def __str__(self) -> str:
        return f"{self.carrier} until {self.newest_at:%Y-%m-%d %H:%M}"
