"""What the holder of an order's phone can do after the sale: send goods back, or say that a parcel did not arrive."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

import orders.services
import tracking.services
from logistics_portal.kernel.errors import DomainError, NotFound
from orders.models import Order
from tracking.models import Shipment

from . import services
from .forms import DisputeForm, ReturnForm, SendReturnForm
from .models import Dispute, Return

View = Callable[..., HttpResponse]


def for_holder(view: View) -> View:
    """Open the link's order for who proved its phone; send others to do so first."""

    @never_cache
    @wraps(view)
    def opened(request: HttpRequest, token: str, **kwargs: object) -> HttpResponse:
        order = orders.services.open_link(token)
        has_chosen = request.has_chosen_language  # type: ignore[attr-defined]
        if not has_chosen and translation.check_for_language(order.language):
            translation.activate(order.language)
        if not orders.services.session_opens(request.session, order):
            goal = request.path if request.method in ("GET", "HEAD") else reverse("order", args=[token])
            return redirect(f"{reverse('verify', args=[token])}?{urlencode({'next': goal})}")
        return view(request, order, **kwargs)

    return opened


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


@require_http_methods(["GET", "HEAD", "POST"])
@for_holder
def ask_dispute(request: HttpRequest, order: Order, shipment_id: UUID) -> HttpResponse:
    shipment = order.shipments.prefetch_related("parcels").filter(pk=shipment_id).first()
    if shipment is None:
        raise NotFound(_("This order has no such parcel."))
    shipment.order = order
    refusal = services.dispute_refusal(shipment)
    form = DisputeForm(request.POST or None)
    if request.method != "POST":
        return _dispute_page(request, shipment, form, refusal=refusal)
    form = DisputeForm(request.POST)
    if refusal or not form.is_valid():
        return _dispute_page(request, shipment, form, refusal=refusal, status=422)
    services.open_dispute(shipment=shipment, statement=form.cleaned_data["statement"])
    messages.success(request, _("We are looking into it. The sender decides and tells you."))
    return redirect("order", order.token)


def _dispute_page(
    request: HttpRequest, shipment: Shipment, form: DisputeForm, *, refusal: str, status: int = 200
) -> HttpResponse:
    context = {
        "order": shipment.order,
        "merchant": shipment.order.merchant,
        "shipment": shipment,
        "carrier": tracking.services.carrier_label(shipment.carrier),
        "form": form,
        "refusal": refusal,
    }
    return render(request, "aftersales/ask_dispute.html", context, status=status)


@require_POST
@for_holder
def withdraw_dispute(request: HttpRequest, order: Order, shipment_id: UUID) -> HttpResponse:
    dispute = order.disputes.filter(shipment=shipment_id, status=Dispute.Status.OPEN).first()
    if dispute is None:
        raise NotFound(_("Nothing is being looked into for this parcel."))
    services.withdraw_dispute(dispute=dispute)
    messages.success(request, _("Good that you have it. We stop looking."))
    return redirect("order", order.token)
