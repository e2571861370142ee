"""Set-up: merchants with their look and policy, API keys, and who works for whom."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as BaseGroupAdmin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Model, Q
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.admin import StackedInline, TabularInline
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminColorInputWidget, UnfoldAdminFileFieldWidget

from logistics_portal.kernel.admin import ConditionFilter, Deed, StaffAdmin, TenantFilter, moment

from . import services
from .countries import country_name
from .logos import UPLOAD_MAX
from .models import ApiKey, Brand, Membership, Merchant, Policy


class BrandForm(forms.ModelForm):
    """The color is picked by eye."""

    class Meta:
        model = Brand
        fields = ("color", "website")
        widgets = {"color": UnfoldAdminColorInputWidget}


class LogoForm(forms.Form):
    """A file to upload."""

    logo = forms.FileField(
        label=gettext_lazy("Picture file"),
        help_text=gettext_lazy("PNG, JPEG or WebP up to 200 KB, best wide and with a see-through ground."),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )


class BrandInline(StackedInline):
    """The logo is set by a deed, which looks at the file."""

    model = Brand
    show_title = False  # there is one
    form = BrandForm
    fields = ("color", "website", "shown_logo")
    readonly_fields = ("shown_logo",)
    can_delete = False
    min_num = 1

    @display(description=gettext_lazy("picture in place of the name"))
    def shown_logo(self, brand: Brand) -> str:
        if not brand.logo_id:
            return "–"
        ground = "bg-base-800" if brand.logo_ground == "dark" else "bg-white"
        given = brand.logo_path, brand.logo_width // 2, brand.logo_height // 2, ground
        return format_html('<img src="{}" width="{}" height="{}" alt="" class="p-2 rounded-default {}">', *given)


class PolicyInline(StackedInline):
    model = Policy
    show_title = False  # there is one
    can_delete = False
    min_num = 1
    fieldsets = (
        (
            gettext_lazy("Returns"),
            {
                "fields": (
                    ("return_days", "send_within_days"),
                    ("return_by", "refund_on"),
                    "return_address",
                    ("auto_approve_returns", "auto_approve_up_to", "keep_goods_up_to"),
                    "warranty_days",
                )
            },
        ),
        (
            gettext_lazy("Disputes"),
            {
                "fields": (
                    ("dispute_after_days", "dispute_within_days", "answer_within_days"),
                    ("delay_days", "delay_percent", "delay_steps"),
                    "refund_lost",
                )
            },
        ),
        (
            gettext_lazy("Support for customers"),
            {"fields": (("first_reply_hours", "resolution_hours", "close_after_days"),)},
        ),
    )


class MembershipInline(TabularInline):
    model = Membership
    show_title = False
    extra = 0
    autocomplete_fields = ("user",)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.is_superuser


@admin.register(Merchant)
class MerchantAdmin(StaffAdmin):
    """Merchants stay, because their orders do: one that leaves is made inactive."""

    tenant = "pk"
    list_display = ("name", "slug", "in_country", "language", "time_zone", "is_active")
    list_filter = (("is_active", BooleanRadioFilter),)
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    fieldsets = (
        (None, {"fields": ("name", "slug", "is_active")}),
        (gettext_lazy("Where"), {"fields": ("country", "language", "time_zone")}),
        (gettext_lazy("Support for customers"), {"fields": ("support_email", "support_phone")}),
    )
    inlines = (BrandInline, PolicyInline, MembershipInline)
    deeds = (
        Deed(
            "logo",
            gettext_lazy("Upload a logo"),
            do=lambda request, row, logo: services.set_logo(merchant=row, upload=logo.read(UPLOAD_MAX + 1)),
            said=gettext_lazy("Customers see the logo from now on."),
            form=LogoForm,
        ),
        Deed(
            "no-logo",
            gettext_lazy("Remove the logo"),
            do=lambda request, row: services.remove_logo(merchant=row),
            said=gettext_lazy("Customers see the name again."),
            when=lambda row: Brand.objects.filter(merchant=row, logo__isnull=False).exists(),
        ),
    )

    @display(description=pgettext_lazy("field", "country"), ordering="country")
    def in_country(self, row: Merchant) -> str:
        return country_name(row.country)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class LiveFilter(ConditionFilter):
    title = gettext_lazy("status")
    parameter_name = "state"
    conditions = {
        "live": (gettext_lazy("Live"), lambda: Q(revoked_at__isnull=True)),
        "revoked": (gettext_lazy("Revoked"), lambda: Q(revoked_at__isnull=False)),
    }


@admin.register(ApiKey)
class ApiKeyAdmin(StaffAdmin):
    """A new key is shown once; afterwards only its first characters are known."""

    list_display = (
        "label",
        "merchant",
        "prefix",
        "state",
        moment("created_at", gettext_lazy("created")),
        moment("last_used_at", gettext_lazy("last used")),
    )
    list_filter = (("merchant", TenantFilter), LiveFilter)
    list_select_related = ("merchant",)
    search_fields = ("label", "prefix")
    readonly_fields = ("prefix", "created_at", "last_used_at", "revoked_at")
    fields = ("merchant", "label", *readonly_fields)
    add_fieldsets = ((None, {"fields": ("merchant", "label")}),)
    deeds = (
        Deed(
            "revoke",
            gettext_lazy("Revoke"),
            do=lambda request, row: services.revoke_api_key(api_key=row),
            said=gettext_lazy("The key is revoked."),
            when=lambda row: row.revoked_at is None,
            asks=gettext_lazy("Programs that use this key are refused from now on. This can't be taken back."),
            tone="bad",
        ),
    )

    def row_name(self, row: ApiKey) -> str:
        return f"{row.label} ({row.prefix}…)"

    @display(description=gettext_lazy("status"))
    def state(self, row: ApiKey) -> SafeString:
        code, words = ("disabled", _("Revoked")) if row.revoked_at else ("active", _("Live"))
        return format_html('<span class="badge badge-{}">{}</span>', code, words)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: forms.ModelForm, change: bool) -> None:
        made, key = services.create_api_key(merchant=obj.merchant, label=obj.label)
        for name in ("id", "prefix", "digest", "created_at"):
            setattr(obj, name, getattr(made, name))
        messages.warning(request, _("This is the key. Copy it now, it is not shown again: %s") % key)


@admin.register(Membership)
class MembershipAdmin(StaffAdmin):
    """Who works for which merchant; only superusers decide it."""

    tenant = None
    list_display = ("user", "merchant")
    list_filter = (("merchant", TenantFilter),)
    list_select_related = ("user", "merchant")
    search_fields = ("user__username", "user__email", "merchant__name")
    autocomplete_fields = ("user", "merchant")

    def row_name(self, row: Membership) -> str:
        return f"{row.user}: {row.merchant}"


class UserMembershipInline(TabularInline):
    model = Membership
    show_title = False
    extra = 0
    autocomplete_fields = ("merchant",)


admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(StaffAdmin, BaseUserAdmin):
    """Accounts of staff and couriers; only superusers see them, since an account may belong to several merchants."""

    tenant = None
    change_form_template = None
    form = UserChangeForm
    add_form = UserCreationForm
    add_fieldsets = BaseUserAdmin.add_fieldsets  # the theme's base has none
    change_password_form = AdminPasswordChangeForm
    ordering = ("username",)
    inlines = (UserMembershipInline,)

    def get_inlines(self, request: HttpRequest, obj: User | None) -> tuple[type[Any], ...]:
        return self.inlines if obj else ()


@admin.register(Group)
class GroupAdmin(StaffAdmin, BaseGroupAdmin):
    """What a kind of staff may do."""

    tenant = None
    ordering = ("name",)
