"""Codes that were sent to prove numbers."""

from django.db import models
from django.utils import timezone
from phonenumber_field.modelfields import PhoneNumberField

from logistics_portal.kernel.models import Row
from merchants.models import Merchant


class PhoneVerification(Row):
    """One code sent to one number. The code is derived from the row's id and stored nowhere."""

    class Purpose(models.TextChoices):
        SIGN_IN = "sign_in"
        OPEN_ORDER = "open_order"
        CHECKOUT = "checkout"
        CHANGE_FROM = "change_from"  # proves the number that is given up
        CHANGE_TO = "change_to"
        UNDO_CHANGE = "undo_change"

    number = PhoneNumberField()
    purpose = models.CharField(max_length=20, choices=Purpose)
    merchant = models.ForeignKey(Merchant, null=True, on_delete=models.CASCADE, related_name="+")
    language = models.CharField(max_length=10, default="en")
    sent_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["number", "-sent_at"], name="verification_by_number")]

    def __str__(self) -> str:
        return f"{self.number} {self.purpose}"
