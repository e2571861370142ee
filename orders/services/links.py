"""Links that open an order."""

from django.db.models import F
from django.utils.translation import gettext as _

from logistics_portal.kernel import tokens
from logistics_portal.kernel.errors import NotFound
from orders.models import LINK, Order


def open_link(token: str) -> Order:
    """The order that a tracking link names.

    Raises:
        NotFound: no such link, or it was revoked.
    """
    order_id = tokens.read_token(token)
    order = (
        order_id
        and Order.objects.select_related("merchant__brand", "merchant__policy", "customer").filter(pk=order_id).first()
    )
    if not order or not tokens.token_holds(LINK, token, order.pk, version=order.link_version):
        raise NotFound(_("This link is not good (any more). Look in your latest message for the right one."))
    return order


def revoke_links(*, order: Order) -> None:
    """Make every tracking link of an order that was sent so far useless."""
    Order.objects.filter(pk=order.pk).update(link_version=F("link_version") + 1)
