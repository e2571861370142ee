"""Which numbers an order belongs to."""

from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Exists, OuterRef, Q

import customers.services
from customers.models import NumberChange, PhoneNumber
from orders.models import OPEN_STATUSES, Order

HELD_NOW = PhoneNumber.objects.filter(customer=OuterRef("customer"), until__isnull=True)


def follow_number(*, change_id: UUID, customer_id: UUID, is_undone: bool) -> None:
    """Have a customer's open orders reach the new number, or the old one again; what is over stays as it was."""
    change = NumberChange.objects.get(pk=change_id)
    before, after = (change.new, change.old) if is_undone else (change.old, change.new)
    followers = Order.objects.filter(customer=customer_id, phone=before, status__in=OPEN_STATUSES)
    followers.update(phone=after, phone_extension="", phone_expires_at=None)


def belongs_to(numbers: list[str]) -> Q:
    """Orders of who holds ``numbers`` now; a number that was given up shows nothing to its next holder."""
    now_held = Exists(HELD_NOW.filter(number__in=numbers))
    return Q(now_held) | Q(~Exists(HELD_NOW), phone__in=numbers)


def numbers_of(order: Order) -> list[str]:
    """The numbers whose holder may see all of an order: those that its customer has now."""
    held = PhoneNumber.objects.filter(customer=order.customer_id, until__isnull=True).order_by("-since")
    return [str(number) for number in held.values_list("number", flat=True)] or [str(order.phone)]


def session_opens(session: SessionBase, order: Order) -> bool:
    """Whether this device proved a number that the order belongs to."""
    return bool(session.get(customers.services.SESSION_KEY)) and any(
        customers.services.session_proves(session, number) for number in numbers_of(order)
    )
