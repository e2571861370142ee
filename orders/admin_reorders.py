"""Reorders, for staff: what customers want once more."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from logistics_portal.kernel.admin import Deed, RecordAdmin, TenantFilter, moment
from logistics_portal.kernel.parts import Count, counter, panel, seen_by

from . import services
from .models import OPEN_REORDERS, Reorder


class PaymentForm(forms.Form):
    payment_url = forms.URLField(
        label=gettext_lazy("Where the customer pays"),
        max_length=500,
        assume_scheme="https",
        widget=UnfoldAdminTextInputWidget({"autofocus": True, "autocomplete": "off"}),
    )
    note = forms.CharField(
        label=gettext_lazy("What the customer is told, if anything"),
        max_length=2000,
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
    )


class PlaceForm(forms.Form):
    number = forms.CharField(
        label=gettext_lazy("The new order's number"),
        max_length=64,
        widget=UnfoldAdminTextInputWidget({"autofocus": True, "autocomplete": "off"}),
    )
    shipping_total = forms.DecimalField(
        label=gettext_lazy("Shipping"), min_value=0, max_digits=12, decimal_places=2, initial=0
    )


class WhyForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("What the customer is told"),
        max_length=2000,
        widget=UnfoldAdminTextareaWidget({"rows": 4, "autofocus": True}),
    )


@admin.register(Reorder)
class ReorderAdmin(RecordAdmin):
    change_form_template = "admin/order.html"
    list_display = ("order", "badge", "total", "currency", "merchant", moment("requested_at", gettext_lazy("asked")))
    list_filter = (("status", ChoicesCheckboxFilter), ("merchant", TenantFilter))
    list_select_related = ("order", "merchant")
    search_fields = ("=order__number", "order__consignee", "order__phone")
    search_help_text = gettext_lazy("Order number, name, phone number")
    fields = ("status",)
    deeds = (
        Deed(
            "offer",
            gettext_lazy("Send a payment link"),
            do=lambda request, row, payment_url, note: services.offer_payment(
                reorder=row, payment_url=payment_url, note=note
            ),
            said=gettext_lazy("The customer is told where to pay."),
            when=lambda row: row.status == Reorder.Status.REQUESTED,
            form=PaymentForm,
        ),
        Deed(
            "place",
            gettext_lazy("Place the order"),
            do=lambda request, row, number, shipping_total: services.place_reorder(
                reorder=row, number=number, shipping_total=shipping_total
            ),
            said=gettext_lazy("It is ordered again."),
            when=lambda row: row.status in OPEN_REORDERS,
            form=PlaceForm,
            tone="good",
        ),
        Deed(
            "decline",
            gettext_lazy("Decline"),
            do=lambda request, row, note: services.decline_reorder(reorder=row, note=note),
            said=gettext_lazy("It is declined; the customer sees why."),
            when=lambda row: row.status in OPEN_REORDERS,
            form=WhyForm,
            tone="bad",
        ),
    )


@panel(Reorder, gettext_lazy("Wanted once more"), "admin/panels/reorder.html")
def wanted(request: HttpRequest, row: Reorder) -> dict[str, Any]:
    return {"row": row, "order": row.order, "lines": row.lines.select_related("item").order_by("pk")}


@counter("reorders", gettext_lazy("Orders again"))
def count_reorders(request: HttpRequest) -> list[Count]:
    waiting = seen_by(request, Reorder).filter(status=Reorder.Status.REQUESTED).count()
    return [Count(_("Orders wanted again"), waiting, Reorder, "status__exact=requested", "warn")]
