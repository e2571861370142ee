"""What was known when something was claimed, decided, or looked at again."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from logistics_portal.kernel.models import Row

from .disputes import Dispute


class Evidence(Row):
    """What was known of a dispute at a moment, as a copy with its digest. Only ever added."""

    class Kind(models.TextChoices):
        STATEMENT = "statement", _("What the customer says")
        ORDER = "order", _("The order and its address")
        TIMELINE = "timeline", _("What the carriers told, and when")
        PROOF = "proof", _("Proofs of the handover")
        PLACE = "place", _("Where it was scanned last, and where it should go")
        WEIGHT = "weight", _("Weights that carriers told")
        CONFIRMATION = "confirmation", _("What the customer said after the delivery")
        MESSAGES = "messages", _("Messages and when they were delivered")
        OPENINGS = "openings", _("Who opened the order's page")
        POLICY = "policy", _("The policy at that time")
        EARLIER = "earlier", _("Earlier orders and cases")
        PHOTOS = "photos", _("Photos of the customer")
        STEPS = "steps", _("What both sides said in this dispute")
        CONVERSATION = "conversation", _("Conversation with support")
        DECISION = "decision", _("The decision")

    class Occasion(models.TextChoices):
        OPENED = "opened", pgettext_lazy("evidence", "When it was opened")
        REOPENED = "reopened", pgettext_lazy("evidence", "When it was opened again")
        REFRESHED = "refreshed", pgettext_lazy("evidence", "When staff asked for it")
        DECIDED = "decided", pgettext_lazy("evidence", "When it was decided")

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=20, choices=Kind)
    occasion = models.CharField(max_length=10, choices=Occasion, default=Occasion.OPENED)
    content = models.JSONField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content as canonical JSON")
    collected_at = models.DateTimeField(default=timezone.now)
    collected_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "evidence"

    def __str__(self) -> str:
        return f"{self.kind} {self.digest[:12]}"
