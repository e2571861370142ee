"""Orders that are held back from who proved a number, since the number was silent for long."""

from collections.abc import Collection

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

import customers.services
from logistics_portal.kernel import tokens
from logistics_portal.kernel.errors import Invalid
from logistics_portal.kernel.limits import Limit, spend
from orders.models import Order

from .phones import belongs_to

ANSWERS = (Limit("older-day", 5, 24 * 3600), Limit("older-month", 10, 30 * 24 * 3600))


class NotTheirs(Invalid):
    """What was named is not of the orders that are held back."""

    code = "not_theirs"


def orders_of_numbers(numbers: Collection[str]) -> tuple[QuerySet[Order], list[customers.services.HeldBack]]:
    """The orders that who proved ``numbers`` may see, at all merchants, and what is held back from them."""
    held = [one for one in customers.services.held_back(numbers) if _older(one).exists()]
    hidden = Q()
    for one in held:
        hidden |= _held_by(one)
    shown = Order.objects.filter(belongs_to(list(numbers)))
    return shown.exclude(hidden) if held else shown, held


def show_older_orders(*, numbers: Collection[str], answer: str) -> None:
    """Show what was held back at each merchant where ``answer`` is the number or the email address of such an order.

    Call it outside of a transaction: a wrong answer must stay counted.

    Raises:
        NotTheirs: it is of none of them.
        TooOften: too many answers were tried for one of the numbers.
    """
    for number in numbers:
        for limit in ANSWERS:
            who = tokens.keyed_digest("number", number)
            spend(limit, who, message=_("Too many answers. Try again tomorrow, or ask the merchant."))
    said = answer.strip()
    named = Q(number__iexact=said) | Q(email__iexact=said)
    right = [
        one
        for one in customers.services.held_back(numbers)
        if said and not one.needs_code and _older(one).filter(named).exists()
    ]
    for one in right:
        customers.services.release(one)
    if not right:
        reason = _("None of the older orders has this number or this email address.")
        raise NotTheirs(reason, fields={"answer": [reason]})


def _held_by(one: customers.services.HeldBack) -> Q:
    return Q(merchant=one.merchant_id, phone=one.number, placed_at__lt=one.before)


def _older(one: customers.services.HeldBack) -> QuerySet[Order]:
    return Order.objects.filter(_held_by(one))
