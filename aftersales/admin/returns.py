"""Returns, as staff see them."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter
from unfold.decorators import display

import tracking.services
from logistics_portal.kernel.admin import Deed, RecordAdmin, TenantFilter, WorkAdmin, WorkFilter, moment
from logistics_portal.kernel.parts import panel

from .. import services
from ..models import Refund, Return, ReturnClock
from ..services.cases import delivered_at as arrived
from ..services.closing import extra_cause
from ..story import story_of
from .decided import in_words
from .forms import NoteForm, OptionalNoteForm
from .return_forms import AmountForm, InspectForm, ReceiveForm
from .unasked import FOUND, note_unannounced, say_what_is_in_it


def is_requested(row: Return) -> bool:
    return row.status == Return.Status.REQUESTED


def is_received(row: Return) -> bool:
    return row.status == Return.Status.RECEIVED


def is_coming(row: Return) -> bool:
    return row.status in (Return.Status.APPROVED, Return.Status.PARTLY_RECEIVED)


def _receive(request: HttpRequest, row: Return, *, line: UUID, is_last: bool, **found: Any) -> None:
    services.receive_return(
        return_case=row,
        counts={line: services.Count(**found)},
        is_last=is_last,
        by=request.user,  # type: ignore[arg-type]
    )


def _inspect(request: HttpRequest, row: Return, *, line: UUID, **found: Any) -> None:
    services.inspect_return(
        return_case=row,
        counts={line: services.Count(**found)},
        by=request.user,  # type: ignore[arg-type]
    )


def _pay_part(request: HttpRequest, row: Return, *, amount: Decimal, note: str) -> None:
    """One part for each amount: who clicks twice pays once."""
    services.refund_amount(order=row.order, amount=amount, cause=f"goodwill:{row.number}:{amount}"[:100], note=note)


@admin.register(Return)
class ReturnAdmin(RecordAdmin):
    list_display = (
        "number",
        "badge",
        "money",
        "order",
        "consignee",
        "reason",
        "merchant",
        moment("requested_at", gettext_lazy("requested")),
        moment("refund_due_at", gettext_lazy("refund due")),
    )
    list_filter = (
        ("status", ChoicesCheckboxFilter),
        ("reason", ChoicesCheckboxFilter),
        ("origin", ChoicesCheckboxFilter),
        ("resolution", ChoicesCheckboxFilter),
        ("law", ChoicesCheckboxFilter),
        ("merchant", TenantFilter),
    )
    list_select_related = ("order", "merchant", "refund")
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
            "keep",
            gettext_lazy("Refund without return"),
            do=lambda request, row, note="": services.keep_return(return_case=row, by=request.user, note=note),
            said=gettext_lazy("The customer keeps the goods; the refund is started."),
            when=lambda row: is_requested(row) or row.can_be_sent,
            form=OptionalNoteForm,
        ),
        Deed(
            "reject",
            gettext_lazy("Decline"),
            do=lambda request, row, note: services.reject_return(return_case=row, by=request.user, note=note),
            said=gettext_lazy("The return is declined; the customer is told why."),
            when=lambda row: is_requested(row) and not row.law,
            form=NoteForm,
            tone="bad",
        ),
        Deed(
            "receive",
            gettext_lazy("Mark as received"),
            do=lambda request, row: services.receive_return(return_case=row, by=request.user),
            said=gettext_lazy("The goods are received; a refund waits to be paid."),
            when=is_coming,
            asks=gettext_lazy("The goods are in your hands and complete: the refund is started and stock is put back."),
            tone="good",
            many=True,
        ),
        Deed(
            "count",
            gettext_lazy("Receive a part"),
            do=_receive,
            said=gettext_lazy("What came is noted."),
            when=is_coming,
            form=ReceiveForm,
        ),
        Deed(
            "inspect",
            gettext_lazy("Inspect"),
            do=_inspect,
            said=gettext_lazy("What was found is noted."),
            when=lambda row: row.received_at is not None,
            form=InspectForm,
        ),
        Deed(
            "accept-goods",
            gettext_lazy("Pay for the rest"),
            do=lambda request, row, note="": services.judge_goods(
                return_case=row, accept=True, note=note, by=request.user
            ),
            said=gettext_lazy("The customer gets what was asked for."),
            when=is_received,
            form=OptionalNoteForm,
            tone="good",
        ),
        Deed(
            "decline-goods",
            gettext_lazy("Decline the rest"),
            do=lambda request, row, note: services.judge_goods(
                return_case=row, accept=False, note=note, by=request.user
            ),
            said=gettext_lazy("The customer is told why nothing is paid for it."),
            when=is_received,
            form=NoteForm,
            tone="bad",
        ),
        Deed(
            "repair",
            gettext_lazy("Repair done"),
            do=lambda request, row, note: services.finish_repair(return_case=row, note=note),
            said=gettext_lazy("The repair is done; the customer is told."),
            when=lambda row: is_received(row) and row.resolution == Return.Resolution.REPAIR,
            form=NoteForm,
            tone="good",
        ),
        Deed(
            "pay-part",
            gettext_lazy("Refund an amount"),
            do=_pay_part,
            said=gettext_lazy("The refund is started."),
            form=AmountForm,
        ),
        Deed(
            "cancel",
            gettext_lazy("Call off"),
            do=lambda request, row: services.cancel_return(return_case=row),
            said=gettext_lazy("The return is called off."),
            when=lambda row: is_requested(row) or row.can_be_sent,
            asks=gettext_lazy("The customer keeps the goods and nothing is paid back."),
            tone="bad",
        ),
        Deed(
            "reopen",
            gettext_lazy("Open again"),
            do=lambda request, row: services.reopen_return(return_case=row, by=request.user),
            said=gettext_lazy("The return is open again."),
            when=lambda row: row.status in (Return.Status.REJECTED, Return.Status.CANCELED, Return.Status.EXPIRED),
            asks=gettext_lazy("It is decided, or sent, once more; the customer is told."),
        ),
    )

    @display(description=pgettext_lazy("field", "refund"), ordering="refund__status")
    def money(self, row: Return) -> SafeString | None:
        """What became of the money, which the status of the goods doesn't tell."""
        refund: Refund | None = getattr(row, "refund", None)
        if refund is None:
            return None
        kind = f"badge-{refund.status} of-refund"
        return format_html('<span class="badge {}">{}</span>', kind, refund.get_status_display())

    @display(description=gettext_lazy("customer"), ordering="order__consignee")
    def consignee(self, row: Return) -> str:
        return row.order.consignee

    def get_urls(self) -> list[URLPattern]:
        inside = self.admin_site.admin_view
        return [
            path("unannounced/<uuid:order_id>/", inside(note_unannounced), name="aftersales_return_unannounced"),
            path("found/<uuid:return_id>/", inside(say_what_is_in_it), name="aftersales_return_found"),
            *super().get_urls(),
        ]


@panel(Return, gettext_lazy("Return"), "admin/panels/asked.html")
def asked(request: HttpRequest, row: Return) -> dict[str, Any]:
    zone = tracking.services.place_zone(row.order)
    return {
        "return_case": row,
        "order": row.order,
        "shipment": row.shipment,
        "carrier": tracking.services.carrier_label(row.shipment.carrier) if row.shipment else "",
        "arrived": arrived(row.order),
        "story": story_of(row, zone=zone, now=timezone.now()),
        "exchange": getattr(row, "exchange", None),
    }


@panel(Return, gettext_lazy("What is sent back"), "admin/panels/return.html")
def return_lines(request: HttpRequest, row: Return) -> dict[str, Any]:
    extra = Refund.objects.filter(merchant=row.merchant_id, cause__startswith=extra_cause(row))
    return {
        "return_case": row,
        "lines": row.lines.select_related("order_line", "exchange_line__item")
        .prefetch_related("inspections__inspected_by")
        .order_by("pk"),
        "photos": row.photos.defer("jpeg").order_by("pk"),
        "token": row.order.token,
        "is_unknown": FOUND.when(row),
        "decisions": in_words(row.decisions.select_related("decided_by", "overrules__decided_by").order_by("pk")),
        "refunds": [*Refund.objects.filter(return_case=row), *extra],
    }


@admin.register(ReturnClock)
class ReturnClockAdmin(WorkAdmin):
    """Approved returns that are looked at again, to remind of them and to end them."""

    tenant = "return_case__merchant"
    list_display = ("return_case", "state", moment("due_at", gettext_lazy("next look")), "attempts", "last_error")
    list_filter = (WorkFilter, ("return_case__merchant", TenantFilter))
    list_select_related = ("return_case__merchant",)
    search_fields = ("=return_case__number",)
    fields = ("return_case", "reminded_at", "due_at", "done_at", "attempts", "last_error")
