"""Where an order goes, as long as that can still be changed."""

from django.db import transaction
from django.utils.translation import gettext as _

import customers.services
from logistics_portal.kernel.errors import DomainError
from logistics_portal.kernel.events import publish
from orders.events import ADDRESS_CHANGED
from orders.models import Order

ADDRESS_FIELDS = ("line1", "line2", "city", "region", "postal_code")
BEFORE_PACKED = (Order.Status.PLACED, Order.Status.PICKING)


class UnableToChangeAddress(DomainError):
    """The parcel is packed, or the address is none."""

    code = "unable_to_change_address"


def address_refusal(order: Order) -> str:
    """Why an order's address can't be changed any more; "" when it can."""
    return "" if order.status in BEFORE_PACKED else _("The parcel is packed: its address can't be changed any more.")


@transaction.atomic
def change_address(*, order: Order, by: str, **address: str) -> None:
    """Send an order elsewhere in the same country; customs and prices of another one were never agreed.

    Args:
        by: one of `orders.models.By`.
        address: all of ``line1``, ``line2``, ``city``, ``region`` and ``postal_code``.

    Raises:
        UnableToChangeAddress: it is packed already, or street or city is empty.
    """
    order.refresh_from_db(from_queryset=Order.objects.select_for_update())
    if refusal := address_refusal(order):
        raise UnableToChangeAddress(refusal)
    given = {name: " ".join(address[name].split()) for name in ADDRESS_FIELDS}
    empty = {name: [_("This is needed.")] for name in ("line1", "city") if not given[name]}
    if empty:
        raise UnableToChangeAddress(_("Street and city are needed."), fields=empty)
    if all(getattr(order, name) == value for name, value in given.items()):
        return
    for name, value in given.items():
        setattr(order, name, value)
    order.save(update_fields=ADDRESS_FIELDS)
    customers.services.remember_address(customer=order.customer, name=order.consignee, country=order.country, **given)
    publish(ADDRESS_CHANGED, merchant_id=order.merchant_id, subject_id=order.pk, by=str(by))
