"""Orders as staff see them: found by anything a caller may have at hand, and shown whole on one page."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count as Tally
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter
from unfold.decorators import display

import customers.services
from customers.models import Customer
from logistics_portal.kernel.admin import ConditionFilter, Deed, RecordAdmin, TenantFilter, moment, start_of_today
from logistics_portal.kernel.parts import Count, counter, panel, seen_by
from merchants.models import Merchant

from . import (
    admin_reorders,  # noqa: F401 - importing it registers its pages
    services,
)
from .models import By, ImportProblem, ImportRun, Order

FOUND_AT_MOST = 500
PROBLEMS_SHOWN = 200
OPENINGS_SHOWN = 50
BEFORE_PACKED = (Order.Status.PLACED, Order.Status.PICKING)
WAREHOUSES_TURN = (*BEFORE_PACKED, Order.Status.PARTLY_SHIPPED)
STEPS = (
    ("placed_at", gettext_lazy("Placed")),
    ("picking_at", gettext_lazy("Picking began")),
    ("packed_at", gettext_lazy("Packed")),
    ("shipped_at", gettext_lazy("Shipped")),
    ("completed_at", gettext_lazy("Delivered")),
    ("canceled_at", gettext_lazy("Canceled")),
)


class PlacedFilter(ConditionFilter):
    """Orders of today, by the clock that the page shows."""

    title = gettext_lazy("placed")
    parameter_name = "placed"
    conditions = {"today": (gettext_lazy("Today"), lambda: Q(placed_at__gte=start_of_today()))}


class ToPackFilter(ConditionFilter):
    """What the warehouse has before it."""

    title = gettext_lazy("turn")
    parameter_name = "turn"
    conditions = {"warehouse": (gettext_lazy("The warehouse's turn"), lambda: Q(status__in=WAREHOUSES_TURN))}


@admin.register(Order)
class OrderAdmin(RecordAdmin):
    change_form_template = "admin/order.html"
    list_display = (
        "number",
        "badge",
        "customer_name",
        "phone",
        "parcels",
        "merchant",
        moment("placed_at", gettext_lazy("placed")),
    )
    list_filter = (
        ("status", ChoicesCheckboxFilter),
        PlacedFilter,
        ToPackFilter,
        ("merchant", TenantFilter),
    )
    list_select_related = ("merchant", "customer")
    search_fields = ("number", "consignee", "customer__name", "email")
    search_help_text = gettext_lazy(
        "Order number, tracking number, phone number or its last four digits, email or name"
    )
    fields = ("number",)
    deeds = (
        Deed(
            "start-picking",
            gettext_lazy("Start picking"),
            do=lambda request, order: services.start_picking(order=order),
            said=gettext_lazy("Picking has begun."),
            when=lambda order: order.status == Order.Status.PLACED,
            tone="good",
            many=True,
        ),
        Deed(
            "pack",
            gettext_lazy("Mark as packed"),
            do=lambda request, order: services.pack_order(order=order),
            said=gettext_lazy("Packed."),
            when=lambda order: order.status in BEFORE_PACKED,
            tone="good",
            many=True,
        ),
        Deed(
            "cancel",
            gettext_lazy("Cancel the order"),
            do=lambda request, order: services.cancel_order(order=order),
            said=gettext_lazy("The order is canceled."),
            when=lambda order: order.can_be_canceled,
            asks=gettext_lazy("Its stock is given back and the customer is told. This can't be taken back."),
            tone="bad",
        ),
        Deed(
            "call-off-rest",
            gettext_lazy("Call off the rest"),
            do=lambda request, order: services.call_off_rest(order=order),
            said=gettext_lazy("What had not left will not come."),
            when=lambda order: order.status == Order.Status.PARTLY_SHIPPED,
            asks=gettext_lazy(
                "What has not left yet will not be sent, and its stock is free again. Pay its money back with a refund."
            ),
            tone="bad",
        ),
        Deed(
            "revoke-links",
            gettext_lazy("Revoke the links"),
            do=lambda request, order: services.close_other_links(order=order, keep="", by=By.MERCHANT),
            said=gettext_lazy("The links that were sent so far no longer work."),
            asks=gettext_lazy(
                "Every link of this order that was sent so far stops working, and receivers get no more messages."
            ),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("merchant", "customer")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The rows of one page with their parcels, in two more queries whatever the number of rows."""
        changelist = super().get_changelist_instance(request)
        changelist.result_list = changelist.result_list.prefetch_related("shipments__parcels")
        return changelist

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """What is exact comes first, each by its own index; only when nothing is, parts of names are looked for."""
        term = search_term.strip()
        if not term:
            return queryset, False
        exact = exact_matches(self.get_queryset(request).order_by(), term, regions_of(request))
        ids = [row[0] for row in exact[0].union(*exact[1:])[:FOUND_AT_MOST]]
        if ids:
            return queryset.filter(pk__in=ids), False
        loose = Q(number__istartswith=term) | Q(consignee__icontains=term) | Q(customer__name__icontains=term)
        return queryset.filter(loose | Q(email__istartswith=term)), False

    @display(description=gettext_lazy("customer"), ordering="consignee")
    def customer_name(self, order: Order) -> str:
        return order.consignee

    @display(description=gettext_lazy("parcels"))
    def parcels(self, order: Order) -> str:
        """What goes to the customer, by the name that its own page has: carrier and numbers."""
        out = [shipment for shipment in order.shipments.all() if shipment.direction == "outbound"]
        pages: list[Any] = [admin.site.get_model_admin(type(row)) for row in out]
        named = [page.row_name(row) for page, row in zip(pages, out, strict=True)]
        return ", ".join(named[:2]) + (f" +{len(named) - 2}" if len(named) > 2 else "")


class FinishedFilter(ConditionFilter):
    """Runs that came to their end, and those that were cut off."""

    title = gettext_lazy("state")
    parameter_name = "state"
    conditions = {
        "open": (gettext_lazy("Not finished"), lambda: Q(finished_at__isnull=True)),
        "problems": (gettext_lazy("With rows left out"), lambda: Q(rows_reported__gt=0)),
    }


@admin.register(ImportRun)
class ImportRunAdmin(RecordAdmin):
    """Files of past orders, and what of them was left out."""

    list_display = (
        "source",
        "merchant",
        "mapping",
        "rows_stored",
        "rows_reported",
        moment("started_at", pgettext_lazy("import", "started")),
        moment("finished_at", gettext_lazy("finished")),
    )
    list_filter = (FinishedFilter, ("merchant", TenantFilter))
    list_select_related = ("merchant",)
    search_fields = ("source", "mapping")
    search_help_text = gettext_lazy("Name of the file or of its map")
    fields = (
        ("source", "merchant"),
        ("mapping", "digest"),
        ("rows_stored", "rows_reported"),
        ("started_at", "finished_at"),
    )


class RunFilter(TenantFilter):
    """Runs of the merchants that the user sees, the latest first."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[Any, str]]:
        return [(row.pk, str(row)) for row in seen_by(request, ImportRun).order_by("-pk")[:100]]


@admin.register(ImportProblem)
class ImportProblemAdmin(RecordAdmin):
    """Rows that were left out of imports, by line."""

    tenant = "run__merchant"
    ordering = ("-run", "line")
    list_display = ("line", "reason", "run")
    list_filter = (("run", RunFilter), ("run__merchant", TenantFilter))
    list_select_related = ("run",)
    search_fields = ("reason", "=line")
    search_help_text = gettext_lazy("Words of the reason, or the line's number")
    fields = (("run", "line"), "reason")

    def row_name(self, row: ImportProblem) -> str:
        return f"{row.run}: {row.line}"


def regions_of(request: HttpRequest) -> list[str]:
    """Where a phone number without a country code may belong: the countries of the merchants that the user sees."""
    merchants: Any = Merchant.objects
    return list(merchants.for_staff(request.user).values_list("country", flat=True).distinct()[:20])


def exact_matches(orders: Any, term: str, regions: list[str]) -> list[QuerySet]:
    """Id queries for everything that ``term`` may be exactly."""
    found = [
        orders.filter(number=term),
        orders.filter(shipments__parcels__tracking_number=term.replace(" ", "").upper()),
        orders.filter(email=term.lower()),
    ]
    if numbers := customers.services.possible_numbers(term, regions):
        found.append(orders.filter(phone__in=numbers))
    if len(term) == 4 and term.isdigit():
        found.append(orders.with_last_four(term))
    return [query.values_list("pk") for query in found]


def steps_of(order: Order) -> list[dict[str, Any]]:
    """What the order went through, each step with the time since the one before."""
    steps: list[dict[str, Any]] = []
    before: datetime | None = None
    for field, label in STEPS:
        at = getattr(order, field)
        if at is None:
            continue
        steps.append({"label": label, "at": at, "after": timesince(before, at, depth=1) if before else ""})
        before = at
    return steps


@panel(Order, gettext_lazy("Order"), "admin/panels/order.html")
def summary(request: HttpRequest, order: Order) -> dict[str, Any]:
    return {"order": order, "steps": steps_of(order), "expires_early": services.expires_early(order)}


@panel(Order, gettext_lazy("Lines"), "admin/panels/lines.html")
def lines(request: HttpRequest, order: Order) -> dict[str, Any]:
    return {"order": order, "lines": order.lines.order_by("pk")}


@panel(Order, gettext_lazy("Links and receivers"), "admin/panels/access.html")
def access(request: HttpRequest, order: Order) -> dict[str, Any]:
    """Who may follow the order, and who opened it."""
    links = services.links_of(order)
    names = {link.name: link for link in links}
    openings = [(row, names.get(row.link)) for row in services.openings_of(order)[:OPENINGS_SHOWN]]
    return {"links": links, "openings": openings}


@panel(ImportRun, gettext_lazy("Rows left out"), "admin/panels/import_problems.html")
def problems_of(request: HttpRequest, run: ImportRun) -> dict[str, Any]:
    return {"run": run, "problems": run.problems.order_by("line")[:PROBLEMS_SHOWN], "shown": PROBLEMS_SHOWN}


@panel(ImportProblem, gettext_lazy("As it stood in the file"), "admin/panels/import_row.html")
def row_of(request: HttpRequest, problem: ImportProblem) -> dict[str, Any]:
    return {"row": problem.row}


@panel(Customer, gettext_lazy("Orders"), "admin/panels/orders.html")
def orders_of(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    return {"orders": customer.orders.order_by("-pk")[:50]}


@counter("orders", gettext_lazy("Orders"))
def count_orders(request: HttpRequest) -> list[Count]:
    seen = seen_by(request, Order)
    numbers = seen.aggregate(
        today=Tally("pk", filter=Q(placed_at__gte=start_of_today())),
        to_pack=Tally("pk", filter=Q(status__in=WAREHOUSES_TURN)),
        packed=Tally("pk", filter=Q(status=Order.Status.PACKED)),
    )
    return [
        Count(_("Placed today"), numbers["today"], Order, "placed=today"),
        Count(_("To pack"), numbers["to_pack"], Order, "turn=warehouse"),
        Count(_("Waiting for the carrier"), numbers["packed"], Order, "status__exact=packed"),
    ]
