"""Shipments and their parcels."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from logistics_portal.kernel.models import Row
from merchants.models import Merchant
from orders.models import Order, OrderLine

from .statuses import FINAL, WENT_ASTRAY, TrackingStatus
from .timeline import TrackingEvent


class ShipmentQuerySet(models.QuerySet):
    def for_merchant(self, merchant):
        return self.filter(order__merchant=merchant)

    def outbound(self):
        return self.filter(direction=Shipment.Direction.OUTBOUND)

    def under_way(self):
        return self.exclude(status__in=FINAL)

    def with_timeline(self):
        return self.prefetch_related(
            models.Prefetch("parcels__events", TrackingEvent.objects.latest_first()), "parcels__contents__order_line"
        )


class Shipment(Row):
    """Goods that leave together for one order with one carrier. Its status is computed from its parcels' events."""

    class Direction(models.TextChoices):
        OUTBOUND = "outbound", _("To the customer")
        RETURN = "return", _("Back to the merchant")

    # Both are the first of an index below: one of their own would be written for nothing.
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="shipments", db_index=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="shipments", db_index=False)
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
    stated_carrier = models.CharField(
        max_length=30, blank=True, help_text="What the merchant said, where evidence says otherwise"
    )
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


class ParcelLineQuerySet(models.QuerySet):
    def of_order(self, order):
        return self.filter(order_line__order=order)

    def standing(self):
        """What may still be in somebody's hands as planned: what went back or was lost is sent anew."""
        return self.exclude(parcel__status__in=WENT_ASTRAY)


class ParcelLine(Row):
    """So many pieces of an order line lie in a parcel, as who packed it said. Of a parcel without any, nobody did."""

    # The first of the constraint's index below.
    parcel = models.ForeignKey(Parcel, on_delete=models.CASCADE, related_name="contents", db_index=False)
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="parcel_lines")
    quantity = models.PositiveIntegerField()

    objects = ParcelLineQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["parcel", "order_line"], name="one_count_a_parcel_and_line"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="parcel_line_has_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_line_id}"
