"""The customer says that a parcel, or what was in it, is not as it should be."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

import tracking.services
from logistics_portal.kernel.errors import NotFound
from orders.models import Order
from tracking.models import Shipment

from .. import services
from ..forms.disputes import DisputeForm
from ..models import Dispute
from .door import for_holder


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
