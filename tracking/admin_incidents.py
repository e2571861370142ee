"""The work list of what went wrong: whose it is, by when, what the rule saw, and what the carrier answered."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count as Tally
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from logistics_portal.kernel.admin import Deed, RecordAdmin, TenantFilter, moment
from logistics_portal.kernel.parts import Count, counter, panel, seen_by
from orders.models import Order

from . import services
from .models import CarrierContact, Incident, Shipment, TrackingStatus
from .reasons import REASON_LABELS

CHANNELS = {
    "phone": gettext_lazy("Phone"),
    "email": gettext_lazy("Email"),
    "portal": gettext_lazy("The carrier's portal"),
    "chat": gettext_lazy("Chat"),
    "letter": gettext_lazy("Letter"),
}

EVIDENCE_LABELS: dict[str, str | Promise] = {
    "label_made_at": gettext_lazy("Label made"),
    "last_heard_at": gettext_lazy("Last heard"),
    "usual_silence_h": gettext_lazy("Hours this lane may be silent"),
    "km": gettext_lazy("Kilometers"),
    "hours": gettext_lazy("Hours between"),
    "address": gettext_lazy("Address"),
    "is_name_told": gettext_lazy("Signed with a name"),
    "last_reason": gettext_lazy("Last reason"),
    "held_since": gettext_lazy("Held since"),
    "waiting_since": gettext_lazy("Waiting since"),
    "place": gettext_lazy("Place"),
}


class ContactForm(forms.Form):
    channel = forms.ChoiceField(
        label=gettext_lazy("How"), choices=list(CHANNELS.items()), widget=UnfoldAdminSelectWidget
    )
    reference = forms.CharField(
        label=gettext_lazy("The carrier's case number"),
        max_length=80,
        required=False,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
    )
    note = forms.CharField(
        label=gettext_lazy("What was said"), max_length=4000, widget=UnfoldAdminTextareaWidget({"rows": 4})
    )


class ClosingForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("How it ended"),
        max_length=4000,
        widget=UnfoldAdminTextareaWidget({"rows": 4, "autofocus": True}),
    )


class StateFilter(admin.SimpleListFilter):
    """The list is a list of work, so what is done shows only to those who ask for it."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("overdue", _("Overdue")), ("closed", _("Closed")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("Open")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        if self.value() == "all":
            return queryset
        if self.value() == "closed":
            return queryset.filter(closed_at__isnull=False)
        return queryset.overdue() if self.value() == "overdue" else queryset.open()


class OwnerFilter(admin.SimpleListFilter):
    title = gettext_lazy("owner")
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("me", _("Mine")), ("nobody", _("Nobody's"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "me":
            return queryset.filter(owner=request.user.pk)
        return queryset.filter(owner__isnull=True) if self.value() == "nobody" else queryset


class RuleFilter(admin.SimpleListFilter):
    title = gettext_lazy("what happened")
    parameter_name = "rule"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return sorted(((code, _(rule.label)) for code, rule in services.RULES.items()), key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(rule=self.value()) if self.value() else queryset


@admin.register(Incident)
class IncidentAdmin(RecordAdmin):
    list_display = (
        "what",
        "due",
        "owner",
        "order_number",
        "numbers",
        "blame",
        "merchant",
        moment("opened_at", gettext_lazy("opened")),
    )
    list_filter = (StateFilter, OwnerFilter, RuleFilter, "blame", ("merchant", TenantFilter))
    list_select_related = ("shipment__order", "merchant", "owner")
    ordering = ("due_at", "pk")
    search_fields = ("=shipment__order__number", "=shipment__parcels__tracking_number")
    search_help_text = gettext_lazy("Order or tracking number")
    fields = (
        ("what", "blame"),
        ("shipment", "order_link"),
        ("opened_at", "due"),
        ("owner", "merchant"),
        ("closed_at", "ending"),
        "closing_note",
    )
    readonly_fields = ("what", "due", "order_link")
    deeds = (
        Deed(
            "take",
            gettext_lazy("Take it"),
            do=lambda request, row: services.take_incident(incident=row, by=request.user),
            said=gettext_lazy("You look after it now."),
            when=lambda row: row.closed_at is None and row.owner_id is None,
            tone="good",
            many=True,
        ),
        Deed(
            "add-contact",
            gettext_lazy("Note a contact with the carrier"),
            do=lambda request, row, **given: services.add_carrier_contact(incident=row, by=request.user, **given),
            said=gettext_lazy("The contact is noted."),
            form=ContactForm,
        ),
        Deed(
            "close",
            gettext_lazy("Close"),
            do=lambda request, row, note: services.close_incident(incident=row, by=request.user, note=note),
            said=gettext_lazy("The incident is closed and won't open again."),
            when=lambda row: row.closed_at is None,
            form=ClosingForm,
        ),
        Deed(
            "take-over",
            gettext_lazy("Take over"),
            do=lambda request, row: services.take_incident(incident=row, by=request.user, takes_over=True),
            said=gettext_lazy("You look after it now."),
            when=lambda row: row.closed_at is None and row.owner_id is not None,
            asks=gettext_lazy("Somebody looks after it already. Take it over only if they know."),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("shipment__parcels")

    def row_name(self, row: Incident) -> str:
        return f"{self.what(row)}: {row.shipment.order.number}"

    @display(description=gettext_lazy("what happened"), ordering="rule")
    def what(self, row: Incident) -> str:
        return _(services.incident_rule(row.rule).label)

    @display(description=gettext_lazy("due"), ordering="due_at")
    def due(self, row: Incident) -> SafeString | str:
        shown = f"{timezone.localtime(row.due_at):%Y-%m-%d %H:%M}"
        if row.closed_at or row.due_at > timezone.now():
            return shown
        return format_html('{} <span class="badge badge-exception">{}</span>', shown, _("Overdue"))

    @display(description=gettext_lazy("order"), ordering="shipment__order__number")
    def order_number(self, row: Incident) -> str:
        return row.shipment.order.number

    @display(description=gettext_lazy("order"))
    def order_link(self, row: Incident) -> SafeString:
        orders: Any = admin.site.get_model_admin(Order)
        url = orders.page_url(row.shipment.order)
        return format_html('<a href="{}">{}</a>', url, row.shipment.order.number)

    @display(description=gettext_lazy("tracking number"))
    def numbers(self, row: Incident) -> str:
        return ", ".join(parcel.tracking_number for parcel in row.shipment.parcels.all()) or "–"


@panel(Incident, gettext_lazy("What the rule saw"), "admin/panels/incident_evidence.html")
def evidence_of(request: HttpRequest, incident: Incident) -> dict[str, Any]:
    """The evidence as words: single facts, then scans."""
    facts = [
        (EVIDENCE_LABELS.get(name, name), _plain(value))
        for name, value in incident.evidence.items()
        if not isinstance(value, list)
    ]
    scans = [scan for value in incident.evidence.values() if isinstance(value, list) for scan in value]
    rule = services.incident_rule(incident.rule)
    return {
        "facts": facts,
        "scans": [_scan(scan) for scan in scans],
        "told": [_(text) for text in (rule.words, rule.next_words) if text],
        "rule": _(rule.label),
        "is_outbound": incident.shipment.direction == Shipment.Direction.OUTBOUND,
        "incident": incident,
    }


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, str) and (at := _moment(value)):
        return at
    return str(REASON_LABELS.get(value, value)) if isinstance(value, str) else str(value)


def _moment(text: str) -> str:
    try:
        at = parse_datetime(text)
    except ValueError:  # digits like those of a time that isn't one
        return ""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at and timezone.is_aware(at) else ""


def _scan(scan: dict[str, Any]) -> dict[str, Any]:
    labels = dict(TrackingStatus.choices)
    return {
        "status": scan["status"],
        "label": labels.get(scan["status"], scan["status"]),
        "reason": REASON_LABELS.get(scan["reason"], scan["reason"]),
        "place": ", ".join(filter(None, (scan["place"], scan["country"]))),
        "at": _moment(scan["occurred_at"] or ""),
        "heard": _moment(scan["recorded_at"]),
    }


@panel(Incident, gettext_lazy("Contacts with the carrier"), "admin/panels/contacts.html")
def contacts_of(request: HttpRequest, incident: Incident) -> dict[str, Any]:
    contacts = CarrierContact.objects.filter(incident=incident).select_related("by").order_by("-made_at", "-pk")
    return {
        "contacts": [{"row": row, "channel": CHANNELS.get(row.channel, row.channel)} for row in contacts],
        "carrier": services.carrier_label(incident.shipment.carrier),
    }


@panel(Shipment, gettext_lazy("Incidents"), "admin/panels/incidents.html")
def incidents_of(request: HttpRequest, shipment: Shipment) -> dict[str, Any]:
    return _listed(seen_by(request, Incident).filter(shipment=shipment))


@panel(Order, gettext_lazy("Incidents"), "admin/panels/incidents.html")
def incidents_of_order(request: HttpRequest, order: Order) -> dict[str, Any]:
    return _listed(seen_by(request, Incident).filter(shipment__order=order))


def _listed(rows: QuerySet) -> dict[str, Any]:
    contacts = Prefetch("contacts", CarrierContact.objects.order_by("pk"))
    found = rows.select_related("owner").prefetch_related(None).prefetch_related(contacts).order_by("-opened_at", "-pk")
    return {"incidents": [{"row": row, "what": _(services.incident_rule(row.rule).label)} for row in found]}


@counter("incidents", gettext_lazy("Incidents"))
def count_incidents(request: HttpRequest) -> list[Count]:
    numbers = (
        seen_by(request, Incident)
        .prefetch_related(None)
        .open()
        .aggregate(
            open=Tally("pk"),
            overdue=Tally("pk", filter=Q(due_at__lt=timezone.now())),
            mine=Tally("pk", filter=Q(owner=request.user.pk)),
        )
    )
    return [
        Count(_("Open"), numbers["open"], Incident),
        Count(_("Overdue"), numbers["overdue"], Incident, "state=overdue", "bad"),
        Count(_("Mine"), numbers["mine"], Incident, "owner=me"),
    ]
