"""Who or what decided, and on which facts."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from logistics_portal.kernel.models import Row
from orders.models import MONEY, Order

from .disputes import Dispute
from .returns import Return


class Decision(Row):
    """What a rule or a person decided, with the rule's version and the facts it saw, so that it can be replayed."""

    class Case(models.TextChoices):
        """Which kind of facts it holds: the name of a case in ``aftersales.rules.cases``."""

        RETURN = "return", _("Return")
        CLAIM = "claim", _("Claim")
        DELAY = "delay", _("Delay")
        ORDER = "order", _("Order")

    order = models.ForeignKey(Order, null=True, on_delete=models.CASCADE, related_name="decisions")
    return_case = models.ForeignKey(Return, null=True, on_delete=models.CASCADE, related_name="decisions")
    dispute = models.ForeignKey(Dispute, null=True, on_delete=models.CASCADE, related_name="decisions")
    case = models.CharField(max_length=10, choices=Case, default=Case.RETURN)
    rule = models.CharField(max_length=60, blank=True, help_text="The rule's code; empty when a person decided")
    rule_version = models.PositiveSmallIntegerField(default=0)
    verdict = models.CharField(max_length=20)
    code = models.CharField(max_length=40, blank=True, help_text="Which of the rule's sentences says why")
    parameters = models.JSONField(default=dict, blank=True, help_text="What stands in that sentence")
    why = models.TextField(blank=True, help_text="In English, or in the words of who decided")
    amount = models.DecimalField(**MONEY, null=True, help_text="To pay back, where that was decided")
    facts = models.JSONField(default=dict, help_text="What was seen, with the digests of evidence")
    overrules = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="overruled_by")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rule="", rule_version=0) | (~Q(rule="") & Q(rule_version__gt=0)),
                name="decision_of_a_rule_has_its_version",
            ),
        ]
        indexes = [models.Index(fields=["case", "decided_at"], name="decision_by_time")]

    def __str__(self) -> str:
        return f"{self.verdict} by {self.rule or self.decided_by}"
