"""The moment at the door."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from logistics_portal.kernel.models import Row

from .shipments import Shipment


class Handover(Row):
    """The code that a customer gives to the courier: derived from this row's id, stored nowhere."""

    shipment = models.OneToOneField(Shipment, on_delete=models.PROTECT, related_name="handover")
    issued_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"code of {self.shipment}"


class ProofOfDelivery(Row):
    """What the courier showed for the delivery of a shipment."""

    class Kind(models.TextChoices):
        CODE = "code", _("Code given by the receiver")
        SIGNATURE = "signature", _("Signature")
        NAME = "name", _("Name only")

    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="proofs")
    kind = models.CharField(max_length=10, choices=Kind)
    received_by = models.CharField(max_length=120, blank=True)
    signature_svg = models.TextField(blank=True, help_text="The strokes as an SVG path")
    digest = models.CharField(max_length=64, help_text="SHA-256 over kind, name, strokes, shipment and time")
    proved_at = models.DateTimeField()
    courier = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name_plural = "proofs of delivery"

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.received_by}"
