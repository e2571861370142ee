"""Money that goes back, as staff see it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesCheckboxFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from logistics_portal.kernel.admin import (
    Deed,
    RecordAdmin,
    StaffAdmin,
    TenantFilter,
    WorkAdmin,
    WorkFilter,
    moment,
)

from .. import services
from ..gateways.base import Way
from ..models import GatewayAccount, Refund, RefundSending
from .forms import ReferenceForm
from .return_forms import WhyForm


@admin.register(Refund)
class RefundAdmin(RecordAdmin):
    list_display = (
        "sum",
        "badge",
        "order",
        "why",
        "way",
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
        ("return_case", "dispute", "cause"),
        "note",
        ("way", "reference"),
        "failure",
        ("started_at", "sent_at", "paid_at"),
    )
    readonly_fields = ("sum", "badge", "way")
    deeds = (
        Deed(
            "pay",
            gettext_lazy("Mark as paid"),
            do=lambda request, row, reference: services.pay_refund(refund=row, reference=reference),
            said=gettext_lazy("The refund is marked as paid; the customer is told."),
            when=lambda row: row.status in (Refund.Status.PENDING, Refund.Status.SENT, Refund.Status.FAILED),
            form=ReferenceForm,
            asks=gettext_lazy("Pay it with your payment provider first, then enter the reference here."),
            tone="good",
        ),
        Deed(
            "retry",
            gettext_lazy("Try again"),
            do=lambda request, row: services.retry_refund(refund=row),
            said=gettext_lazy("The refund is tried again."),
            when=lambda row: row.status == Refund.Status.FAILED,
            asks=gettext_lazy("It is sent once more on the same way, as a new attempt."),
        ),
        Deed(
            "by-hand",
            gettext_lazy("Pay by hand"),
            do=lambda request, row: services.retry_refund(refund=row, by_hand=True),
            said=gettext_lazy("The refund waits to be paid by hand."),
            when=lambda row: row.status == Refund.Status.FAILED,
            asks=gettext_lazy("Somebody pays it on another way and notes the reference."),
        ),
        Deed(
            "call-off",
            gettext_lazy("Call off"),
            do=lambda request, row, why: services.cancel_refund(refund=row, why=why),
            said=gettext_lazy("The refund is called off."),
            when=lambda row: row.status in (Refund.Status.PENDING, Refund.Status.FAILED),
            form=WhyForm,
            tone="bad",
        ),
    )

    @display(description=gettext_lazy("amount"), ordering="amount")
    def sum(self, row: Refund) -> str:
        return f"{row.amount} {row.currency}"

    @display(description=gettext_lazy("cause"))
    def why(self, row: Refund) -> str:
        if row.return_case:
            return _("Return %s") % row.return_case
        return str(row.dispute) if row.dispute else row.note or row.cause

    @display(description=gettext_lazy("way"), ordering="gateway")
    def way(self, row: Refund) -> str:
        gateway = services.GATEWAYS.get(row.gateway)
        return gateway.label if gateway else row.gateway


@admin.register(RefundSending)
class RefundSendingAdmin(WorkAdmin):
    """Refunds on their way to payment providers."""

    tenant = "refund__merchant"
    list_display = ("refund", "state", moment("due_at", gettext_lazy("next try")), "attempts", "last_error")
    list_filter = (WorkFilter, ("refund__merchant", TenantFilter))
    list_select_related = ("refund__merchant",)
    search_fields = ("=refund__order__number",)
    fields = ("refund", "due_at", "done_at", "attempts", "last_error")


class GatewayAccountForm(forms.ModelForm):
    """The key is written, never shown again."""

    gateway = forms.ChoiceField(label=gettext_lazy("Way"), widget=UnfoldAdminSelectWidget())
    api_key = forms.CharField(
        label=gettext_lazy("API key"),
        required=False,
        help_text=gettext_lazy("Empty: the one that is stored stays"),
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off", "type": "password"}),
    )
    new_secret = forms.CharField(
        label=gettext_lazy("Webhook secret"),
        required=False,
        help_text=gettext_lazy("Empty: the one that is stored stays"),
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off", "type": "password"}),
    )

    class Meta:
        model = GatewayAccount
        fields = ("merchant", "gateway", "label", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ways = [(code, one.label) for code, one in services.GATEWAYS.items() if one.way != Way.HAND]
        self.fields["gateway"].choices = ways  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if key := cleaned.get("api_key"):
            self.instance.credentials = {**self.instance.credentials, "api_key": key}
        if secret := cleaned.get("new_secret"):
            self.instance.webhook_secret = secret
        return cleaned


@admin.register(GatewayAccount)
class GatewayAccountAdmin(StaffAdmin):
    form = GatewayAccountForm
    list_display = ("label", "gateway", "merchant", "is_active", moment("created_at", gettext_lazy("created")))
    list_filter = (("is_active", BooleanRadioFilter), ("merchant", TenantFilter))
    list_select_related = ("merchant",)
    search_fields = ("label", "gateway")
    fields = ("merchant", "gateway", "label", "api_key", "new_secret", "is_active", "news_address")
    readonly_fields = ("news_address",)

    @display(description=gettext_lazy("address for the provider's news"))
    def news_address(self, row: GatewayAccount) -> str:
        return f"/webhooks/refunds/{row.pk}" if row.created_at and row.label else "–"

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # its refunds name it
