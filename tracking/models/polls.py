"""Asking carriers that don't tell by themselves."""

from django.db import models

from logistics_portal.kernel.models import Work

from .shipments import Parcel


class Poll(Work):
    """When a parcel's carrier is asked next."""

    parcel = models.OneToOneField(Parcel, on_delete=models.CASCADE, related_name="poll")
    asked_at = models.DateTimeField(null=True, blank=True)
    empty_answers = models.PositiveSmallIntegerField(default=0, help_text="Answers in a row that told nothing new")
    stopped_for = models.CharField(max_length=40, blank=True, help_text="Why nobody asks any more")

    def __str__(self) -> str:
        return f"poll of {self.parcel_id}"
