"""Disputes, as staff see them: all that is needed to decide, with the decision beside it."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter
from unfold.decorators import display

import tracking.services
from logistics_portal.kernel.admin import Deed, RecordAdmin, TenantFilter, moment
from logistics_portal.kernel.parts import panel
from orders.models import Order
from tracking.models import ProofOfDelivery, Shipment, TrackingEvent

from .. import services
from ..models import Dispute, Evidence, Return
from ..services.evidence import digest_of
from .forms import NoteForm

EARLIER_SHOWN = 20


@admin.register(Dispute)
class DisputeAdmin(RecordAdmin):
    """A dispute's page is its evidence: everything that is needed to decide, with the decision beside it."""

    change_form_template = "admin/evidence.html"
    list_display = (
        "order",
        "badge",
        "kind",
        "consignee",
        "amount",
        "merchant",
        moment("opened_at", gettext_lazy("opened")),
        moment("decided_at", gettext_lazy("decided")),
    )
    list_filter = (("status", ChoicesCheckboxFilter), ("kind", ChoicesCheckboxFilter), ("merchant", TenantFilter))
    list_select_related = ("order", "merchant")
    search_fields = ("=order__number", "order__consignee", "order__phone", "=shipment__parcels__tracking_number")
    search_help_text = gettext_lazy("Order or tracking number, name, phone number")
    fields = ("status",)
    deeds = (
        Deed(
            "accept",
            gettext_lazy("Decide for the customer"),
            do=lambda request, row, note: services.decide_dispute(dispute=row, accept=True, note=note, by=request.user),
            said=gettext_lazy("Decided for the customer: a refund waits to be paid."),
            when=lambda row: row.status == Dispute.Status.OPEN,
            form=NoteForm,
            tone="good",
        ),
        Deed(
            "reject",
            gettext_lazy("Decline"),
            do=lambda request, row, note: services.decide_dispute(
                dispute=row, accept=False, note=note, by=request.user
            ),
            said=gettext_lazy("The dispute is declined; the customer is told why."),
            when=lambda row: row.status == Dispute.Status.OPEN,
            form=NoteForm,
            tone="bad",
        ),
    )

    @display(description=gettext_lazy("customer"), ordering="order__consignee")
    def consignee(self, row: Dispute) -> str:
        return row.order.consignee

    @display(description=gettext_lazy("paid"))
    def amount(self, row: Dispute) -> str:
        return f"{row.order.total} {row.order.currency}"


def handover_of(shipment: Shipment) -> str:
    """What is known of the code that the customer gives at the door."""
    handover = getattr(shipment, "handover", None)
    if handover is None:
        return "none"
    return "confirmed" if handover.confirmed_at else "unconfirmed"


@panel(Dispute, gettext_lazy("Claim"), "admin/panels/claim.html")
def claim(request: HttpRequest, dispute: Dispute) -> dict[str, Any]:
    order = dispute.order
    return {
        "dispute": dispute,
        "order": order,
        "customer": order.customer,
        "carrier": tracking.services.carrier_label(dispute.shipment.carrier),
        "refundable": services.refundable(order),
    }


@panel(Dispute, gettext_lazy("Proof of delivery"), "admin/panels/proof.html")
def proof(request: HttpRequest, dispute: Dispute) -> dict[str, Any]:
    shipment = Shipment.objects.select_related("handover").get(pk=dispute.shipment_id)
    proofs = ProofOfDelivery.objects.filter(shipment=shipment).select_related("courier")
    return {
        "shipment": shipment,
        "proofs": proofs.order_by("proved_at"),
        "handover": getattr(shipment, "handover", None),
        "handover_state": handover_of(shipment),
    }


@panel(Dispute, gettext_lazy("Timeline"), "admin/panels/evidence_timeline.html")
def told(request: HttpRequest, dispute: Dispute) -> dict[str, Any]:
    events = TrackingEvent.objects.filter(parcel__shipment=dispute.shipment_id).select_related("parcel")
    return {"events": events.latest_first(), "payloads": ()}


@panel(Dispute, gettext_lazy("Earlier cases of this customer"), "admin/panels/earlier.html")
def earlier(request: HttpRequest, dispute: Dispute) -> dict[str, Any]:
    """What this customer asked of this merchant before, by the customer's record and by the phone number."""
    same = Q(order__customer=dispute.order.customer_id) | Q(order__phone=dispute.order.phone)
    own = Q(merchant=dispute.merchant_id)
    disputes = Dispute.objects.filter(same, own).exclude(pk=dispute.pk)
    returns = Return.objects.filter(same, own)
    orders = Order.objects.filter(
        Q(customer=dispute.order.customer_id) | Q(phone=dispute.order.phone), merchant=dispute.merchant_id
    )
    return {
        "disputes": disputes.select_related("order").order_by("-pk")[:EARLIER_SHOWN],
        "returns": returns.select_related("order").order_by("-pk")[:EARLIER_SHOWN],
        "orders": orders.count(),
    }


@panel(Dispute, gettext_lazy("Kept evidence"), "admin/panels/kept.html")
def kept(request: HttpRequest, dispute: Dispute) -> dict[str, Any]:
    """The copies that were made when the dispute was opened and decided, each checked against its digest."""
    rows: list[Evidence] = list(dispute.evidence.order_by("pk"))
    return {
        "evidence": [
            {
                "row": row,
                "holds": digest_of(row.content) == row.digest,
                "text": json.dumps(row.content, indent=2, ensure_ascii=False),
            }
            for row in rows
        ],
        "decisions": dispute.decisions.select_related("decided_by").order_by("pk"),
    }
