"""Links that open an order."""

from django.db.models import F
from django.utils.translation import gettext as _

from logistics_portal.kernel import tokens
from logistics_portal.kernel.errors import NotFound
from logistics_portal.kernel.statements import Statement
from orders.models import LINK, Order

_ORDER = Statement(
    lambda key: Order.objects.select_related("merchant__brand", "merchant__policy", "customer").filter(pk=key)
)


def open_link(token: str) -> Order:
    """The order that a tracking link names.

    Raises:
        NotFound: no such link, or it was revoked.
    """
    order_id = tokens.read_token(token)
    order = next(iter(_ORDER.rows(order_id)), None) if order_id else None
    if not order or not tokens.token_holds(LINK, token, order.pk, version=order.link_version):
        raise NotFound(_("This link is not good (any more). Look in your latest message for the right one."))
    return order


def revoke_links(*, order: Order) -> None:
    """Make every tracking link of an order that was sent so far useless."""
    Order.objects.filter(pk=order.pk).update(link_version=F("link_version") + 1)
