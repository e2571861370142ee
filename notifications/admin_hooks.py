"""Webhooks as staff see them: merchants' endpoints, and every call with its tries. Secrets are not shown."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter
from unfold.decorators import display

from logistics_portal.kernel.admin import Deed, RecordAdmin, TenantFilter, WorkAdmin, WorkFilter, moment
from logistics_portal.kernel.parts import Count, counter, panel, seen_by

from .hooks import endpoints
from .models import WebhookCall, WebhookEndpoint

Status = WebhookEndpoint.Status


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(RecordAdmin):
    list_display = (
        "url",
        "merchant",
        "badge",
        "consecutive_failures",
        moment("last_success_at", pgettext_lazy("webhook", "last success")),
    )
    list_filter = (("status", ChoicesCheckboxFilter), ("merchant", TenantFilter))
    list_select_related = ("merchant",)
    search_fields = ("url", "description")
    fields = (
        ("url", "merchant"),
        ("badge", "description"),
        "event_types",
        ("consecutive_failures", "last_success_at"),
        ("failing_since", "rests_until"),
        ("disabled_reason", "disabled_at"),
        ("secret_made_at", "previous_secret_until"),
        "created_at",
    )
    readonly_fields = ("badge",)
    deeds = (
        Deed(
            "pause",
            pgettext_lazy("webhook", "Pause"),
            do=lambda request, row: endpoints.pause_endpoint(endpoint=row),
            said=gettext_lazy("Its calls are held back until it is resumed."),
            when=lambda row: row.status == Status.ACTIVE,
        ),
        Deed(
            "resume",
            pgettext_lazy("webhook", "Resume"),
            do=lambda request, row: endpoints.resume_endpoint(endpoint=row),
            said=gettext_lazy("It is called again."),
            when=lambda row: row.status != Status.ACTIVE,
            tone="good",
        ),
        Deed(
            "send-test",
            gettext_lazy("Send a test event"),
            do=lambda request, row: endpoints.send_test(endpoint=row),
            said=gettext_lazy("The test event is on its way; see its calls."),
            when=lambda row: row.status == Status.ACTIVE,
        ),
    )


@admin.register(WebhookCall)
class WebhookCallAdmin(WorkAdmin):
    tenant = "endpoint__merchant"
    actions: Sequence[str] = ()
    list_display = (
        moment("created_at", gettext_lazy("created")),
        "event_name",
        "endpoint",
        "outcome_badge",
        "tries",
        moment("due_at", gettext_lazy("next try")),
    )
    list_filter = (WorkFilter, ("outcome", ChoicesCheckboxFilter), ("endpoint__merchant", TenantFilter))
    list_select_related = ("endpoint", "event")
    search_fields = ("=event__id", "=event__subject_id", "endpoint__url")
    fields = (
        ("event_name", "endpoint"),
        ("outcome_badge", "tries"),
        ("created_at", "due_at"),
        ("done_at", "last_error"),
    )
    readonly_fields = ("event_name", "outcome_badge")
    deeds = (
        Deed(
            "send-again",
            gettext_lazy("Send again"),
            do=lambda request, row: endpoints.replay_call(call=row),
            said=gettext_lazy("It is sent again now, under its old id."),
            when=lambda row: row.endpoint.status != Status.DISABLED,
            tone="good",
            many=True,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("endpoint", "event")

    def row_name(self, row: WebhookCall) -> str:
        return row.event.name

    @display(description=pgettext_lazy("field", "event"))
    def event_name(self, call: WebhookCall) -> str:
        return call.event.name

    @display(description=pgettext_lazy("field", "outcome"), ordering="outcome")
    def outcome_badge(self, call: WebhookCall) -> SafeString:
        kind = f"badge-{call.outcome} of-webhookcall"
        return format_html('<span class="badge {}">{}</span>', kind, call.get_outcome_display())


@panel(WebhookCall, pgettext_lazy("webhook", "Tries"), "admin/panels/webhook_tries.html")
def tries_of(request: HttpRequest, call: WebhookCall) -> dict[str, Any]:
    return {"tries": call.tried.order_by("-pk")[:50]}


@panel(WebhookEndpoint, gettext_lazy("Latest calls"), "admin/panels/webhook_calls.html")
def calls_of(request: HttpRequest, endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {"calls": endpoint.calls.select_related("event").order_by("-pk")[:30]}


@counter("webhooks", gettext_lazy("Webhooks"))
def count_disabled_endpoints(request: HttpRequest) -> list[Count]:
    disabled = seen_by(request, WebhookEndpoint).filter(status=Status.DISABLED).count()
    return [Count(pgettext("webhook", "Disabled"), disabled, WebhookEndpoint, "status__exact=disabled", "bad")]
