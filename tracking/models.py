"""Shipments, their parcels, and what carriers say of them."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from logistics_portal.kernel.models import Row, Work
from merchants.models import Merchant
from orders.models import Order

from .carriers.base import OffsetSource, Status


class TrackingStatus(models.TextChoices):
    """The statuses of `carriers.base.Status`, with the words that people read."""

    PENDING = Status.PENDING.value, _("Waiting for the carrier")
    INFO_RECEIVED = Status.INFO_RECEIVED.value, _("Announced to the carrier")
    IN_TRANSIT = Status.IN_TRANSIT.value, _("On its way")
    OUT_FOR_DELIVERY = Status.OUT_FOR_DELIVERY.value, _("Out for delivery")
    AVAILABLE_FOR_PICKUP = Status.AVAILABLE_FOR_PICKUP.value, _("Ready for pickup")
    ATTEMPT_FAILED = Status.ATTEMPT_FAILED.value, _("Delivery attempt failed")
    DELIVERED = Status.DELIVERED.value, _("Delivered")
    EXCEPTION = Status.EXCEPTION.value, _("Something went wrong")
    RETURNING = Status.RETURNING.value, _("Going back to the sender")
    RETURNED = Status.RETURNED.value, _("Back at the sender")
    EXPIRED = Status.EXPIRED.value, _("No news from the carrier")
    UNKNOWN = Status.UNKNOWN.value, _("Status not known")


FINAL = (TrackingStatus.DELIVERED, TrackingStatus.RETURNED, TrackingStatus.EXPIRED)


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
    webhook_secret = models.CharField(max_length=200, help_text="What the carrier signs its payloads with")
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


class ShipmentQuerySet(models.QuerySet):
    def for_merchant(self, merchant):
        return self.filter(order__merchant=merchant)

    def outbound(self):
        return self.filter(direction=Shipment.Direction.OUTBOUND)

    def under_way(self):
        return self.exclude(status__in=FINAL)

    def with_timeline(self):
        return self.prefetch_related(models.Prefetch("parcels__events", TrackingEvent.objects.latest_first()))


class Shipment(Row):
    """Goods that leave together for one order with one carrier. Its status is computed from its parcels' events."""

    class Direction(models.TextChoices):
        OUTBOUND = "outbound", _("To the customer")
        RETURN = "return", _("Back to the merchant")

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="shipments")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="shipments")
    direction = models.CharField(max_length=10, choices=Direction, default=Direction.OUTBOUND)
    carrier = models.CharField(max_length=30)
    service = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    # Written by the fold of the events alone.
    status = models.CharField(max_length=20, choices=TrackingStatus, default=TrackingStatus.PENDING)
    reason = models.CharField(max_length=60, blank=True)
    version = models.PositiveIntegerField(default=0, help_text="Grows with every change of the timeline")
    last_event_at = models.DateTimeField(null=True, blank=True)
    last_place = models.CharField(max_length=200, blank=True)
    out_for_delivery_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    signed_by = models.CharField(max_length=120, blank=True)
    carrier_eta = models.DateField(null=True, blank=True)
    eta_from = models.DateTimeField(null=True, blank=True)
    eta_to = models.DateTimeField(null=True, blank=True)

    objects = ShipmentQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["merchant", "status", "-id"], name="shipment_by_status"),
            models.Index(fields=["order"], name="shipment_by_order"),
        ]

    def __str__(self) -> str:
        return f"{self.carrier} {self.get_direction_display()}"


class Parcel(Row):
    """One box with one tracking number."""

    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="parcels")
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+")
    carrier = models.CharField(max_length=30)
    tracking_number = models.CharField(max_length=64)
    sscc = models.CharField("SSCC", max_length=18, blank=True)
    weight_g = models.PositiveIntegerField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True, help_text="From here on the number may be used anew")

    status = models.CharField(max_length=20, choices=TrackingStatus, default=TrackingStatus.PENDING)
    reason = models.CharField(max_length=60, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "carrier", "tracking_number"],
                condition=Q(retired_at__isnull=True),
                name="one_parcel_a_number",
            ),
            models.CheckConstraint(condition=~Q(tracking_number=""), name="parcel_has_number"),
        ]
        indexes = [models.Index(fields=["tracking_number"], name="parcel_by_number")]

    def __str__(self) -> str:
        return self.tracking_number


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

    parcel = models.ForeignKey(Parcel, on_delete=models.PROTECT, related_name="events")
    payload = models.ForeignKey(CarrierPayload, null=True, on_delete=models.PROTECT, related_name="events")
    source = models.CharField(max_length=10, choices=Source, default=Source.CARRIER)
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


class Handover(Row):
    """The code that a customer gives to the courier: derived from this row's id, stored nowhere."""

    shipment = models.OneToOneField(Shipment, on_delete=models.PROTECT, related_name="handover")
    issued_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"code of {self.shipment}"


class ProofOfDelivery(Row):
    """What the courier showed for the delivery of a shipment."""

    class Kind(models.TextChoices):
        CODE = "code", _("Code given by the receiver")
        SIGNATURE = "signature", _("Signature")
        NAME = "name", _("Name only")

    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="proofs")
    kind = models.CharField(max_length=10, choices=Kind)
    received_by = models.CharField(max_length=120, blank=True)
    signature_svg = models.TextField(blank=True, help_text="The strokes as an SVG path")
    digest = models.CharField(max_length=64, help_text="SHA-256 over kind, name, strokes, shipment and time")
    proved_at = models.DateTimeField()
    courier = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name_plural = "proofs of delivery"

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.received_by}"
