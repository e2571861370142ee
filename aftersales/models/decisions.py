"""Who or what decided, and on which facts."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from logistics_portal.kernel.models import Row

from .disputes import Dispute
from .returns import Return


class Decision(Row):
    """What a rule or a person decided, with the rule's version and the facts it saw, so that it can be replayed."""

    return_case = models.ForeignKey(Return, null=True, on_delete=models.CASCADE, related_name="decisions")
    dispute = models.ForeignKey(Dispute, null=True, on_delete=models.CASCADE, related_name="decisions")
    rule = models.CharField(max_length=60, blank=True, help_text="The rule's code; empty when a person decided")
    rule_version = models.PositiveSmallIntegerField(default=0)
    verdict = models.CharField(max_length=20)
    why = models.TextField(blank=True)
    facts = models.JSONField(default=dict)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.verdict} by {self.rule or self.decided_by}"
