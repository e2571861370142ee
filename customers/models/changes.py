"""Changes of a phone number."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from phonenumber_field.modelfields import PhoneNumberField

from logistics_portal.kernel.models import Row
from merchants.models import Merchant


class NumberChange(Row):
    """From one number to another: asked for, proved at both ends or vouched for by staff, done, and maybe undone."""

    merchant = models.ForeignKey(
        Merchant, null=True, on_delete=models.CASCADE, related_name="+", help_text="Empty: at every merchant"
    )
    old = PhoneNumberField()
    new = PhoneNumberField()
    asked_at = models.DateTimeField(default=timezone.now)
    old_proved_at = models.DateTimeField(null=True, blank=True)
    new_proved_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=300, blank=True, help_text="Why staff changed it without proof")
    done_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(old=models.F("new")), name="number_changes_to_another"),
            models.CheckConstraint(
                condition=models.Q(by__isnull=True) | ~models.Q(reason=""), name="staff_change_has_reason"
            ),
        ]
        indexes = [models.Index(fields=["old", "-done_at"], name="number_change_by_old")]

    def __str__(self) -> str:
        return f"{self.old} → {self.new}"
