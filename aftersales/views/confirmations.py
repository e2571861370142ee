"""After "delivered", one tap says whether the parcel is there; the link is enough for that."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

import orders.services
import tracking.services
from logistics_portal.kernel.errors import NotFound
from logistics_portal.kernel.limits import Limit, spend

from .. import services
from ..models import Confirmation, Dispute

TAPS = Limit("delivery-answers", 12, 3600)  # of a parcel, by whoever has its link


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def arrived(request: HttpRequest, token: str, shipment_id: UUID) -> HttpResponse:
    """Ask, and take the answer. Nothing is recorded by opening the page: mail programs open links by themselves."""
    order = orders.services.open_link(token)
    has_chosen = request.has_chosen_language  # type: ignore[attr-defined]
    if not has_chosen and translation.check_for_language(order.language):
        translation.activate(order.language)
    shipment = order.shipments.prefetch_related("parcels").filter(pk=shipment_id).first()
    if shipment is not None and shipment.status in services.GOING_BACK:
        return redirect("order", token)  # its page says where the parcel is, and what follows
    if shipment is None or not services.can_confirm(shipment):
        raise NotFound(_("This order has no such parcel."))
    if request.method != "POST":
        context = {
            "order": order,
            "token": token,
            "merchant": order.merchant,
            "shipment": shipment,
            "carrier": tracking.services.carrier_label(shipment.carrier),
            "said": services.last_confirmations([shipment.pk]).get(shipment.pk),
        }
        return render(request, "aftersales/arrived.html", context)
    spend(TAPS, str(shipment.pk), message=_("You answered often. Try again in an hour."))
    is_proved = orders.services.session_opens(request.session, order)
    proof = Confirmation.Proof.PHONE if is_proved else Confirmation.Proof.LINK
    said = services.confirm_delivery(shipment=shipment, answer=request.POST.get("answer", ""), proof=proof)
    if said.answer == Confirmation.Answer.HAS_IT:
        messages.success(request, _("Thank you. It is good to know that you have it."))
        return redirect("order", token)
    query = urlencode({"kind": Dispute.Kind.NOT_RECEIVED.value})
    return redirect(f"{reverse('ask_dispute', args=[token, shipment.pk])}?{query}")
