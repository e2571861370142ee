"""The search box of staff: one for every key that somebody may have of an order, on every page of the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from logistics_portal.finder import FOUND_AT_MOST, Found, find_orders
from logistics_portal.kernel.parts import may_see
from merchants.models import Merchant
from orders.models import Order

KEYS = {
    "order_number": _("Order number"),
    "tracking_number": _("Tracking number"),
    "return_number": _("Return number"),
    "phone": _("Phone"),
    "earlier_phone": _("A phone number of this customer"),
    "receiver_phone": _("Phone of another receiver"),
    "last_four": _("Last four digits of the phone"),
    "email": _("Email"),
    "name": _("Name"),
}


def results(request: HttpRequest) -> HttpResponse:
    """What the box of every page shows while one types; never kept, so that a new order is found at once."""
    rows = [_as_row(found) for found in _found(request, request.GET.get("s", ""))]
    return TemplateResponse(request, "admin/found.html", {"rows": rows, "at_most": FOUND_AT_MOST})


def page(request: HttpRequest) -> HttpResponse:
    """All that was found; a single order opens itself."""
    term = request.GET.get("q", "").strip()
    found = _found(request, term)
    if len(found) == 1:
        return redirect(_link(found[0]))
    context = admin.site.each_context(request) | {
        "title": _("Find an order"),
        "term": term,
        "rows": [_as_row(one) for one in found],
        "at_most": FOUND_AT_MOST,
    }
    return render(request, "admin/find.html", context)


def _found(request: HttpRequest, term: str) -> list[Found]:
    if not term.strip() or not may_see(request, Order):
        return []
    merchants: Any = Merchant.objects
    seen = list(merchants.for_staff(request.user).values_list("pk", "country"))
    regions = list(dict.fromkeys(country for _, country in seen))[:20]
    return find_orders(term, merchants=[key for key, _ in seen], regions=regions)


def _as_row(found: Found) -> dict[str, Any]:
    return {
        "found": found,
        "link": _link(found),
        "status": Order.Status(found.status).label,
        "key": KEYS[found.key],
        # What is shown of the order anyway needs no second telling.
        "matched": "" if found.matched in (found.number, found.consignee) else found.matched,
    }


def _link(found: Found) -> str:
    return reverse("admin:orders_order_change", args=[found.order_id])
