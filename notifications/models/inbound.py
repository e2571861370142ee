"""What people write back, and the sender that a merchant writes from."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from logistics_portal.kernel.models import Row
from merchants.models import Merchant
from orders.models import Order

from .messages import Message

# A number in E.164, a messaging service of Twilio's, or a name of up to eleven signs with a letter among them.
SENDER = r"^(\+[1-9]\d{6,14}|MG[0-9a-fA-F]{32}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$"


class SmsSender(Row):
    """What a merchant's SMS come from; a merchant without one sends as the portal does.

    What is written to a merchant's own number or messaging service is for this merchant. A name can't be answered.
    """

    merchant = models.OneToOneField(Merchant, on_delete=models.CASCADE, related_name="sms_sender")
    sends_as = models.CharField(
        max_length=34,
        unique=True,
        validators=[RegexValidator(SENDER)],
        help_text="A number with country code, a Twilio messaging service (MG…), or a name of up to 11 signs",
    )

    class Meta:
        verbose_name = "SMS sender"

    def __str__(self) -> str:
        return self.sends_as


class InboundMessageQuerySet(models.QuerySet):
    def for_merchant(self, merchant):
        return self.filter(merchant=merchant)

    def over(self, channel: str, *, by: str = ""):
        """What came in over a channel, newest first; ``by`` one number, or by any."""
        came = self.filter(channel=channel).order_by("-pk")
        return came.filter(number=by) if by else came

    def waiting(self):
        """What a person has to look at."""
        return self.filter(needs_staff=True, settled_at__isnull=True)


class InboundMessage(Row):
    """A text that somebody sent to a number of ours, and what was made of it."""

    class Meaning(models.TextChoices):
        STOP = "stop", _("Wants no more messages")
        START = "start", _("Wants messages again")
        HELP = "help", _("Asks for help")
        WHERE = "where", _("Asks where the parcel is")
        LATER = "later", _("Wants another day")
        PERSON = "person", _("Wants a person")
        OTHER = "other", _("Own words")

    merchant = models.ForeignKey(Merchant, null=True, on_delete=models.PROTECT, related_name="inbound_messages")
    order = models.ForeignKey(
        Order, null=True, on_delete=models.PROTECT, related_name="inbound_messages", help_text="What it is about"
    )
    channel = models.CharField(max_length=20, default="sms")
    number = models.CharField(max_length=20, help_text="Who wrote, in E.164")
    written_to = models.CharField(max_length=34, blank=True, help_text="Our number or messaging service")
    text = models.TextField(blank=True)
    meaning = models.CharField(max_length=10, choices=Meaning)
    language = models.CharField(max_length=10, default="en")
    provider_id = models.CharField(max_length=80)
    received_at = models.DateTimeField(default=timezone.now)
    needs_staff = models.BooleanField(default=False)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    answer = models.TextField(blank=True, help_text="What staff answered")
    reply = models.ForeignKey(
        Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="The newest answer"
    )

    objects = InboundMessageQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "provider_id"], name="one_inbound_message")]
        indexes = [
            models.Index(fields=["number", "-id"], name="inbound_by_number"),
            models.Index(fields=["order", "id"], name="inbound_by_order"),
            models.Index(
                fields=["merchant", "id"],
                name="inbound_waiting",
                condition=models.Q(needs_staff=True, settled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.meaning} from …{self.number[-4:]}"
