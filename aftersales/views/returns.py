"""The customer sends goods back."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

import tracking.services
from logistics_portal.kernel.errors import DomainError, NotFound
from orders.models import Order

from .. import services
from ..forms.returns import ReturnForm, SendReturnForm
from ..models import Return
from .door import for_holder


@require_http_methods(["GET", "HEAD", "POST"])
@for_holder
def ask_return(request: HttpRequest, order: Order) -> HttpResponse:
    refusal = services.return_refusal(order)
    form = ReturnForm(request.POST or None, returnable=[] if refusal else services.returnable_lines(order))
    if request.method != "POST":
        return _return_page(request, order, form, refusal=refusal)
    if refusal or not form.is_valid():
        return _return_page(request, order, form, refusal=refusal, status=422)
    try:
        case = services.request_return(
            order=order,
            reason=form.cleaned_data["reason"],
            comment=form.cleaned_data["comment"],
            quantities=form.quantities,
        )
    except DomainError as error:
        form.add_error(None, error.message)
        return _return_page(request, order, form, status=error.status)
    if case.status == Return.Status.APPROVED:
        messages.success(request, _("Your return is approved. Send the parcel and tell us its tracking number."))
    else:
        messages.success(request, _("We have your request. The sender decides and tells you."))
    return redirect("order", order.token)


def _return_page(
    request: HttpRequest, order: Order, form: ReturnForm, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    context = {"order": order, "merchant": order.merchant, "form": form, "refusal": refusal}
    return render(request, "aftersales/ask_return.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_holder
def send_return(request: HttpRequest, order: Order, return_id: UUID) -> HttpResponse:
    """Take the tracking number of the parcel in which a return travels."""
    case = _return_of(order, return_id)
    form, status = SendReturnForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.send_return(return_case=case, **form.cleaned_data)
            except DomainError as error:
                form.add_error(None, error.message)
                status = error.status
            else:
                messages.success(request, _("Thank you. You can follow your return on this page."))
                return redirect("order", order.token)
    carriers = _carrier_names()
    context = {"order": order, "merchant": order.merchant, "case": case, "form": form, "carriers": carriers}
    return render(request, "aftersales/send_return.html", context, status=status)


def _carrier_names() -> list[str]:
    """What the field suggests; any other name is taken as well."""
    return sorted(adapter.label for adapter in tracking.services.CARRIERS.values() if not adapter.is_aggregator)


@require_POST
@for_holder
def cancel_return(request: HttpRequest, order: Order, return_id: UUID) -> HttpResponse:
    services.cancel_return(return_case=_return_of(order, return_id))
    messages.success(request, _("Your return is canceled."))
    return redirect("order", order.token)


def _return_of(order: Order, return_id: UUID) -> Return:
    case = order.returns.prefetch_related("lines__order_line").filter(pk=return_id).first()
    if case is None:
        raise NotFound(_("This order has no such return."))
    return case
