"""Carriers that are asked, as staff see them: the accounts that ask, and the parcels they ask about."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesCheckboxFilter, DropdownFilter
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from logistics_portal.kernel.admin import (
    TIME_FORMAT,
    ConditionFilter,
    Deed,
    RecordAdmin,
    StaffAdmin,
    TenantFilter,
    WorkFilter,
    moment,
)

from . import services
from .models import Asking, CarrierAccount, Poll
from .services.shipments import normalize_number

CREDENTIAL = "credential_"


class CarrierFilter(DropdownFilter):
    """Carriers by name, without asking the database which there are."""

    title = gettext_lazy("carrier")
    parameter_name = "carrier"
    path = "carrier"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return sorted((code, services.carrier_label(code)) for code in services.CARRIERS)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(**{self.path: self.value()}) if self.value() else queryset


class ParcelCarrierFilter(CarrierFilter):
    path = "parcel__carrier"


class CarrierAccountForm(forms.ModelForm):
    """Secrets are written, never shown: a field that is left empty keeps what is stored."""

    carrier = forms.ChoiceField(label=gettext_lazy("Carrier"), widget=UnfoldAdminSelectWidget)
    webhook_secret = forms.CharField(
        label=gettext_lazy("Webhook secret"),
        max_length=200,
        required=False,
        widget=UnfoldAdminPasswordWidget,
        help_text=gettext_lazy("What the carrier signs its payloads with. Leave it empty to keep the present one."),
    )
    polls_per_minute = forms.IntegerField(
        label=gettext_lazy("Questions a minute"),
        min_value=1,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=gettext_lazy("As many as the carrier allows; all workers together keep to it."),
    )

    class Meta:
        model = CarrierAccount
        fields = ("carrier", "merchant", "label", "webhook_secret", "is_active", "is_polled", "polls_per_minute")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:  # the credentials are this carrier's
            del self.fields["carrier"]
            return
        carriers: Any = self.fields["carrier"]
        carriers.choices = sorted((code, services.carrier_label(code)) for code in services.CARRIERS)

    def clean_webhook_secret(self) -> str:
        return self.cleaned_data["webhook_secret"] or self.instance.webhook_secret

    def clean_polls_per_minute(self) -> int:
        return self.cleaned_data["polls_per_minute"] or self.instance.polls_per_minute

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        adapter = services.carrier(given.get("carrier") or self.instance.carrier)
        if adapter and not adapter.can_ask and not given.get("webhook_secret"):
            self.add_error("webhook_secret", _("This carrier can't be asked: it needs a secret to tell by itself."))
        self.instance.credentials = self._credentials(given)
        return given

    def _credentials(self, given: dict[str, Any]) -> dict[str, str]:
        """What is stored, with what was typed in its place."""
        typed = {name.removeprefix(CREDENTIAL): text for name, text in given.items() if name.startswith(CREDENTIAL)}
        address = typed.get("base_url")
        if address and not services.is_safe_address(address):
            self.add_error(f"{CREDENTIAL}base_url", _("Credentials are sent over TLS only: begin with https://"))
        held = {**self.instance.credentials, **{name: text for name, text in typed.items() if text}}
        if "base_url" in typed and not address:
            held.pop("base_url", None)
        return held


def credential_fields(account: CarrierAccount) -> dict[str, forms.Field]:
    """A field for each credential that asking the account's carrier needs, and one for its test system's address."""
    adapter = services.carrier(account.carrier)
    if adapter is None or not adapter.can_ask:
        return {}
    stored = gettext_lazy("Stored, and not shown. Leave it empty to keep it.")
    missing = gettext_lazy("Not given yet; without it nobody asks.")
    fields: dict[str, forms.Field] = {
        f"{CREDENTIAL}{name}": forms.CharField(
            label=name.replace("_", " ").capitalize().replace("Api ", "API "),
            required=False,
            widget=UnfoldAdminPasswordWidget,
            help_text=stored if account.credentials.get(name) else missing,
        )
        for name in adapter.credentials_needed
    }
    fields[f"{CREDENTIAL}base_url"] = forms.CharField(
        label=gettext_lazy("Another address"),
        required=False,
        initial=account.credentials.get("base_url", ""),
        widget=UnfoldAdminTextInputWidget,
        help_text=format_html(_("For the carrier's test system. Empty: {}"), adapter.base_url),
    )
    return fields


@admin.register(CarrierAccount)
class CarrierAccountAdmin(StaffAdmin):
    form = CarrierAccountForm
    list_display = (
        "label",
        "carrier_name",
        "merchant",
        "is_active",
        "asks",
        moment("created_at", gettext_lazy("created")),
    )
    list_filter = (
        CarrierFilter,
        ("is_active", BooleanRadioFilter),
        ("is_polled", BooleanRadioFilter),
        ("merchant", TenantFilter),
    )
    list_select_related = ("merchant", "asking")
    search_fields = ("label", "carrier")
    deeds = (
        Deed(
            "trust-again",
            gettext_lazy("Ask again now"),
            do=lambda request, row: services.follow_account(account=row),
            said=gettext_lazy("The carrier is asked again."),
            when=lambda row: services.has_credentials(row) and bool(trouble_of(row)),
            tone="good",
        ),
    )

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        account: Any = obj
        own = credential_fields(account) if account else {}
        form = type("OwnCarrierAccountForm", (CarrierAccountForm,), own)
        return super().get_form(request, obj, change=change, **{**kwargs, "form": form})

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        account: Any = obj
        basics: list[str] = [
            "carrier_name" if account else "carrier",
            "merchant",
            "label",
            "webhook_secret",
            "is_active",
        ]
        asking = [*(["asks"] if account else []), "is_polled", "polls_per_minute"]
        own = list(credential_fields(account)) if account else []
        return [(None, {"fields": basics}), (_("Asking the carrier"), {"fields": [*asking, *own]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Sequence[str]:
        return ("asks", "carrier_name") if obj else ()

    def row_name(self, row: CarrierAccount) -> str:
        return f"{services.carrier_label(row.carrier)}: {row.label}"

    @display(description=gettext_lazy("carrier"), ordering="carrier")
    def carrier_name(self, account: CarrierAccount) -> str:
        return services.carrier_label(account.carrier)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        services.follow_account(account=obj)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        adapter = services.carrier(obj.carrier)
        if adapter is None or not adapter.credentials_needed or not obj.is_polled:
            return super().response_add(request, obj, post_url_continue)
        messages.success(request, _("The account was added. Give the credentials with which the carrier is asked."))
        return redirect(self.page_url(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @display(description=gettext_lazy("asks"))
    def asks(self, account: CarrierAccount) -> SafeString:
        code, words = asking_state(account)
        return format_html('<span class="badge badge-{}">{}</span> {}', code, words, trouble_of(account))


def trouble_of(account: CarrierAccount) -> str:
    asking: Asking | None = getattr(account, "asking", None)
    return asking.trouble if asking else ""


def asking_state(account: CarrierAccount) -> tuple[str, str]:
    """A badge and a phrase: whether the account asks its carrier now, and if not, why."""
    adapter = services.carrier(account.carrier)
    if adapter is None or not adapter.can_ask:
        return "waiting", _("Can't be asked")
    if not account.is_active or not account.is_polled:
        return "waiting", _("Not asked")
    if not services.has_credentials(account):
        return "failing", _("Credentials missing")
    asking: Asking | None = getattr(account, "asking", None)
    if asking and asking.refused_at:
        return "given_up", _("Refused since %(time)s") % {"time": _short(asking.refused_at)}
    if asking and asking.paused_until and asking.paused_until > timezone.now():
        return "failing", _("Paused until %(time)s") % {"time": _short(asking.paused_until)}
    return "done", _("Asks")


def _short(value: Any) -> str:
    return date_format(timezone.localtime(value), TIME_FORMAT)


class AskedFilter(ConditionFilter):
    title = gettext_lazy("asking")
    parameter_name = "asked"
    conditions = {
        "on": (gettext_lazy("Going on"), lambda: Q(stopped_for="")),
        "stopped": (gettext_lazy("Stopped"), lambda: ~Q(stopped_for="")),
        "silent": (gettext_lazy("Five answers without news"), lambda: Q(stopped_for="", empty_answers__gte=5)),
    }


@admin.register(Poll)
class PollAdmin(RecordAdmin):
    """Parcels whose carrier is asked."""

    tenant = "parcel__merchant"
    list_display = (
        "parcel",
        "carrier_name",
        "badge",
        moment("due_at", gettext_lazy("next question")),
        moment("asked_at", gettext_lazy("last asked")),
        "empty_answers",
        "stop",
        "last_error",
    )
    list_filter = (
        AskedFilter,
        ("stopped_for", ChoicesCheckboxFilter),
        WorkFilter,
        ParcelCarrierFilter,
        ("parcel__merchant", TenantFilter),
    )
    list_select_related = ("parcel__merchant",)
    search_fields = ("=parcel__tracking_number",)
    search_help_text = gettext_lazy("Tracking number, exactly")
    fields = (
        ("parcel", "carrier_name"),
        ("badge", "stop"),
        ("due_at", "asked_at"),
        ("news_at", "empty_answers"),
        ("attempts", "done_at"),
        "last_error",
    )
    readonly_fields = ("badge", "stop", "carrier_name")
    deeds = (
        Deed(
            "ask-now",
            gettext_lazy("Ask now"),
            do=lambda request, row: services.ask_now(poll=row),
            said=gettext_lazy("The carrier is asked as soon as it allows for this number."),
            tone="good",
            many=True,
        ),
    )

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        number = normalize_number(search_term)
        return (queryset.filter(parcel__tracking_number=number) if number else queryset), False

    def row_name(self, row: Poll) -> str:
        return row.parcel.tracking_number

    @display(description=gettext_lazy("carrier"), ordering="parcel__carrier")
    def carrier_name(self, poll: Poll) -> str:
        return services.carrier_label(poll.parcel.carrier)

    @display(description=gettext_lazy("status"), ordering="parcel__status")
    def badge(self, row: Any) -> SafeString:
        parcel = row.parcel
        return format_html('<span class="badge badge-{}">{}</span>', parcel.status, parcel.get_status_display())

    @display(description=gettext_lazy("stopped for"), ordering="stopped_for")
    def stop(self, poll: Poll) -> str:
        return poll.get_stopped_for_display() or "–"
