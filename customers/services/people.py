"""Who somebody is at a merchant, by phone number."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber as Number

from customers.models import Address, Customer, PhoneNumber
from merchants.models import Merchant

from .silence import hear_of


@transaction.atomic
def find_or_create_customer(
    *,
    merchant: Merchant,
    number: Number,
    name: str,
    email: str = "",
    language: str = "en",
    at: datetime | None = None,
) -> Customer:
    """The current holder of a number at a merchant, or a new customer; name and email follow the latest order.

    ``at`` is when they gave the number, now if left out.
    """
    at = at or timezone.now()
    held = _holder(merchant, number)
    if held is None:
        try:
            with transaction.atomic():
                customer = Customer.objects.create(merchant=merchant, name=name, email=email, language=language)
                PhoneNumber.objects.create(customer=customer, merchant=merchant, number=number, heard_at=at)
                return customer
        except IntegrityError:  # somebody else's order with the same number came first
            held = _holder(merchant, number)
            assert held is not None
    customer = held.customer
    is_same = name.casefold() == customer.name.casefold() or (bool(email) and email == customer.email)
    hear_of(number=number, at=at, merchant_id=merchant.pk, is_same=is_same)
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
