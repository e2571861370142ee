"""After the sale, as staff see it: what waits for a decision, what to pay, and a dispute's evidence on one page."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

import tracking.services
from logistics_portal.kernel.admin import Deed, RecordAdmin, TenantFilter, moment
from logistics_portal.kernel.parts import Count, counter, panel, seen_by
from orders.models import Order
from tracking.models import ProofOfDelivery, Shipment, TrackingEvent

from . import services
from .models import Dispute, Evidence, Refund, Return
from .services.disputes import digest_of
from .services.returns import delivered_at as arrived

EARLIER_SHOWN = 20


class NoteForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("What the customer is told"),
        max_length=2000,
        widget=UnfoldAdminTextareaWidget({"rows": 4, "autofocus": True}),
    )


class OptionalNoteForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("What the customer is told, if anything"),
        max_length=2000,
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 4}),
    )


class ReferenceForm(forms.Form):
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=120,
        help_text=gettext_lazy("The payment provider's number of the refund"),
        widget=UnfoldAdminTextInputWidget({"autofocus": True, "autocomplete": "off"}),
    )


def is_requested(row: Return) -> bool:
    return row.status == Return.Status.REQUESTED


@admin.register(Return)
class ReturnAdmin(RecordAdmin):
    list_display = (
        "number",
        "badge",
        "order",
        "consignee",
        "reason",
        "merchant",
        moment("requested_at", gettext_lazy("requested")),
    )
    list_filter = (("status", ChoicesCheckboxFilter), ("reason", ChoicesCheckboxFilter), ("merchant", TenantFilter))
    list_select_related = ("order", "merchant")
    search_fields = ("=number", "=order__number", "order__consignee", "order__phone")
    search_help_text = gettext_lazy("Return or order number, name, phone number")
    fields = ("number",)
    change_form_template = "admin/order.html"
    deeds = (
        Deed(
            "approve",
            gettext_lazy("Approve"),
            do=lambda request, row, note="": services.approve_return(return_case=row, by=request.user, note=note),
            said=gettext_lazy("The return is approved; the customer is told how to send it."),
            when=is_requested,
            form=OptionalNoteForm,
            tone="good",
            many=True,
        ),
        Deed(
            "reject",
            gettext_lazy("Decline"),
            do=lambda request, row, note: services.reject_return(return_case=row, by=request.user, note=note),
            said=gettext_lazy("The return is declined; the customer is told why."),
            when=is_requested,
            form=NoteForm,
            tone="bad",
        ),
        Deed(
            "receive",
            gettext_lazy("Mark as received"),
            do=lambda request, row: services.receive_return(return_case=row),
            said=gettext_lazy("The goods are received; a refund waits to be paid."),
            when=lambda row: row.status == Return.Status.APPROVED,
            asks=gettext_lazy("The goods are in your hands and complete: the refund is started and stock is put back."),
            tone="good",
            many=True,
        ),
        Deed(
            "cancel",
            gettext_lazy("Call off"),
            do=lambda request, row: services.cancel_return(return_case=row),
            said=gettext_lazy("The return is called off."),
            when=lambda row: row.status in (Return.Status.REQUESTED, Return.Status.APPROVED),
            asks=gettext_lazy("The customer keeps the goods and nothing is paid back."),
            tone="bad",
        ),
    )

    @display(description=gettext_lazy("customer"), ordering="order__consignee")
    def consignee(self, row: Return) -> str:
        return row.order.consignee


@admin.register(Refund)
class RefundAdmin(RecordAdmin):
    list_display = (
        "sum",
        "badge",
        "order",
        "cause",
        "merchant",
        moment("started_at", gettext_lazy("started")),
        "reference",
    )
    list_filter = (("status", ChoicesCheckboxFilter), ("merchant", TenantFilter))
    list_select_related = ("order", "merchant", "return_case", "dispute__order")
    search_fields = ("=reference", "=order__number", "=return_case__number")
    search_help_text = gettext_lazy("Order, return or payment reference")
    fields = (
        ("order", "merchant"),
        ("sum", "badge"),
        ("return_case", "dispute"),
        "reference",
        ("started_at", "paid_at"),
    )
    readonly_fields = ("sum", "badge")
    deeds = (
        Deed(
            "pay",
            gettext_lazy("Mark as paid"),
            do=lambda request, row, reference: services.pay_refund(refund=row, reference=reference),
            said=gettext_lazy("The refund is marked as paid; the customer is told."),
            when=lambda row: row.status == Refund.Status.PENDING,
            form=ReferenceForm,
            asks=gettext_lazy("Pay it with your payment provider first, then enter the reference here."),
            tone="good",
        ),
    )

    @display(description=gettext_lazy("amount"), ordering="amount")
    def sum(self, row: Refund) -> str:
        return f"{row.amount} {row.currency}"

    @display(description=gettext_lazy("cause"))
    def cause(self, row: Refund) -> str:
        return _("Return %s") % row.return_case if row.return_case else str(row.dispute)


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


@panel(Order, gettext_lazy("After the sale"), "admin/panels/aftersales.html")
def aftersales_of(request: HttpRequest, order: Order) -> dict[str, Any]:
    return {
        "returns": order.returns.prefetch_related("lines__order_line").order_by("-pk"),
        "refunds": order.refunds.order_by("-pk"),
        "disputes": order.disputes.order_by("-pk"),
    }


@panel(Return, gettext_lazy("Return"), "admin/panels/asked.html")
def asked(request: HttpRequest, row: Return) -> dict[str, Any]:
    return {"return_case": row, "order": row.order, "shipment": row.shipment, "arrived": arrived(row.order)}


@panel(Return, gettext_lazy("What is sent back"), "admin/panels/return.html")
def return_lines(request: HttpRequest, row: Return) -> dict[str, Any]:
    return {
        "return_case": row,
        "lines": row.lines.select_related("order_line").order_by("pk"),
        "decisions": row.decisions.select_related("decided_by").order_by("pk"),
        "refunds": Refund.objects.filter(return_case=row),
    }


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


@counter("aftersales", gettext_lazy("After-sales"))
def count_cases(request: HttpRequest) -> list[Count]:
    returns = seen_by(request, Return).filter(status=Return.Status.REQUESTED).count()
    disputes = seen_by(request, Dispute).filter(status=Dispute.Status.OPEN).count()
    refunds = seen_by(request, Refund).filter(status=Refund.Status.PENDING).count()
    return [
        Count(_("Returns to decide"), returns, Return, "status__exact=requested", "warn"),
        Count(_("Open disputes"), disputes, Dispute, "status__exact=open", "bad"),
        Count(_("Refunds to pay"), refunds, Refund, "status__exact=pending", "warn"),
    ]
