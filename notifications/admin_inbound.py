"""What people wrote, for staff to answer; and what a merchant's SMS come from."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from logistics_portal.kernel.admin import ConditionFilter, Deed, RecordAdmin, StaffAdmin, TenantFilter, moment
from logistics_portal.kernel.parts import Count, counter, panel, seen_by
from orders.models import Order

from .admin_ways import kind_label, language_label, phone
from .inbound import texts
from .models import InboundMessage, SmsSender

SHOWN_AT_MOST = 30
SHORT = 80


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label=gettext_lazy("Your answer, by SMS"),
        max_length=texts.ANSWER_MOST,
        widget=UnfoldAdminTextareaWidget({"rows": 4, "autofocus": True}),
    )


class WaitingFilter(ConditionFilter):
    title = gettext_lazy("for staff")
    parameter_name = "staff"
    conditions = {
        "waiting": (gettext_lazy("Waits"), lambda: Q(needs_staff=True, settled_at__isnull=True)),
        "settled": (gettext_lazy("Settled"), lambda: Q(settled_at__isnull=False)),
    }


def is_waiting(row: InboundMessage) -> bool:
    return row.settled_at is None


@admin.register(InboundMessage)
class InboundMessageAdmin(RecordAdmin):
    list_display = (
        moment("received_at", gettext_lazy("received")),
        "short",
        "meaning",
        phone,
        "order",
        "merchant",
        "waits",
    )
    list_filter = (WaitingFilter, ("meaning", ChoicesCheckboxFilter), ("merchant", TenantFilter))
    list_select_related = ("order", "merchant")
    search_fields = ("=number", "=order__number", "text")
    search_help_text = gettext_lazy("Phone number with country code, order number or words of the text")
    fields = (
        ("merchant", "order"),
        (phone, "written_to"),
        ("received_at", "spoken"),
        "text",
        "meaning",
        "answer",
        ("settled_at", "settled_by"),
        "sent_answer",
    )
    readonly_fields = ("spoken", "sent_answer")
    deeds = (
        Deed(
            "answer",
            gettext_lazy("Answer by SMS"),
            do=lambda request, row, answer: texts.answer_text(text=row, answer=answer, by=request.user),
            said=gettext_lazy("The answer is on its way."),
            when=is_waiting,
            form=AnswerForm,
            tone="good",
        ),
        Deed(
            "settle",
            gettext_lazy("Mark as settled"),
            do=lambda request, row: texts.settle_texts(texts=[row.pk], by=request.user),
            said=gettext_lazy("It is settled."),
            when=is_waiting,
            many=True,
        ),
    )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Phone numbers are stored without spaces; people write them with."""
        term = search_term.strip()
        if term.startswith("+"):
            term = "+" + "".join(filter(str.isdigit, term))
        return super().get_search_results(request, queryset, term)

    def row_name(self, row: InboundMessage) -> str:
        return f"{row.get_meaning_display()} · {row.number}"

    @display(description=pgettext_lazy("field", "language"))
    def spoken(self, row: InboundMessage) -> str:
        return language_label(row.language)

    @display(description=gettext_lazy("newest answer"))
    def sent_answer(self, row: InboundMessage) -> SafeString | None:
        if row.reply is None:
            return None
        page = reverse("admin:notifications_message_change", args=[row.reply.pk])
        return format_html('<a href="{}">{}</a>', page, row.reply.body or kind_label(row.reply.kind))

    @display(description=gettext_lazy("text"))
    def short(self, row: InboundMessage) -> str:
        return row.text[:SHORT] + ("…" if len(row.text) > SHORT else "") or "–"

    @display(description=gettext_lazy("for staff"))
    def waits(self, row: InboundMessage) -> SafeString | str:
        if row.settled_at:
            return format_html('<span class="badge badge-done">{}</span>', _("Settled"))
        return format_html('<span class="badge badge-waiting">{}</span>', _("Waits")) if row.needs_staff else "–"


@admin.register(SmsSender)
class SmsSenderAdmin(StaffAdmin):
    list_display = ("merchant", "sends_as")
    list_select_related = ("merchant",)
    fields = ("merchant", "sends_as")
    search_fields = ("sends_as", "merchant__name")


@panel(Order, gettext_lazy("What the customer wrote"), "admin/panels/texts.html")
def texts_of(request: HttpRequest, order: Order) -> dict[str, Any]:
    return {"texts": order.inbound_messages.select_related("reply").order_by("-pk")[:SHOWN_AT_MOST]}


@counter("texts", gettext_lazy("Texts of customers"))
def count_texts(request: HttpRequest) -> list[Count]:
    waiting = seen_by(request, InboundMessage).waiting().count()
    return [Count(_("Waiting for an answer"), waiting, InboundMessage, "staff=waiting", "warn")]
