"""The parts of a dispute's page: the claim, what was said, proof, timeline, earlier cases, and what was kept."""

import json
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

import tracking.services
from logistics_portal.kernel.parts import panel
from orders.models import Order
from tracking.models import ProofOfDelivery, Shipment, TrackingEvent

from .. import services
from ..models import Confirmation, Dispute, Evidence, Return
from ..services.sheets import teller
from .decided import in_words

EARLIER_SHOWN = 20


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
        "refundable": services.refundable_for(dispute),
        "claimed": services.claimed_amount(dispute),
        "lines": dispute.lines.select_related("order_line").order_by("pk"),
        "photos": dispute.photos.defer("jpeg").order_by("pk"),
    }


@panel(Dispute, gettext_lazy("What was said"), "admin/panels/dispute_steps.html")
def said(request: HttpRequest, dispute: Dispute) -> dict[str, Any]:
    return {"steps": dispute.steps.select_related("by").order_by("pk"), "currency": dispute.order.currency}


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


@panel(Dispute, gettext_lazy("Place, weight and what the customer said then"), "admin/panels/dispute_facts.html")
def facts(request: HttpRequest, dispute: Dispute) -> dict[str, Any]:
    """From the newest copies: what distances, weights and taps were known."""
    kinds = (Evidence.Kind.PLACE, Evidence.Kind.WEIGHT)
    newest = {piece.kind: piece.content for piece in dispute.evidence.filter(kind__in=kinds).order_by("pk")}
    weights = newest.get(Evidence.Kind.WEIGHT, {}).get("weights", ())
    return {
        "place": newest.get(Evidence.Kind.PLACE),
        "weights": [one | {"teller": teller(one["by"])} for one in weights],
        "answers": Confirmation.objects.filter(shipment=dispute.shipment_id).order_by("pk"),
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
    """The copies that were made as the dispute went on, each checked against its digest."""
    rows: list[Evidence] = list(dispute.evidence.select_related("collected_by").order_by("pk"))
    return {
        "evidence": [
            {
                "row": row,
                "holds": services.digest_of(row.content) == row.digest,
                "text": json.dumps(row.content, indent=2, ensure_ascii=False),
            }
            for row in rows
        ],
        "decisions": in_words(dispute.decisions.select_related("decided_by", "overrules__decided_by").order_by("pk")),
    }
