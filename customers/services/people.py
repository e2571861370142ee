"""Who somebody is at a merchant, by phone number."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber as Number

from customers.models import Address, Customer, PhoneNumber
from merchants.models import Merchant


@transaction.atomic
def find_or_create_customer(
    *, merchant: Merchant, number: Number, name: str, email: str = "", language: str = "en"
) -> Customer:
    """The current holder of a number at a merchant, or a new customer; name and email follow the latest order."""
    held = _holder(merchant, number)
    if held is None:
        try:
            with transaction.atomic():
                customer = Customer.objects.create(merchant=merchant, name=name, email=email, language=language)
                PhoneNumber.objects.create(customer=customer, merchant=merchant, number=number)
                return customer
        except IntegrityError:  # somebody else's order with the same number came first
            held = _holder(merchant, number)
            assert held is not None
    customer = held.customer
    if (customer.name, customer.email or email) != (name, email or customer.email):
        customer.name, customer.email = name, email or customer.email
        customer.save(update_fields=["name", "email"])
    return customer


def _holder(merchant: Merchant, number: Number) -> PhoneNumber | None:
    current = PhoneNumber.objects.filter(merchant=merchant, number=number, until__isnull=True)
    return current.select_related("customer").first()


def remember_address(*, customer: Customer, region: str = "", **fields: Any) -> None:
    """Put an address into the customer's book, or mark the one that is there as used now.

    The region is no part of what tells addresses apart: shops write it or leave it out as they like.
    """
    seen = {"region": region, "last_used_at": timezone.now()}
    Address.objects.update_or_create(seen, customer=customer, **fields)
