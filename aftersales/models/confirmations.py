"""What customers say of a parcel that its carrier calls delivered."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from logistics_portal.kernel.models import Row
from tracking.models import Shipment


class Confirmation(Row):
    """One tap of the customer after "delivered". Only ever added; the newest one counts, and silence is no row."""

    class Answer(models.TextChoices):
        HAS_IT = "has_it", _("I have it")
        NOT_ME = "not_me", _("Somebody else took it")
        NOT_HERE = "not_here", _("It is not here")

    class Proof(models.TextChoices):
        PHONE = "phone", _("Phone proved on the device")
        LINK = "link", _("By the link in a message, phone not proved")
        RECEIVER = "receiver", _("By the receiver, phone proved")

    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="confirmations")
    answer = models.CharField(max_length=10, choices=Answer)
    proof = models.CharField(max_length=10, choices=Proof)
    said_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.answer} {self.said_at:%Y-%m-%d %H:%M}"
