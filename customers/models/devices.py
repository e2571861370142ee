"""Devices on which a number was proved."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from phonenumber_field.modelfields import PhoneNumberField

from logistics_portal.kernel.models import Row


class Device(Row):
    """A browser that may act for a number, since the number was proved on it; the browser's session names the row."""

    number = PhoneNumberField()
    label = models.CharField(max_length=80, blank=True, help_text="Browser and system, as the browser tells them")
    proved_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["number"], condition=Q(ended_at__isnull=True), name="device_by_number")]

    def __str__(self) -> str:
        return f"{self.number} {self.label}".strip()
