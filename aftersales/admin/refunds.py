"""Money that goes back, as staff see it."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.formats import number_format
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

CAUSES = ("return_case", "dispute", "cause", "note", "failure")


def _field_name(shown: Any) -> str:
    return shown if isinstance(shown, str) else shown.__name__


def gateway_label(code: str) -> str:
    """What people call a way on which money goes back."""
    gateway = services.GATEWAYS.get(code)
    return _(gateway.label) if gateway else code


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
        return f"{number_format(row.amount)} {row.currency}"

    @display(description=gettext_lazy("cause"))
    def why(self, row: Refund) -> str:
        if row.return_case:
            return _("Return %s") % row.return_case
        return str(row.dispute) if row.dispute else row.note or row.cause

    @display(description=gettext_lazy("way"), ordering="gateway")
    def way(self, row: Refund) -> str:
        return gateway_label(row.gateway)

    def row_name(self, row: Refund) -> str:
        return self.sum(row)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """A refund is a return's, a dispute's, or has a cause of its own: the others are not shown."""
        shown = super().get_fieldsets(request, obj)
        empty = {name for name in CAUSES if obj is not None and not getattr(obj, name)}
        return [
            (title, options | {"fields": [one for one in options["fields"] if _field_name(one) not in empty]})
            for title, options in shown
        ]


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
        ways = [(code, _(one.label)) for code, one in services.GATEWAYS.items() if one.way != Way.HAND]
        self.fields["gateway"].choices = ways  # type: ignore[attr-defined]
        if self.instance._state.adding:  # nothing is stored yet
            for name in ("api_key", "new_secret"):
                self.fields[name].help_text = ""

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
    list_display = ("label", "way", "merchant", "is_active", moment("created_at", gettext_lazy("created")))
    list_filter = (("is_active", BooleanRadioFilter), ("merchant", TenantFilter))
    list_select_related = ("merchant",)
    search_fields = ("label", "gateway")
    fields = ("merchant", "gateway", "label", "api_key", "new_secret", "is_active", "news_address")
    readonly_fields = ("news_address",)

    @display(description=gettext_lazy("way"), ordering="gateway")
    def way(self, row: GatewayAccount) -> str:
        return gateway_label(row.gateway)

    def row_name(self, row: GatewayAccount) -> str:
        return f"{self.way(row)}: {row.label}"

    @display(description=gettext_lazy("address for the provider's news"))
    def news_address(self, row: GatewayAccount) -> str:
        return f"{settings.BASE_URL}/webhooks/refunds/{row.pk}" if row.created_at and row.label else "–"

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # its refunds name it
