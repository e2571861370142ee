"""An order once more, for its customer."""

from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from logistics_portal.kernel.errors import DomainError, NotFound

from . import services
from .models import Order, Reorder
from .views_access import for_customer


@require_http_methods(["GET", "HEAD", "POST"])
@for_customer
def reorder(request: HttpRequest, order: Order, token: str) -> HttpResponse:
    """Show what of an order can be had today, and ask the merchant for it."""
    if request.method != "POST":
        return _reorder_page(request, order, token)
    form_id, seen = request.POST.get("form_id", "")[:64], request.POST.get("seen", "")
    try:
        services.request_reorder(order=order, form_id=form_id or uuid4().hex, seen=seen)
    except DomainError as error:
        return _reorder_page(request, order, token, error=error)
    messages.success(request, _("The merchant has your wish, and tells you how to pay."))
    return redirect("reorder", token)


def _reorder_page(request: HttpRequest, order: Order, token: str, *, error: DomainError | None = None) -> HttpResponse:
    wish = order.reorders.select_related("placed").prefetch_related("lines").order_by("-pk").first()
    context = {
        "order": order,
        "merchant": order.merchant,
        "token": token,
        "wish": wish,
        "is_open": wish is not None and wish.status in (Reorder.Status.REQUESTED, Reorder.Status.TO_PAY),
        "today": services.order_today(order),
        "form_id": uuid4().hex,
        "error": error,
    }
    return render(request, "orders/reorder.html", context, status=error.status if error else 200)


@require_POST
@for_customer
def withdraw_reorder(request: HttpRequest, order: Order, token: str) -> HttpResponse:
    wish = order.reorders.open().first()
    if wish is None:
        raise NotFound(_("You have not asked for this order again."))
    services.withdraw_reorder(reorder=wish)
    messages.success(request, _("Nothing is ordered again."))
    return redirect("reorder", token)
