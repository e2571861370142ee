"""Merchants' endpoints for events, the calls that are due to them, and what came of each try."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from logistics_portal.kernel.models import Event, Row, Work, WorkQuerySet
from logistics_portal.kernel.sealed import SealedText
from merchants.models import Merchant


class WebhookEndpointQuerySet(models.QuerySet):
    def for_merchant(self, merchant):
        return self.filter(merchant=merchant)

    def told(self):
        """Those for whom calls are written: paused ones get theirs later, disabled ones none."""
        return self.exclude(status=WebhookEndpoint.Status.DISABLED).filter(merchant__is_active=True)


class WebhookEndpoint(Row):
    """Where a merchant wants to be told of events, and how it fares there."""

    class Status(models.TextChoices):
        ACTIVE = "active", pgettext_lazy("webhook", "Active")
        PAUSED = "paused", pgettext_lazy("webhook", "Paused")  # by the merchant: calls are held
        DISABLED = "disabled", pgettext_lazy("webhook", "Disabled")  # by us: no calls are written

    class Reason(models.TextChoices):
        GONE = "gone", _("It answered 410 Gone")
        FAILING = "failing", _("It failed for days")

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="webhook_endpoints", db_index=False)
    url = models.CharField(max_length=500)
    description = models.CharField(max_length=200, blank=True)
    event_types = ArrayField(models.CharField(max_length=60), default=list, blank=True, help_text="Empty: all")
    secret = SealedText()
    secret_made_at = models.DateTimeField(default=timezone.now)
    previous_secret = SealedText(blank=True, default="")
    previous_secret_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then calls have two signatures"
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    disabled_reason = models.CharField(max_length=10, choices=Reason, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    consecutive_failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    rests_until = models.DateTimeField(null=True, blank=True, help_text="Not called before, after failures in a row")
    last_success_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["merchant", "id"], name="webhook_by_merchant")]

    def __str__(self) -> str:
        return self.url

    def wants(self, event_type: str) -> bool:
        return not self.event_types or event_type in self.event_types

    def secrets_at(self, moment: datetime) -> tuple[str, ...]:
        """What a call is signed with: the secret, and the one before until its time ends."""
        is_rotating = self.previous_secret and self.previous_secret_until and moment < self.previous_secret_until
        return (self.secret, self.previous_secret) if is_rotating else (self.secret,)


WEBHOOK_TRANSITIONS: dict[str, frozenset[str]] = {
    WebhookEndpoint.Status.ACTIVE: frozenset({WebhookEndpoint.Status.PAUSED, WebhookEndpoint.Status.DISABLED}),
    WebhookEndpoint.Status.PAUSED: frozenset({WebhookEndpoint.Status.ACTIVE}),
    WebhookEndpoint.Status.DISABLED: frozenset({WebhookEndpoint.Status.ACTIVE}),
}


class WebhookCallQuerySet(WorkQuerySet):
    def for_merchant(self, merchant):
        return self.filter(endpoint__merchant=merchant)

    def with_attempts(self):
        return self.prefetch_related(models.Prefetch("tried", WebhookAttempt.objects.order_by("pk")))


class WebhookCall(Work):
    """One event for one endpoint; it is tried until it is delivered or its tries are used up."""

    class Outcome(models.TextChoices):
        PENDING = "pending", pgettext_lazy("webhook", "Pending")
        DELIVERED = "delivered", pgettext_lazy("webhook", "Delivered")
        FAILED = "failed", pgettext_lazy("webhook", "Failed")
        HELD = "held", pgettext_lazy("webhook", "Held back")  # until its endpoint is resumed

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="calls", db_index=False)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.PENDING)
    tries = models.PositiveSmallIntegerField(default=0, help_text="In this round; sending again begins a new one")
    created_at = models.DateTimeField(default=timezone.now)

    objects = WebhookCallQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Work.Meta):
        constraints = [models.UniqueConstraint(fields=["endpoint", "event"], name="one_call_an_event")]
        indexes = [
            *Work.Meta.indexes,
            models.Index(fields=["endpoint", "id"], name="webhook_call_by_endpoint"),
            models.Index(fields=["endpoint", "due_at"], name="webhook_call_open", condition=models.Q(done_at=None)),
            models.Index(fields=["created_at"], name="webhook_call_old"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class WebhookAttempt(Row):
    """One request to an endpoint, and its answer. Only ever added."""

    call = models.ForeignKey(WebhookCall, on_delete=models.CASCADE, related_name="tried", db_index=False)
    at = models.DateTimeField()
    headers = models.JSONField(help_text="Of the request")
    body_digest = models.CharField(max_length=64, help_text="SHA-256 of the request's body, in hexadecimal")
    status = models.PositiveSmallIntegerField(default=0, help_text="Of the answer; 0: there was none")
    answer = models.TextField(blank=True, help_text="The first 2 KB")
    error = models.CharField(max_length=300, blank=True)
    duration_ms = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["call", "id"], name="webhook_attempt_by_call")]

    def __str__(self) -> str:
        return f"{self.status or self.error}"
