"""Browsers that take pushes and merchants' mini-programmes, as staff see them. Secrets are written, never shown."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.admin import StackedInline
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from logistics_portal.kernel.admin import Deed, RecordAdmin, StaffAdmin, TenantFilter, WorkFilter, moment
from logistics_portal.kernel.parts import panel

from . import kinds, words
from .admin_ways import phone
from .channels.wechat import LITERAL, SOURCES
from .models import Subscription, WeChatAccount, WeChatConsent, WeChatTemplate
from .subscriptions import accounts

FIELD = re.compile(r"[a-z_]{2,20}\d{1,3}")
FIELDS_MOST = 10


def wechat_kinds() -> list[tuple[str, Any]]:
    """The kinds that have words for WeChat."""
    return [(code, kind.label) for code, kind in kinds.KINDS.items() if words.is_told(code, "wechat")]


class WeChatTemplateForm(forms.ModelForm):
    """A kind and the template that tells it; its fields as lines, each a name and what stands there."""

    kind = forms.ChoiceField(label=gettext_lazy("Message"), choices=wechat_kinds, widget=UnfoldAdminSelectWidget)
    mapping = forms.CharField(
        label=gettext_lazy("Fields"),
        widget=UnfoldAdminTextareaWidget({"rows": 5, "placeholder": "character_string1: order\nphrase2: title"}),
    )

    class Meta:
        model = WeChatTemplate
        fields = ("kind", "template_id", "mapping", "page")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mapping"].initial = "\n".join(f"{name}: {source}" for name, source in self.instance.fields.items())
        self.fields["mapping"].help_text = _(
            "A line for each field of the template: its name, a colon, and one of %(sources)s; "
            "or =words that always stand there."
        ) % {"sources": ", ".join(SOURCES)}

    def clean_mapping(self) -> str:
        lines = [line.strip() for line in self.cleaned_data["mapping"].splitlines() if line.strip()]
        pairs = [[part.strip() for part in line.replace("：", ":").partition(":")[::2]] for line in lines]
        for name, source in pairs:
            if not FIELD.fullmatch(name):
                raise forms.ValidationError(_("“%s” is no field of a template, like thing1.") % name)
            if source not in SOURCES and not (source.startswith(LITERAL) and len(source) > 1):
                raise forms.ValidationError(_("“%s” is nothing that can stand in a field.") % source)
        if len(pairs) > FIELDS_MOST or len({name for name, _source in pairs}) < len(pairs):
            raise forms.ValidationError(_("Name each field once, ten at most."))
        self.instance.fields = dict(pairs)
        return self.cleaned_data["mapping"]


class WeChatTemplateInline(StackedInline):
    model = WeChatTemplate
    form = WeChatTemplateForm
    extra = 0
    tab = False


class WeChatAccountForm(forms.ModelForm):
    """Secrets are written, never shown: a field that is left empty keeps what is stored."""

    app_secret = forms.CharField(
        label="AppSecret",
        max_length=100,
        required=False,
        widget=UnfoldAdminPasswordWidget,
        help_text=gettext_lazy("Stored, and not shown. Leave it empty to keep it."),
    )

    class Meta:
        model = WeChatAccount
        fields = ("merchant", "app_id", "app_secret", "stage", "is_active")

    def clean_app_secret(self) -> str:
        given = self.cleaned_data["app_secret"] or self.instance.app_secret
        if not given:
            raise forms.ValidationError(_("Without it WeChat lends no token."))
        return given


def show_new_secret(request: HttpRequest, account: WeChatAccount) -> None:
    secret = accounts.renew_report_secret(account=account)
    words_of_it = _("The mini-programme signs its reports with this secret; it is shown only now:")
    messages.warning(request, format_html('{} <span class="code">{}</span>', words_of_it, secret))


@admin.register(WeChatAccount)
class WeChatAccountAdmin(StaffAdmin):
    form = WeChatAccountForm
    inlines = (WeChatTemplateInline,)
    list_display = ("app_id", "merchant", "is_active", "token", moment("token_ends_at", gettext_lazy("token ends")))
    list_filter = (WorkFilter, ("is_active", BooleanRadioFilter), ("merchant", TenantFilter))
    list_select_related = ("merchant",)
    search_fields = ("=app_id", "merchant__name")
    fields = ("merchant", "app_id", "app_secret", "stage", "is_active", "token")
    readonly_fields: Sequence[str] = ("token",)
    deeds = (
        Deed(
            "ask-again",
            gettext_lazy("Ask for a token now"),
            do=lambda request, row: accounts.follow_account(account=row),
            said=gettext_lazy("WeChat is asked for a token."),
            when=lambda row: row.is_active,
            tone="good",
        ),
        Deed(
            "new-secret",
            gettext_lazy("New secret for reports"),
            do=show_new_secret,
            said=gettext_lazy("The old secret is good no more."),
            asks=gettext_lazy("The mini-programme's reports are refused until it signs with the new secret."),
            tone="warn",
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Sequence[str]:
        return ("token", "merchant") if obj else ("token",)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        accounts.follow_account(account=form.instance)
        if not change:
            show_new_secret(request, form.instance)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @display(description=gettext_lazy("token"))
    def token(self, account: WeChatAccount) -> SafeString | str:
        code, said = token_state(account)
        return format_html('<span class="badge badge-{}">{}</span> {}', code, said, account.last_error)


def token_state(account: WeChatAccount) -> tuple[str, str]:
    """A badge and a phrase: whether messages can go out, and if not, whose turn it is."""
    if account._state.adding or not account.is_active:
        return "waiting", _("Off")
    if account.has_token():
        return "done", _("Good")
    return ("failed", _("Needs a person")) if account.is_given_up else ("waiting", _("Being fetched"))


@panel(WeChatAccount, gettext_lazy("Consents"), "admin/panels/wechat_consents.html")
def consents_of(request: HttpRequest, account: WeChatAccount) -> dict[str, Any]:
    address = request.build_absolute_uri(f"/webhooks/wechat/{account.pk}/consents")
    return {"consents": accounts.consents_left(account), "address": address}


@display(description="OpenID")
def openid(row: WeChatConsent) -> str:
    return row.openid


@display(description=pgettext_lazy("wechat", "Template ID"))
def template_id(row: WeChatConsent) -> str:
    return row.template_id


@admin.register(WeChatConsent)
class WeChatConsentAdmin(RecordAdmin):
    tenant = "account__merchant"
    list_display = (moment("given_at", gettext_lazy("given")), phone, template_id, openid, "message")
    list_filter = (("account__merchant", TenantFilter),)
    list_select_related = ("message",)
    search_fields = ("=number", "=openid", "=template_id")
    fields = ("account", phone, openid, template_id, "given_at", "message")


@admin.register(Subscription)
class SubscriptionAdmin(RecordAdmin):
    list_display = (
        moment("created_at", gettext_lazy("created")),
        phone,
        "merchant",
        "browser",
        moment("renewed_at", gettext_lazy("renewed")),
    )
    list_filter = (("merchant", TenantFilter),)
    list_select_related = ("merchant", "device")
    search_fields = ("=number",)
    fields = ((phone, "merchant"), "browser", ("created_at", "renewed_at"))
    readonly_fields = ("browser",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("device")

    @display(description=gettext_lazy("browser"), ordering="device__label")
    def browser(self, row: Subscription) -> str:
        return row.device.label
