"""What is asked before parcels leave, and what is proposed for those that came late, as staff see it."""

from typing import Any

from django.contrib import admin
from django.db.models import Count as Tally
from django.db.models import Q
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesCheckboxFilter
from unfold.decorators import display

from logistics_portal.kernel.admin import Deed, RecordAdmin, TenantFilter, moment
from logistics_portal.kernel.parts import Count, counter, panel, seen_by
from orders.models import Order

from .. import services
from ..models import OrderCheck, Proposal
from .forms import NoteForm

WAREHOUSE = "warehouse"  # the page of an order in the warehouse, which is another app's


class ReasonForm(NoteForm):
    """A reason that stays among staff."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].label = _("Why")


def is_open(row: OrderCheck) -> bool:
    return row.status == OrderCheck.Status.OPEN


@admin.register(OrderCheck)
class OrderCheckAdmin(RecordAdmin):
    list_display = (
        "what",
        "badge",
        "order",
        "why",
        "asked_of",
        "is_blocking",
        "merchant",
        moment("asked_at", gettext_lazy("asked")),
    )
    list_filter = (
        ("status", ChoicesCheckboxFilter),
        ("asked_of", ChoicesCheckboxFilter),
        ("is_blocking", BooleanRadioFilter),
        ("merchant", TenantFilter),
    )
    list_select_related = ("order", "merchant", "decision", "settled_by")
    search_fields = ("=order__number", "order__consignee", "order__phone")
    search_help_text = gettext_lazy("Order number, name, phone number")
    fields = (
        ("order", "merchant"),
        ("what", "badge"),
        "why",
        ("asked_of", "is_blocking"),
        (moment("asked_at", gettext_lazy("asked")), "settled_at"),
        ("answer", "settled_by"),
        "note",
    )
    readonly_fields = ("what", "badge", "why")
    deeds = (
        Deed(
            "go",
            gettext_lazy("Let it go as it is"),
            do=lambda request, row, note: services.overrule_check(check=row, note=note, by=request.user),
            said=gettext_lazy("Settled: nobody waits for an answer any more."),
            when=is_open,
            form=ReasonForm,
            tone="good",
            many=False,
        ),
    )

    def row_name(self, row: OrderCheck) -> str:
        return f"{self.what(row)} · {row.order}"

    @display(description=gettext_lazy("what"), ordering="rule")
    def what(self, row: OrderCheck) -> str:
        return services.rule_label(row.rule)

    @display(description=pgettext_lazy("column", "why"))
    def why(self, row: OrderCheck) -> str:
        return services.reason_of(row.decision)


@admin.register(Proposal)
class ProposalAdmin(RecordAdmin):
    list_display = (
        "sum",
        "badge",
        "order",
        "why",
        "merchant",
        moment("proposed_at", gettext_lazy("proposed")),
        "decided_by",
    )
    list_filter = (("status", ChoicesCheckboxFilter), ("merchant", TenantFilter))
    list_select_related = ("order", "merchant", "decision", "decided_by")
    search_fields = ("=order__number", "order__consignee", "order__phone")
    search_help_text = gettext_lazy("Order number, name, phone number")
    fields = (("order", "merchant"), ("sum", "badge"), "why", ("proposed_at", "decided_at"), "decided_by")
    readonly_fields = ("sum", "badge", "why")
    deeds = (
        Deed(
            "accept",
            gettext_lazy("Pay it"),
            do=lambda request, row: services.accept_proposal(proposal=row, by=request.user),
            said=gettext_lazy("A refund of this sum is started."),
            when=lambda row: row.status == Proposal.Status.OPEN,
            tone="good",
            many=True,
        ),
        Deed(
            "decline",
            gettext_lazy("Pay nothing"),
            do=lambda request, row, note: services.decline_proposal(proposal=row, note=note, by=request.user),
            said=gettext_lazy("Nothing is paid for this delay."),
            when=lambda row: row.status == Proposal.Status.OPEN,
            form=ReasonForm,
            tone="bad",
        ),
    )

    @display(description=gettext_lazy("amount"), ordering="amount")
    def sum(self, row: Proposal) -> str:
        return f"{number_format(row.amount)} {row.currency}"

    def row_name(self, row: Proposal) -> str:
        return self.sum(row)

    @display(description=pgettext_lazy("column", "why"))
    def why(self, row: Proposal) -> str:
        return services.reason_of(row.decision)


def _told(checks: Any) -> list[dict[str, Any]]:
    rows = checks.select_related("decision", "settled_by").order_by("status", "-is_blocking", "pk")
    return [
        {
            "row": check,
            "what": services.rule_label(check.rule),
            "why": services.reason_of(check.decision),
            "is_open": is_open(check),
        }
        for check in rows
    ]


@panel(Order, gettext_lazy("Checks before it leaves"), "admin/panels/checks.html")
def checks_of(request: HttpRequest, order: Order) -> dict[str, Any]:
    return {
        "checks": _told(order.checks.all()),
        "proposals": [
            {"row": proposal, "why": services.reason_of(proposal.decision)}
            for proposal in Proposal.objects.filter(order=order).select_related("decision")
        ],
    }


@panel(WAREHOUSE, gettext_lazy("Ask before you pack"), "aftersales/warehouse_checks.html")
def checks_while_packing(request: HttpRequest, order: Order) -> dict[str, Any]:
    """What is open about an order; ``waits`` says that it should not be packed before that is settled."""
    found = _told(order.checks.open()) if order.status in (*services.BEFORE_PACKED, Order.Status.PACKED) else []
    return {"checks": found, "waits": any(one["row"].is_blocking for one in found)}


@counter("checks", gettext_lazy("Before it leaves"))
def count_checks(request: HttpRequest) -> list[Count]:
    ask = OrderCheck.AskedOf
    asked = (
        seen_by(request, OrderCheck)
        .filter(status=OrderCheck.Status.OPEN)
        .aggregate(
            customers=Tally("pk", filter=Q(asked_of=ask.CUSTOMER)), staff=Tally("pk", filter=Q(asked_of=ask.STAFF))
        )
    )
    proposals = seen_by(request, Proposal).filter(status=Proposal.Status.OPEN).count()
    return [
        Count(
            _("Customers are asked"),
            asked["customers"],
            OrderCheck,
            "status__exact=open&asked_of__exact=customer",
            "warn",
        ),
        Count(
            _("Staff are asked"),
            asked["staff"],
            OrderCheck,
            "status__exact=open&asked_of__exact=staff",
            "warn",
        ),
        Count(_("Compensations proposed"), proposals, Proposal, "status__exact=open", "warn"),
    ]
