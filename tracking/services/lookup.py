"""Finding an order by what a customer has in hand."""

import unicodedata

from django.db.models import Q
from django.utils.translation import gettext as _

from logistics_portal.kernel import tokens
from logistics_portal.kernel.errors import NotFound
from logistics_portal.kernel.limits import Limit, forget, network_of, spend
from orders.models import Order

from ..models import Parcel
from ..numbers.recognize import normalize

# Four digits are 10,000 guesses: twenty wrong ones a day for a number, or from an address, leave no hope.
TRIES_A_NUMBER = Limit("lookup-number", 20, 24 * 3600)
TRIES_A_CALLER = Limit("lookup-caller", 30, 3600)


def find_order(*, number: str, last_four: str, caller: str) -> Order:
    """The order of a tracking number or order number, for who knows the last four digits of its phone.

    Raises:
        NotFound: no such number, or other digits; which of the two is not told.
        TooOften: this number or this caller was tried too often.
    """
    typed = unicodedata.normalize("NFKC", number).strip()
    tracked = normalize(typed)  # "" for what can be an order number alone
    of_number, of_caller = (
        tokens.keyed_digest("lookup", tracked or typed),
        tokens.keyed_digest("caller", network_of(caller)),
    )
    message = _("Too many tries. Wait a while, or open the link in your message.")
    spend(TRIES_A_CALLER, of_caller, message=message)
    spend(TRIES_A_NUMBER, of_number, message=message)
    by_parcel = Parcel.objects.filter(tracking_number=tracked).values("shipment__order")
    orders = Order.objects.filter(Q(number=typed) | Q(pk__in=by_parcel)).with_last_four(last_four)
    found = orders.order_by("-id").first()
    if found is None:
        raise NotFound(
            _("We found nothing with this number and these digits. Check both; the digits are the last four.")
        )
    forget(TRIES_A_NUMBER, of_number)  # honest look-ups lock nobody out
    return found
