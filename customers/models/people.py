"""Who buys and who receives: people by phone number, and the numbers they proved to hold."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from logistics_portal.kernel.models import Row
from merchants.models import Merchant

SILENT_DAYS = 90  # carriers give numbers to somebody else 45 to 180 days after they fell silent


class Customer(Row):
    """A person in one merchant's books, known by phone number."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="customers")
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=10, default="en")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class PhoneNumber(Row):
    """A number of a customer, from when until when; a merchant has one current holder a number."""

    class Doubt(models.TextChoices):
        BOUNCED = "bounced", _("A message could not be delivered")
        CALL_FAILED = "call_failed", _("A call did not get through")
        SILENT = "silent", _("Nothing was heard of it for long")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="phone_numbers")
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    number = PhoneNumberField()
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    doubt = models.CharField(max_length=12, choices=Doubt, blank=True, help_text="Why it may not reach the customer")
    doubted_at = models.DateTimeField(null=True, blank=True)
    change = models.ForeignKey(
        "NumberChange", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="How it began"
    )
    heard_at = models.DateTimeField(default=timezone.now, help_text="The last order with it, or proof of it")
    held_back_before = models.DateTimeField(
        null=True, blank=True, help_text="Older orders are not shown: it was silent for long, and may be another's now"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "number"], condition=Q(until__isnull=True), name="one_holder_a_number"
            ),
            models.CheckConstraint(
                condition=Q(doubt="", doubted_at__isnull=True) | (~Q(doubt="") & Q(doubted_at__isnull=False)),
                name="doubt_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("since")), name="until_after_since"
            ),
        ]
        indexes = [models.Index(fields=["number"], name="phone_by_number")]

    def __str__(self) -> str:
        return str(self.number)


class PhonePolicy(models.Model):
    """How careful a merchant is with numbers; without a row, the defaults hold."""

    merchant = models.OneToOneField(Merchant, on_delete=models.CASCADE, related_name="phone_policy")
    silent_days = models.PositiveSmallIntegerField(
        default=SILENT_DAYS,
        validators=[MinValueValidator(1)],
        help_text="After so many days without an order or a proof, a number may be somebody else's",
    )

    class Meta:
        verbose_name_plural = "phone policies"

    def __str__(self) -> str:
        return f"{self.merchant}: {self.silent_days} days"


class Address(Row):
    """An address in a customer's book."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="addresses")
    name = models.CharField(max_length=120)
    line1 = models.CharField(max_length=200)
    line2 = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100)
    region = models.CharField(max_length=100, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2)
    last_used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "addresses"
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "name", "line1", "line2", "city", "postal_code", "country"], name="one_address_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.line1}, {self.city}"
