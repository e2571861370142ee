"""Returns, as staff see them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter
from unfold.decorators import display

from logistics_portal.kernel.admin import Deed, RecordAdmin, TenantFilter, moment
from logistics_portal.kernel.parts import panel

from .. import services
from ..models import Refund, Return
from ..services.cases import delivered_at as arrived
from .forms import NoteForm, OptionalNoteForm


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
