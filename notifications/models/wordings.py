"""Words that a merchant wrote itself."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from logistics_portal.kernel.models import Row
from merchants.models import Merchant


class Wording(Row):
    """A merchant's own words of one kind of message, in one channel and language; without a row the shipped ones go."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="wordings", db_index=False)
    kind = models.CharField(max_length=40)
    channel = models.CharField(max_length=20)
    language = models.CharField(max_length=10)
    subject = models.CharField(max_length=1000, blank=True)
    text = models.TextField()
    edited_at = models.DateTimeField(default=timezone.now)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "kind", "channel", "language"], name="one_wording_a_message_and_language"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}, {self.channel}, {self.language}"
