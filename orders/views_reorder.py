"""An order once more, and where and when it goes, for its customer."""

from datetime import date
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from logistics_portal.kernel.errors import DomainError, NotFound

from . import services
from .forms_changes import AddressForm, DayForm
from .models import By, Order, Reorder
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


@require_http_methods(["GET", "HEAD", "POST"])
@for_customer
def change_order(request: HttpRequest, order: Order, token: str) -> HttpResponse:
    """Another address, or another day, until the parcel is packed."""
    today = timezone.now().date()
    posted = request.POST if request.method == "POST" else None
    is_day = posted is not None and "day" in posted
    address = AddressForm(posted if not is_day else None, order=order)
    day = DayForm(posted if is_day else None, today=today, wished=services.wished_day(order))
    form = day if is_day else address
    if posted is None or not form.is_valid():
        return _change_page(request, order, token, address, day, status=422 if posted is not None else 200)
    try:
        _take(order, form, today)
    except DomainError as error:
        form.add_error(next((name for name in error.fields if name in form.fields), None), error.message)
        return _change_page(request, order, token, address, day, status=error.status)
    messages.success(request, _("The merchant knows it now."))
    return redirect("change_order", token)


def _take(order: Order, form: AddressForm | DayForm, today: date) -> None:
    if isinstance(form, DayForm):
        services.wish_day(order=order, day=form.chosen, today=today)
    else:
        services.change_address(order=order, by=By.CUSTOMER, **form.cleaned_data)


def _change_page(
    request: HttpRequest, order: Order, token: str, address: AddressForm, day: DayForm, *, status: int
) -> HttpResponse:
    context = {
        "order": order,
        "merchant": order.merchant,
        "token": token,
        "address": address,
        "day": day,
        "refusal": services.address_refusal(order),
        "day_refusal": services.wish_refusal(order),
    }
    return render(request, "orders/change_order.html", context, status=status)
