"""Who buys and who receives: people by phone number, and the numbers they proved to hold."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from phonenumber_field.modelfields import PhoneNumberField

from logistics_portal.kernel.models import Row
from merchants.models import Merchant


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

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="phone_numbers")
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    number = PhoneNumberField()
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "number"], condition=Q(until__isnull=True), name="one_holder_a_number"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("since")), name="until_after_since"
            ),
        ]
        indexes = [models.Index(fields=["number"], name="phone_by_number")]

    def __str__(self) -> str:
        return str(self.number)


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
