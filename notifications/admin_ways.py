"""When and how messages go out, as staff set it; what they will cost; and addresses that are not written to."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesCheckboxFilter, RadioFilter
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTimeWidget

from customers.models import Customer
from logistics_portal.kernel.admin import Deed, RecordAdmin, StaffAdmin, TenantFilter, moment
from logistics_portal.kernel.parts import panel

from . import groups, kinds, services
from .channel_fields import ChannelsField, ChannelsInOrderField, channel_choices, channel_label
from .models import ClosedAddress, MessagePolicy, PassedChoice, Preference, Trigger
from .services import Way


def kind_label(code: str) -> str:
    """What people call a kind of message."""
    return str(kinds.KINDS[code].label) if code in kinds.KINDS else code


def language_label(code: str) -> str:
    """What people call a language."""
    return str(dict(settings.LANGUAGES).get(code, code))


@admin.display(description=gettext_lazy("Phone number"), ordering="number")
def phone(row: Any) -> str:
    """A column for rows whose ``number`` is a phone's."""
    return str(row.number)


class ChannelFilter(RadioFilter):
    """Channels by code, without asking the database which there are."""

    title = gettext_lazy("channel")
    parameter_name = "channel"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return channel_choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(channel=self.value()) if self.value() else queryset


class TriggerForm(forms.ModelForm):
    """One kind of message of one merchant."""

    kind = forms.ChoiceField(label=gettext_lazy("Message"), widget=UnfoldAdminSelectWidget)
    channels = ChannelsInOrderField(
        label=gettext_lazy("Channels"), help_text=gettext_lazy("The first that reaches the person is used")
    )
    beside = ChannelsField(
        label=gettext_lazy("In any case over"), help_text=gettext_lazy("Used besides, whatever the others do")
    )

    class Meta:
        model = Trigger
        fields = ("merchant", "kind", "is_on", "channels", "beside", "delay_minutes", "digest_minutes", "at_any_hour")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = [(code, kind.label) for code, kind in kinds.KINDS.items() if not kind.is_necessary]
        self.fields["kind"].choices = chosen  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.errors:
            return given
        way = Way(
            given["is_on"],
            tuple(given["channels"]),
            tuple(given["beside"]),
            timedelta(minutes=given["delay_minutes"]),
            timedelta(minutes=given["digest_minutes"]),
            given["at_any_hour"],
        )
        try:
            services.check_way(given["kind"], way)
        except services.UnableToSetTrigger as refusal:
            raise ValidationError(refusal.message) from None
        return given


@admin.register(Trigger)
class TriggerAdmin(StaffAdmin):
    """What a merchant wants otherwise than it is shipped."""

    form = TriggerForm
    list_display = ("what", "merchant", "is_on", "over", "besides", "delay_minutes", "digest_minutes", "at_any_hour")
    list_filter = (("merchant", TenantFilter), ("is_on", BooleanRadioFilter))
    list_select_related = ("merchant",)
    fields = (
        ("merchant", "kind"),
        "is_on",
        "channels",
        "beside",
        ("delay_minutes", "digest_minutes"),
        "at_any_hour",
    )

    def row_name(self, row: Trigger) -> str:
        return f"{self.what(row)} · {row.merchant}"

    @admin.display(description=gettext_lazy("message"), ordering="kind")
    def what(self, trigger: Trigger) -> str:
        return kind_label(trigger.kind)

    @admin.display(description=gettext_lazy("channels"))
    def over(self, trigger: Trigger) -> str:
        return " → ".join(map(channel_label, trigger.channels))

    @admin.display(description=gettext_lazy("in any case over"))
    def besides(self, trigger: Trigger) -> str:
        return ", ".join(map(channel_label, trigger.beside))


class MessagePolicyForm(forms.ModelForm):
    """Hours are told without seconds."""

    class Meta:
        model = MessagePolicy
        fields = ("merchant", "quiet_from", "quiet_until", "monthly_budget", "price_per_part", "currency")
        widgets = {name: UnfoldAdminTimeWidget(format="%H:%M") for name in ("quiet_from", "quiet_until")}


@admin.register(MessagePolicy)
class MessagePolicyAdmin(StaffAdmin):
    """Quiet hours and the month's budget; its page shows what both come to."""

    form = MessagePolicyForm

    list_display = ("merchant", "quiet_from", "quiet_until", "monthly_budget", "currency")
    list_select_related = ("merchant",)
    fields = ("merchant", ("quiet_from", "quiet_until"), ("monthly_budget", "price_per_part", "currency"))

    def row_name(self, row: MessagePolicy) -> str:
        return str(row.merchant)


@panel(MessagePolicy, gettext_lazy("This month's paid messages"), "admin/panels/outlook.html")
def outlook(request: HttpRequest, policy: MessagePolicy) -> dict[str, Any]:
    seen, terms = services.outlook_of(merchant=policy.merchant, on=timezone.now().date())
    lines = [
        {
            "label": kind_label(line.kind),
            "sent": line.sent,
            "expected": round(line.expected),
            "cost": terms.price * round(line.expected),
            "is_dropped": line.kind in seen.dropped,
        }
        for line in seen.lines
    ]
    return {"outlook": seen, "lines": lines, "budget": terms.budget, "currency": terms.currency}


@panel(MessagePolicy, gettext_lazy("What is told, and how"), "admin/panels/ways.html")
def ways(request: HttpRequest, policy: MessagePolicy) -> dict[str, Any]:
    own = {trigger.kind: trigger for trigger in Trigger.objects.filter(merchant=policy.merchant)}
    known = services.Ways({policy.merchant_id})
    rows = []
    for code, kind in kinds.KINDS.items():
        way = known.of(policy.merchant_id, code)
        told = services.told_over(code)
        rows.append(
            {
                "label": kind.label,
                "way": way,
                "channels": " → ".join(channel_label(channel) for channel in way.channels if channel in told),
                "beside": ", ".join(channel_label(channel) for channel in way.beside if channel in told),
                "delay": round(way.delay.total_seconds() / 60),
                "digest": round(way.digest.total_seconds() / 60),
                "is_own": code in own,
                "is_fixed": kind.is_necessary,
                "url": _edit_url(policy, code, way, own.get(code)),
            }
        )
    return {"rows": rows}


def _edit_url(policy: MessagePolicy, kind: str, way: Way, own: Trigger | None) -> str:
    if own:
        return reverse("admin:notifications_trigger_change", args=[own.pk])
    told = {
        "merchant": policy.merchant_id,
        "kind": kind,
        "channels": ",".join(way.channels),
        "beside": ",".join(way.beside),
        "delay_minutes": round(way.delay.total_seconds() / 60),
        "digest_minutes": round(way.digest.total_seconds() / 60),
        "at_any_hour": "1" if way.at_any_hour else "",
    }
    return f"{reverse('admin:notifications_trigger_add')}?{urlencode(told)}"


@admin.register(ClosedAddress)
class ClosedAddressAdmin(RecordAdmin):
    """Addresses belong to people, not to merchants, so the list is for superusers; customers' pages show theirs."""

    tenant = None
    list_display = (
        "address",
        "over",
        "reason",
        "why",
        moment("closed_at", pgettext_lazy("field", "closed at")),
        moment("reopened_at", pgettext_lazy("field", "reopened at")),
    )
    list_filter = (ChannelFilter, ("reason", ChoicesCheckboxFilter))
    search_fields = ("=address",)
    fields = (("over", "address"), "reason", "why", ("closed_at", "reopened_at"))
    readonly_fields = ("over",)
    deeds = (
        Deed(
            "reopen",
            gettext_lazy("Write to it again"),
            do=lambda request, closed: services.reopen_address(closed=closed),
            said=gettext_lazy("The address is written to again."),
            asks=gettext_lazy("Only if its holder asked for it, or the address was repaired."),
            when=lambda closed: closed.reopened_at is None,
        ),
    )

    def row_name(self, row: ClosedAddress) -> str:
        return row.address

    @admin.display(description=gettext_lazy("channel"), ordering="channel")
    def over(self, closed: ClosedAddress) -> str:
        return channel_label(closed.channel)


@panel(Customer, gettext_lazy("Choices of messages"), "admin/panels/choices.html")
def choices_of(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """What the customer said on their page, and what the merchant passed on; kinds and groups by their names."""
    numbers = list(customer.phone_numbers.filter(until__isnull=True).values_list("number", flat=True))
    own = Preference.objects.filter(number__in=numbers).order_by("channel", "kind")
    passed = PassedChoice.objects.filter(number__in=numbers, merchant=customer.merchant_id).select_related("api_key")
    return {
        "own": [(_group_label(row.kind), channel_label(row.channel), row) for row in own],
        "passed": [
            (_group_label(row.group), channel_label(row.channel), row) for row in passed.order_by("channel", "group")
        ],
    }


def _group_label(code: str) -> str:
    """What people call a group of kinds, a kind, or all of them."""
    if not code:
        return _("every message")
    return str(groups.BY_CODE[code].label) if code in groups.BY_CODE else kind_label(code)


@panel(Customer, gettext_lazy("Addresses that are not written to"), "admin/panels/closed.html")
def closed_of(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    numbers = [str(held.number) for held in customer.phone_numbers.all()]
    theirs: QuerySet[ClosedAddress] = ClosedAddress.objects.standing().filter(
        Q(address__in=[*numbers, customer.email.lower()])
    )
    return {"closed": [(channel_label(row.channel), row) for row in theirs.order_by("pk")]}
