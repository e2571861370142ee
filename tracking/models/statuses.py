"""The words of tracking."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..carriers.base import Status


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
# What was in such a parcel may be sent once more.
WENT_ASTRAY = (
    TrackingStatus.EXCEPTION,
    TrackingStatus.RETURNING,
    TrackingStatus.RETURNED,
    TrackingStatus.EXPIRED,
)
