"""What was known when something was claimed or decided."""

from django.db import models
from django.utils import timezone

from logistics_portal.kernel.models import Row

from .disputes import Dispute


class Evidence(Row):
    """What was known when a dispute was opened or decided, as a copy with its digest. Only ever added."""

    class Kind(models.TextChoices):
        TIMELINE = "timeline"
        PROOF = "proof"
        STATEMENT = "statement"
        DECISION = "decision"

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=20, choices=Kind)
    content = models.JSONField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content as canonical JSON")
    collected_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "evidence"

    def __str__(self) -> str:
        return f"{self.kind} {self.digest[:12]}"
