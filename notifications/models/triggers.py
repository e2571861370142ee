"""When facts become messages, as a merchant wants it; what has no row here goes by the shipped defaults."""

from datetime import time
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from logistics_portal.kernel.models import Row
from merchants.models import Merchant

LONGEST_DELAY_MINUTES = 14 * 24 * 60
LONGEST_DIGEST_MINUTES = 24 * 60
QUIET_FROM, QUIET_UNTIL = time(21), time(8)


class Trigger(Row):
    """How a merchant wants one kind of message told, where that differs from the shipped way."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="triggers", db_index=False)
    kind = models.CharField(max_length=40)
    is_on = models.BooleanField(_("told"), default=True)
    channels = ArrayField(
        models.CharField(max_length=20),
        default=list,
        blank=True,
        verbose_name=_("channels"),
        help_text=_("The first that reaches the person is used"),
    )
    beside = ArrayField(
        models.CharField(max_length=20),
        default=list,
        blank=True,
        verbose_name=_("in any case over"),
        help_text=_("Used besides, whatever the others do"),
    )
    delay_minutes = models.PositiveIntegerField(
        _("wait (minutes)"),
        default=0,
        validators=[MaxValueValidator(LONGEST_DELAY_MINUTES)],
        help_text=_("Told only if it is still so after this time"),
    )
    digest_minutes = models.PositiveIntegerField(
        _("gather (minutes)"),
        default=0,
        validators=[MaxValueValidator(LONGEST_DIGEST_MINUTES)],
        help_text=_("News of several parcels of one order within this time become one message"),
    )
    at_any_hour = models.BooleanField(_("at night, too"), default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merchant", "kind"], name="one_trigger_a_kind")]

    def __str__(self) -> str:
        return f"{self.merchant}: {self.kind}"


class MessagePolicy(models.Model):
    """A merchant's quiet hours and what its messages may cost; without a row, the defaults hold."""

    merchant = models.OneToOneField(Merchant, on_delete=models.CASCADE, related_name="message_policy")
    quiet_from = models.TimeField(
        _("quiet from"), default=QUIET_FROM, help_text=_("On the receiver's clock; the same time twice: never quiet")
    )
    quiet_until = models.TimeField(_("quiet until"), default=QUIET_UNTIL)
    monthly_budget = models.DecimalField(
        _("budget a month"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("Empty: no limit"),
    )
    price_per_part = models.DecimalField(
        _("price of one SMS part"),
        max_digits=8,
        decimal_places=4,
        default=Decimal("0.0800"),
        validators=[MinValueValidator(Decimal(0))],
    )
    currency = models.CharField(_("currency"), max_length=3, default="EUR", validators=[RegexValidator(r"^[A-Z]{3}$")])

    class Meta:
        verbose_name_plural = "message policies"

    def __str__(self) -> str:
        return f"{self.merchant}: {self.monthly_budget}"


class MessageUsage(Row):
    """How many messages of a kind a merchant sent in a month over a channel, and in how many paid parts."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    month = models.DateField(help_text="Its first day (UTC)")
    channel = models.CharField(max_length=20)
    kind = models.CharField(max_length=40)
    messages = models.PositiveIntegerField(default=0)
    parts = models.PositiveIntegerField(default=0, help_text="What the provider bills: an SMS may have several")

    class Meta:
        verbose_name_plural = "message usage"
        constraints = [
            models.UniqueConstraint(fields=["merchant", "month", "channel", "kind"], name="one_usage_a_month")
        ]

    def __str__(self) -> str:
        return f"{self.merchant} {self.month:%Y-%m}: {self.parts}"
