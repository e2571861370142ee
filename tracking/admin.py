"""Parcels as staff see them: where each is, what was said of it by whom and when, and what we couldn't read."""

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count as Tally
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, ChoicesRadioFilter
from unfold.decorators import display

from logistics_portal.kernel.admin import (
    TIME_FORMAT,
    ConditionFilter,
    Deed,
    RecordAdmin,
    TenantFilter,
    WorkAdmin,
    WorkFilter,
    moment,
    start_of_today,
)
from logistics_portal.kernel.parts import Count, counter, may_see, panel, seen_by
from merchants.countries import country_name
from orders.models import Order

from . import admin_incidents, services  # noqa: F401 - importing the first registers its pages
from .admin_polls import CarrierFilter
from .models import FINAL, CarrierPayload, ParcelLine, Shipment, TrackingEvent, TrackingStatus
from .reasons import REASON_LABELS
from .services.shipments import normalize_number

QUIET_AFTER = timedelta(days=3)
PROBLEMS = (TrackingStatus.EXCEPTION, TrackingStatus.ATTEMPT_FAILED)
A_DAY = timedelta(days=1)
SHOWN_AT_MOST = 200_000  # characters of a payload


def reason_words(code: str) -> str:
    return str(REASON_LABELS.get(code, code)) or "–"


def under_way() -> Q:
    return ~Q(status__in=FINAL)


def quiet() -> Q:
    """Under way, and no news for days: complained of by customers before the carrier says anything."""
    since = timezone.now() - QUIET_AFTER
    return under_way() & (Q(last_event_at__lt=since) | Q(last_event_at__isnull=True, created_at__lt=since))


def delivered_today() -> Q:
    return Q(status=TrackingStatus.DELIVERED, delivered_at__gte=start_of_today())


class SituationFilter(ConditionFilter):
    title = gettext_lazy("situation")
    parameter_name = "now"
    conditions = {
        "under_way": (gettext_lazy("Under way"), under_way),
        "problem": (gettext_lazy("Problem"), lambda: Q(status__in=PROBLEMS)),
        "quiet": (gettext_lazy("No news for 3 days"), quiet),
        "delivered_today": (gettext_lazy("Delivered today"), delivered_today),
    }


class UnknownCodesFilter(ConditionFilter):
    title = gettext_lazy("unknown codes")
    parameter_name = "unknown"
    conditions = {
        "day": (
            gettext_lazy("In the last 24 hours"),
            lambda: ~Q(unknown_codes=[]) & Q(received_at__gte=timezone.now() - A_DAY),
        ),
        "any": (gettext_lazy("At any time"), lambda: ~Q(unknown_codes=[])),
    }


@admin.register(Shipment)
class ShipmentAdmin(RecordAdmin):
    list_display = (
        "numbers",
        "carrier_name",
        "badge",
        "order",
        "direction",
        moment("last_event_at", gettext_lazy("last news")),
        "last_place",
        "eta",
    )
    list_filter = (
        SituationFilter,
        ("status", ChoicesCheckboxFilter),
        CarrierFilter,
        ("direction", ChoicesRadioFilter),
        ("merchant", TenantFilter),
    )
    list_select_related = ("order", "merchant")
    search_help_text = gettext_lazy("Tracking number or order number")
    search_fields = ("parcels__tracking_number",)
    fields = (
        ("order", "merchant"),
        ("carrier_name", "service"),
        ("badge", "why"),
        ("direction", "created_at"),
        ("last_event_at", "last_place"),
        ("eta", "delivered_at"),
        ("signed_by", "version"),
    )
    readonly_fields = ("badge", "why", "carrier_name", "eta")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("parcels")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """By tracking number, else by order number; a beginning of at least six characters will do."""
        term = search_term.strip()
        if not term:
            return queryset, False
        number = normalize_number(term)
        for found in (
            Q(parcels__tracking_number=number) | Q(order__number=term),
            Q(parcels__tracking_number__startswith=number) if len(number) >= 6 else Q(pk__in=[]),
        ):
            ids = list(queryset.filter(found).order_by().values_list("pk", flat=True)[:500])
            if ids:
                return queryset.filter(pk__in=ids), False
        return queryset.none(), False

    @display(description=gettext_lazy("tracking number"))
    def numbers(self, shipment: Shipment) -> str:
        return ", ".join(parcel.tracking_number for parcel in shipment.parcels.all()) or "–"

    @display(description=pgettext_lazy("field", "day the carrier expects"), ordering="carrier_eta")
    def eta(self, shipment: Shipment) -> str:
        return f"{shipment.carrier_eta:%Y-%m-%d}" if shipment.carrier_eta else "–"

    @display(description=gettext_lazy("carrier"), ordering="carrier")
    def carrier_name(self, shipment: Shipment) -> str:
        return services.carrier_label(shipment.carrier)

    @display(description=pgettext_lazy("field", "reason"))
    def why(self, shipment: Shipment) -> str:
        return reason_words(shipment.reason)

    def row_name(self, row: Shipment) -> str:
        return f"{services.carrier_label(row.carrier)} {self.numbers(row)}"


@admin.register(TrackingEvent)
class TrackingEventAdmin(RecordAdmin):
    tenant = "parcel__merchant"
    list_display = (
        "parcel",
        "badge",
        "local",
        moment("recorded_at", gettext_lazy("recorded")),
        "code",
        "place",
        "source",
    )
    list_filter = (
        ("status", ChoicesCheckboxFilter),
        ("source", ChoicesRadioFilter),
        ("offset_source", ChoicesRadioFilter),
        ("parcel__merchant", TenantFilter),
    )
    list_select_related = ("parcel",)
    search_fields = ("=parcel__tracking_number", "=code")
    search_help_text = gettext_lazy("Tracking number or carrier's code")
    fields = (
        ("parcel", "payload"),
        ("badge", "why"),
        ("source", "told_by_name"),
        ("code", "description"),
        ("place", "in_country"),
        ("local", "offset_source"),
        ("recorded_at", "signed_by"),
    )
    readonly_fields = ("badge", "why", "local", "told_by_name", "in_country")

    @display(description=gettext_lazy("happened, on the place's clock"), ordering="occurred_at")
    def local(self, event: TrackingEvent) -> str:
        return event.local_time.strftime("%Y-%m-%d %H:%M %z") if event.local_time else "–"

    @display(description=pgettext_lazy("field", "country"))
    def in_country(self, event: TrackingEvent) -> str:
        return country_name(event.country)

    @display(description=pgettext_lazy("field", "reason"))
    def why(self, event: TrackingEvent) -> str:
        return reason_words(event.reason)

    def row_name(self, row: TrackingEvent) -> str:
        return f"{row.get_status_display()} {self.local(row)}"

    @display(description=pgettext_lazy("field", "told by"))
    def told_by_name(self, event: TrackingEvent) -> str:
        return services.carrier_label(event.told_by) if event.told_by else "–"


@admin.register(CarrierPayload)
class CarrierPayloadAdmin(WorkAdmin):
    """What carriers sent, as it came. One of the portal's own account may tell of several tenants' parcels."""

    tenant = "account__merchant"
    list_display = (
        moment("received_at", gettext_lazy("received")),
        "carrier_name",
        "outcome_badge",
        "numbers",
        "codes",
        "note",
        "state",
    )
    list_filter = (
        WorkFilter,
        ("outcome", ChoicesCheckboxFilter),
        UnknownCodesFilter,
        CarrierFilter,
        ("account", TenantFilter),
    )
    list_select_related = ("account",)
    search_help_text = gettext_lazy("Tracking number, exactly")
    search_fields = ("note",)
    fields = (
        ("carrier_name", "account"),
        ("received_at", "outcome_badge"),
        ("numbers", "codes"),
        "note",
        ("attempts", "due_at", "done_at"),
        "last_error",
    )
    readonly_fields = ("carrier_name", "outcome_badge", "numbers", "codes")
    actions = ("try_all_again", "read_all_again")
    deeds = (
        Deed(
            "read-again",
            gettext_lazy("Read again"),
            do=lambda request, row: services.read_again(payloads=CarrierPayload.objects.filter(pk=row.pk)),
            said=gettext_lazy("It is read again now. Nothing is doubled by it."),
            tone="good",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("body")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        number = normalize_number(search_term)
        return (queryset.filter(tracking_numbers__contains=[number]) if number else queryset), False

    @admin.action(description=gettext_lazy("Read again"), permissions=["act"])
    def read_all_again(self, request: HttpRequest, rows: QuerySet) -> None:
        count = services.read_again(payloads=CarrierPayload.objects.filter(pk__in=rows.order_by().values("pk")))
        said = ngettext("%d payload is read again now.", "%d payloads are read again now.", count)
        messages.success(request, said % count)

    def row_name(self, row: CarrierPayload) -> str:
        at = timezone.localtime(row.received_at)
        return f"{services.carrier_label(row.carrier)} {at:%Y-%m-%d %H:%M:%S}"

    @display(description=gettext_lazy("carrier"), ordering="carrier")
    def carrier_name(self, row: CarrierPayload) -> str:
        return services.carrier_label(row.carrier)

    @display(description=gettext_lazy("outcome"), ordering="outcome")
    def outcome_badge(self, row: CarrierPayload) -> SafeString:
        return format_html('<span class="badge badge-{}">{}</span>', row.outcome, row.get_outcome_display())

    @display(description=gettext_lazy("tracking numbers"))
    def numbers(self, row: CarrierPayload) -> str:
        return ", ".join(row.tracking_numbers[:3]) or "–"

    @display(description=gettext_lazy("unknown codes"))
    def codes(self, row: CarrierPayload) -> str:
        return ", ".join(row.unknown_codes) or "–"


def timeline(request: HttpRequest, shipments: QuerySet) -> list[dict[str, Any]]:
    """Shipments with every event of their parcels, for `admin/panels/timeline.html`; a fixed number of queries."""
    events = Prefetch("parcels__events", TrackingEvent.objects.latest_first())
    contents = Prefetch("parcels__contents", ParcelLine.objects.select_related("order_line").order_by("order_line"))
    found = list(
        shipments.select_related("handover")
        .prefetch_related(events, contents, "parcels__poll", "proofs__courier")
        .order_by("pk")
    )
    told = {event.payload_id for row in found for parcel in row.parcels.all() for event in parcel.events.all()}
    seen: set[Any] = set()
    if told and may_see(request, CarrierPayload):
        seen = set(seen_by(request, CarrierPayload).filter(pk__in=told).values_list("pk", flat=True))
    return [
        {"shipment": row, "carrier": services.carrier_label(row.carrier), "payloads": seen, "format": TIME_FORMAT}
        for row in found
    ]


@panel(Order, gettext_lazy("Parcels"), "admin/panels/shipments.html")
def shipments_of(request: HttpRequest, order: Order) -> dict[str, Any]:
    return {"shipments": timeline(request, order.shipments.all())}


@panel(Shipment, gettext_lazy("Timeline"), "admin/panels/shipments.html")
def timeline_of(request: HttpRequest, shipment: Shipment) -> dict[str, Any]:
    return {"shipments": timeline(request, Shipment.objects.filter(pk=shipment.pk))}


@panel(CarrierPayload, gettext_lazy("As it came in"), "admin/panels/payload.html")
def body_of(request: HttpRequest, payload: CarrierPayload) -> dict[str, Any]:
    text = bytes(payload.body).decode("utf-8", errors="replace")
    if text.lstrip()[:1] in ("{", "["):
        with suppress(ValueError):  # cut off or not JSON after all: shown as it came
            text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return {"text": text[:SHOWN_AT_MOST], "is_cut": len(text) > SHOWN_AT_MOST, "events": payload.events.count()}


@counter("parcels", gettext_lazy("Parcels"))
def count_parcels(request: HttpRequest) -> list[Count]:
    numbers = (
        seen_by(request, Shipment)
        .prefetch_related(None)
        .aggregate(
            under_way=Tally("pk", filter=under_way()),
            out=Tally("pk", filter=Q(status=TrackingStatus.OUT_FOR_DELIVERY)),
            delivered=Tally("pk", filter=delivered_today()),
            problems=Tally("pk", filter=Q(status__in=PROBLEMS)),
            quiet=Tally("pk", filter=quiet()),
        )
    )
    return [
        Count(_("Under way"), numbers["under_way"], Shipment, "now=under_way"),
        Count(_("Out for delivery"), numbers["out"], Shipment, "status__exact=out_for_delivery"),
        Count(_("Delivered today"), numbers["delivered"], Shipment, "now=delivered_today", "good"),
        Count(_("Problems"), numbers["problems"], Shipment, "now=problem", "bad"),
        Count(_("No news for 3 days"), numbers["quiet"], Shipment, "now=quiet", "warn"),
    ]


@counter("carriers", gettext_lazy("Carriers"))
def count_payloads(request: HttpRequest) -> list[Count]:
    numbers = seen_by(request, CarrierPayload).aggregate(
        unknown=Tally("pk", filter=UnknownCodesFilter.conditions["day"][1]()),
        unreadable=Tally("pk", filter=Q(outcome=CarrierPayload.Outcome.UNREADABLE)),
        unmatched=Tally("pk", filter=Q(outcome=CarrierPayload.Outcome.UNMATCHED)),
    )
    return [
        Count(_("Unknown codes in 24 hours"), numbers["unknown"], CarrierPayload, "unknown=day", "warn"),
        Count(_("Unreadable payloads"), numbers["unreadable"], CarrierPayload, "outcome__exact=unreadable", "bad"),
        Count(_("Waiting for their parcel"), numbers["unmatched"], CarrierPayload, "outcome__exact=unmatched"),
    ]
