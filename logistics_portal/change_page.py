"""Where and when an order goes, for its customer; the days are those of the address, whose clock tracking knows."""

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

import orders.services
from logistics_portal.kernel.errors import DomainError
from orders.forms_changes import AddressForm, DayForm
from orders.models import By, Order
from orders.views_access import for_customer
from tracking.arrival import place_zone


@require_http_methods(["GET", "HEAD", "POST"])
@for_customer
def change_order(request: HttpRequest, order: Order, token: str) -> HttpResponse:
    """Another address, or another day, until the parcel is packed."""
    today = timezone.now().astimezone(place_zone(order)).date()
    posted = request.POST if request.method == "POST" else None
    is_day = posted is not None and "day" in posted
    address = AddressForm(posted if not is_day else None, order=order)
    day = DayForm(posted if is_day else None, today=today, wished=orders.services.wished_day(order))
    form = day if is_day else address
    if posted is None or not form.is_valid():
        return _page(request, order, token, address, day, status=422 if posted is not None else 200)
    try:
        _take(order, form, today)
    except DomainError as error:
        form.add_error(next((name for name in error.fields if name in form.fields), None), error.message)
        return _page(request, order, token, address, day, status=error.status)
    messages.success(request, _("The merchant knows it now."))
    return redirect("change_order", token)


def _take(order: Order, form: AddressForm | DayForm, today: date) -> None:
    if isinstance(form, DayForm):
        orders.services.wish_day(order=order, day=form.chosen, today=today)
    else:
        orders.services.change_address(order=order, by=By.CUSTOMER, **form.cleaned_data)


def _page(
    request: HttpRequest, order: Order, token: str, address: AddressForm, day: DayForm, *, status: int
) -> HttpResponse:
    context = {
        "order": order,
        "merchant": order.merchant,
        "token": token,
        "address": address,
        "day": day,
        "refusal": orders.services.address_refusal(order),
        "day_refusal": orders.services.wish_refusal(order),
    }
    return render(request, "orders/change_order.html", context, status=status)
