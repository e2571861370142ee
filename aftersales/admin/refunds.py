"""Money that goes back, as staff see it."""

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter
from unfold.decorators import display

from logistics_portal.kernel.admin import Deed, RecordAdmin, TenantFilter, moment

from .. import services
from ..models import Refund
from .forms import ReferenceForm


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
