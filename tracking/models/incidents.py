"""What went wrong with shipments, and who looks after it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from logistics_portal.kernel.models import Row, Work
from merchants.models import Merchant

from .shipments import Shipment


class Watch(Work):
    """When the rules must look at a shipment again; due after each change of its timeline and when time alone tells."""

    shipment = models.OneToOneField(Shipment, on_delete=models.CASCADE, related_name="watch")
    word_by = models.DateTimeField(
        null=True, blank=True, help_text="By when the customer hears of the parcel again if nothing changes"
    )

    def __str__(self) -> str:
        return f"watch over {self.shipment_id}"


class IncidentQuerySet(models.QuerySet):
    def for_merchant(self, merchant):
        return self.filter(merchant=merchant)

    def open(self):
        return self.filter(closed_at__isnull=True)

    def overdue(self):
        return self.open().filter(due_at__lt=timezone.now())


class Incident(Row):
    """One thing that went wrong with a shipment, found by a rule from the facts it names."""

    class Blame(models.TextChoices):
        CARRIER = "carrier", _("Carrier")
        CONSIGNEE = "consignee", _("Consignee")
        MERCHANT = "merchant", _("Merchant")
        CUSTOMS = "customs", _("Customs")
        WEATHER = "weather", _("Weather")
        NOBODY = "nobody", _("Nobody")

    class Ending(models.TextChoices):
        HEALED = "healed", _("The facts healed")
        STAFF = "staff", _("Closed by staff")

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="incidents")
    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="incidents")
    rule = models.CharField(max_length=40, help_text="The rule's code")
    rule_version = models.PositiveSmallIntegerField(default=1)
    occasion = models.CharField(max_length=80, help_text="The fact that it is about; one incident an occasion")
    blame = models.CharField(max_length=10, choices=Blame)
    evidence = models.JSONField(default=dict, help_text="The facts that the rule saw")
    opened_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(help_text="By when somebody must have acted")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    escalated_at = models.DateTimeField(null=True, blank=True, help_text="When it was overdue and told to all")
    closed_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=10, choices=Ending, blank=True)
    closing_note = models.TextField(blank=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shipment", "rule", "occasion"], name="one_incident_an_occasion")
        ]
        indexes = [
            models.Index(fields=["merchant", "due_at"], name="incident_to_do", condition=Q(closed_at__isnull=True)),
            models.Index(fields=["shipment"], name="incident_by_shipment"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} ({self.shipment_id})"


class CarrierContact(Row):
    """A call or letter to the carrier about an incident. Only ever added."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="contacts")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    channel = models.CharField(max_length=20, help_text="phone, email, portal …")
    reference = models.CharField(max_length=80, blank=True, help_text="The carrier's case number")
    note = models.TextField()
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.channel} {self.reference}"


class LaneGap(models.Model):
    """How long a lane usually stays silent after a status: learned from its own scans each night."""

    carrier = models.CharField(max_length=30)
    origin = models.CharField(max_length=2, help_text="Country of the merchant")
    destination = models.CharField(max_length=2, help_text="Country of the consignee")
    status = models.CharField(max_length=20)
    samples = models.PositiveIntegerField()
    median_h = models.FloatField()
    p95_h = models.FloatField()
    computed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["carrier", "origin", "destination", "status"], name="one_gap_a_lane")
        ]

    def __str__(self) -> str:
        return f"{self.carrier} {self.origin}–{self.destination} {self.status}"
