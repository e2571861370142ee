"""What every staff page does: it shows a tenant's own rows only, changes nothing itself, and acts through services."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, time
from functools import partial
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.options import ActionLocation
from django.contrib.admin.utils import flatten, unquote
from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied
from django.db.models import DateTimeField, Field, ForeignKey, Model, Q, QuerySet
from django.forms import ModelChoiceField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RadioFilter, RelatedDropdownFilter
from unfold.decorators import display

from . import work
from .deeds import Deed, do_many
from .errors import DomainError
from .models import Event
from .parts import Count, Text, counter, gather_panels, linked, may_see, seen_by

admin.site.empty_value_display = "–"
TIME_FORMAT = "Y-m-d H:i"  # the same in every language, and it sorts by eye


def start_of_today() -> datetime:
    return datetime.combine(timezone.localdate(), time.min, tzinfo=timezone.get_current_timezone())


def moment(field: str, description: Text) -> Callable[[Model], str | None]:
    """A column that shows a time shortly."""

    @display(description=description, ordering=field)
    def show(row: Model) -> str | None:
        value = getattr(row, field)
        return date_format(timezone.localtime(value), TIME_FORMAT) if value else None

    show.__name__ = field
    return show


class TenantFilter(RelatedDropdownFilter):
    """A filter that offers only rows that the user may see."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[Any, str]]:
        page: Any = admin.site.get_model_admin(field.related_model)
        return [(row.pk, page.row_name(row)) for row in seen_by(request, field.related_model).order_by("pk")[:100]]


class StaffAdmin(ModelAdmin):
    """Base of all staff pages.

    ``tenant`` is the path from a row to the row whose QuerySet has ``for_staff(user)``; "pk" when the row is that one.
    None keeps the rows for superusers: they belong to no tenant.
    """

    tenant: ClassVar[str | None] = "merchant"
    deeds: tuple[Deed, ...] = ()
    change_form_template: ClassVar[Any] = "admin/record.html"
    ordering: ClassVar[Sequence[str]] = ("-pk",)
    list_per_page = 50
    show_full_result_count = False
    list_filter_submit = True
    list_filter_sheet = True
    compressed_fields = True

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        if self.tenant is None:
            return rows.none()
        return rows.filter(**{f"{self.tenant}__in": self._tenants(request)})

    def _tenants(self, request: HttpRequest) -> QuerySet:
        model: Any = self.model
        for step in self.tenant.split("__") if self.tenant and self.tenant != "pk" else ():
            model = model._meta.get_field(step).related_model
        return model._default_manager.all().for_staff(request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._is_for(request) and super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._is_for(request) and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._is_for(request) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._is_for(request) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._is_for(request) and super().has_delete_permission(request, obj)

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whether the user may call services on these rows, which no form may change."""
        opts = self.opts
        return self._is_for(request) and request.user.has_perm(
            f"{opts.app_label}.{get_permission_codename('change', opts)}"
        )

    def _is_for(self, request: HttpRequest) -> bool:
        return self.tenant is not None or request.user.is_superuser

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> ModelChoiceField:
        """Offer, and accept, only rows that the user may see; a row without tenant is for superusers to make."""
        if admin.site.is_registered(db_field.related_model):
            kwargs.setdefault("queryset", seen_by(request, db_field.related_model))
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == self.tenant and not request.user.is_superuser:
            field.required = True
        return field

    def row_name(self, row: Any) -> str:
        """What people call the row: the title of its page, and the words of links to it."""
        return str(row)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Where nothing can be changed, times are shown as they are in the lists, and other rows by their names."""
        plain = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return plain
        shown = {field.name: _shown(field) for field in self.opts.fields}
        return [
            (title, options | {"fields": [shown.get(name, name) for name in flatten(options["fields"])]})
            for title, options in plain
        ]

    @display(description=gettext_lazy("status"), ordering="status")
    def badge(self, row: Any) -> SafeString:
        kind = f"badge-{row.status} of-{self.opts.model_name}"
        return format_html('<span class="badge {}">{}</span>', kind, row.get_status_display())

    # deeds

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_deed"
        view = self.admin_site.admin_view(self.deed_view)
        return [path("<path:object_id>/do/<slug:name>/", view, name=name), *super().get_urls()]

    def deed_url(self, row: Model, deed: Deed) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_deed", args=[row.pk, deed.name])

    def deeds_for(self, request: HttpRequest, row: Model) -> list[tuple[Deed, str]]:
        """What the user may do with this row now, each with its address."""
        if not self.has_act_permission(request):
            return []
        return [(deed, self.deed_url(row, deed)) for deed in self.deeds if deed.when(row)]

    def deed_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Ask for what a deed needs, and do it. Refusals are told, never shown as errors of the server."""
        row = self.get_object(request, object_id)
        deed = next((deed for deed in self.deeds if deed.name == name), None)
        if row is None or deed is None:
            raise Http404
        if not self.has_act_permission(request):
            raise PermissionDenied
        given = (request.POST, request.FILES) if request.method == "POST" else ()
        form = deed.form_for(row, *given)
        if request.method == "POST" and form.is_valid():
            try:
                self.perform(request, deed, row, **form.cleaned_data)
            except DomainError as refusal:
                if not deed.form.base_fields:
                    messages.error(request, refusal.message)
                    return redirect(self.page_url(row))
                form.add_error(None, refusal.message)
            else:
                messages.success(request, str(deed.said))
                return redirect(self.page_url(row))
        context = self.admin_site.each_context(request) | {
            "title": deed.label,
            "opts": self.opts,
            "original": row,
            "row_name": self.row_name(row),
            "deed": deed,
            "form": form,
            "back": self.page_url(row),
        }
        return TemplateResponse(request, "admin/deed.html", context)

    def page_url(self, row: Model) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])

    def perform(self, request: HttpRequest, deed: Deed, row: Model, **given: Any) -> None:
        deed.do(request, row, **given)
        self.log_change(request, row, str(deed.label))

    def get_actions(
        self, request: HttpRequest, action_location: ActionLocation = ActionLocation.CHANGE_LIST
    ) -> dict[str, Any]:
        """The deeds that make sense for many rows join the list's actions; a row's page has its own buttons."""
        actions = super().get_actions(request, action_location=action_location)
        if action_location == ActionLocation.CHANGE_LIST and self.has_act_permission(request):
            for deed in self.deeds:
                if deed.many:
                    actions[deed.name] = (partial(do_many, deed), deed.name, deed.label)
        return actions

    def get_action_choices(
        self,
        request: HttpRequest,
        default_choices: list[tuple[str, str]] | None = None,
        action_location: ActionLocation = ActionLocation.CHANGE_LIST,
    ) -> list[tuple[str, str]]:
        choices = default_choices or [("", _("Select action"))]
        return admin.ModelAdmin.get_action_choices(self, request, choices, action_location)

    # panels

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        if (row := kwargs.get("obj")) is not None:
            context["row_name"] = context["subtitle"] = self.row_name(row)
            context["deeds"] = self.deeds_for(request, row)
            context["panels"] = gather_panels(request, self.model, row)
        return super().render_change_form(request, context, *args, **kwargs)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        row = self.get_object(request, unquote(object_id))
        named = {"title": _("History"), "row_name": f"{self.row_name(row)}: {_('History')}"} if row else {}
        return super().history_view(request, object_id, {**named, **(extra_context or {})})

    def render_delete_form(self, request: HttpRequest, context: dict[str, Any]) -> Any:
        return super().render_delete_form(request, context | {"row_name": self.row_name(context["object"])})


def _shown(field: Field) -> Any:
    """How a field is shown to those who can't change it: a column where the plain value is no word of people's."""
    if isinstance(field, DateTimeField):
        return moment(field.name, field.verbose_name)
    if isinstance(field, ForeignKey) and isinstance(admin.site._registry.get(field.remote_field.model), StaffAdmin):
        return linked(field.name, field.verbose_name)
    return field.name


class RecordAdmin(StaffAdmin):
    """Rows that services write: nobody adds, edits or deletes them by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ConditionFilter(RadioFilter):
    """A filter of a few named conditions; each is a function, since most ask for the time."""

    conditions: dict[str, tuple[Text, Callable[[], Q]]] = {}

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, Text]]:
        return [(name, label) for name, (label, _condition) in self.conditions.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        chosen = self.conditions.get(self.value() or "")
        return queryset.filter(chosen[1]()) if chosen else queryset


class WorkFilter(RadioFilter):
    """Work that waits for a person comes first to the eye."""

    title = gettext_lazy("work")
    parameter_name = "work"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Iterable[tuple[str, Text]]:
        return [("stuck", _("Stuck")), ("open", _("Not done yet"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        if self.value() == "stuck":
            return queryset.stuck()
        return queryset.open() if self.value() == "open" else queryset


class WorkAdmin(RecordAdmin):
    """A kind of work: what is stuck can be tried again, one row or all that are ticked."""

    actions: Sequence[str] = ("try_all_again",)
    deeds = (
        Deed(
            "try-again",
            gettext_lazy("Try again"),
            do=lambda request, row: work.try_again(type(row)._base_manager.filter(pk=row.pk)),
            said=gettext_lazy("It is tried again now."),
            when=lambda row: row.done_at is None,
            tone="good",
        ),
    )

    @admin.action(description=gettext_lazy("Try again"), permissions=["act"])
    def try_all_again(self, request: HttpRequest, rows: QuerySet) -> None:
        count = work.try_again(rows)
        said = ngettext("%d row is tried again now.", "%d rows are tried again now.", count)
        messages.success(request, said % count)

    @display(description=gettext_lazy("work"), ordering="done_at")
    def state(self, row: Any) -> SafeString:
        code, words = _work_state(row)
        return format_html('<span class="badge badge-{}">{}</span>', code, words)


def _work_state(row: Any) -> tuple[str, str]:
    if row.done_at:
        return "done", _("Done")
    if row.is_given_up:
        return "given_up", _("Given up")
    return ("failing", _("Failing")) if row.last_error else ("waiting", _("Waiting"))


@admin.register(Event)
class EventAdmin(WorkAdmin):
    """Events of all tenants, which is why only superusers see them."""

    tenant = None
    list_display = ("name", "state", "attempts", moment("published_at", gettext_lazy("published")), "last_error")
    list_filter = (WorkFilter, "name")
    search_fields = ("=subject_id", "name")
    fields = (
        *("name", "payload", "subject_id", "merchant_id", "published_at"),
        *("due_at", "done_at", "attempts", "last_error"),
    )

    def row_name(self, row: Event) -> str:
        return row.name


@counter("work", gettext_lazy("Stuck work"))
def count_stuck_work(request: HttpRequest) -> list[Count]:
    """One number for each kind of work, each linking to its list."""
    return [
        Count(
            capfirst(str(kind.model._meta.verbose_name_plural)),
            seen_by(request, kind.model).stuck().count(),
            kind.model,
            "work=stuck",
            "bad",
        )
        for kind in work.KINDS.values()
        if may_see(request, kind.model)
    ]
