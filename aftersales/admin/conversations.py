"""Conversations, as staff see them: what to answer first, and all that an answer needs on one page."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Count as Tally
from django.db.models import F, Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RadioFilter
from unfold.decorators import display

import tracking.services
from logistics_portal.kernel.admin import TIME_FORMAT, Deed, RecordAdmin, StaffAdmin, TenantFilter, moment
from logistics_portal.kernel.parts import Count, counter, panel, seen_by
from orders.models import Order

from .. import services
from ..files import send_file
from ..models import Attachment, Conversation, Macro, Note
from ..services import Writer
from .conversation_forms import AssignForm, MacroForm, NoteTextForm, ReplyForm, SnoozeForm

Status = Conversation.Status
SOON = timedelta(hours=1)
NOTES_SHOWN = 200


def is_going_on(row: Conversation) -> bool:
    return row.status in (Status.OPEN, Status.WAITING)


def colleague(row: Conversation, username: str) -> User | None:
    """The user of this name, None for an empty one; whether they may have it, the service says."""
    if not username:
        return None
    found = User.objects.filter(username=username, is_staff=True).first()
    if found is None:
        raise services.UnableToAssign(_("This user does not work for the merchant of the conversation."))
    return found


def wake_at(choice: str) -> datetime:
    """When what is put off comes back: after so many hours, or in the morning of a later day."""
    if choice.endswith("h"):
        return timezone.now() + timedelta(hours=int(choice[:-1]))
    morning = timezone.localdate() + timedelta(days=int(choice[:-1]))
    return datetime.combine(morning, time(9), tzinfo=timezone.get_current_timezone())


class TurnFilter(RadioFilter):
    """What staff look for: theirs, nobody's, late."""

    title = gettext_lazy("whose")
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("answer", _("To answer")),
            ("mine", _("Mine")),
            ("nobody", _("Nobody's")),
            ("late", _("Late")),
            ("bad", _("Rated bad")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        now = timezone.now()
        awake = Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=now)
        wanted = {
            "answer": Q(status=Status.OPEN) & awake,
            "mine": Q(assignee=request.user.pk, status__in=(Status.OPEN, Status.WAITING)),
            "nobody": Q(assignee__isnull=True, status=Status.OPEN),
            "late": Q(status=Status.OPEN) & (Q(reply_due_at__lt=now) | Q(resolution_due_at__lt=now)),
            "bad": Q(rating=Conversation.Rating.BAD),
        }
        chosen = wanted.get(self.value() or "")
        return queryset.filter(chosen) if chosen is not None else queryset


@admin.register(Conversation)
class ConversationAdmin(RecordAdmin):
    """The list is sorted by the clock that runs out first."""

    change_form_template = "admin/order.html"
    list_display = (
        "subject",
        "badge",
        "due",
        "order",
        "customer",
        "assignee",
        "merchant",
        moment("last_note_at", gettext_lazy("last message")),
    )
    list_filter = (TurnFilter, ("status", ChoicesCheckboxFilter), ("merchant", TenantFilter))
    list_select_related = ("order", "merchant", "customer", "assignee")
    ordering = (F("next_due_at").asc(nulls_last=True), "-last_note_at", "-pk")  # type: ignore[assignment]
    search_fields = ("=order__number", "customer__name", "order__phone", "subject")
    search_help_text = gettext_lazy("Order number, name, phone number, subject")
    fields = ("status",)
    deeds = (
        Deed(
            "take",
            gettext_lazy("Take it"),
            do=lambda request, row: services.assign_conversation(conversation=row, to=request.user),
            said=gettext_lazy("It is yours."),
            when=lambda row: is_going_on(row) and row.assignee_id is None,
            tone="good",
            many=True,
        ),
        Deed(
            "assign",
            gettext_lazy("Give it to…"),
            do=lambda request, row, to: services.assign_conversation(conversation=row, to=colleague(row, to)),
            said=gettext_lazy("It is given on."),
            when=is_going_on,
            form=AssignForm,
        ),
        Deed(
            "snooze",
            gettext_lazy("Put off…"),
            do=lambda request, row, until: services.snooze_conversation(conversation=row, until=wake_at(until)),
            said=gettext_lazy("It comes back by itself."),
            when=lambda row: row.status == Status.OPEN,
            form=SnoozeForm,
        ),
        Deed(
            "solve",
            gettext_lazy("Solved"),
            do=lambda request, row: services.solve_conversation(conversation=row),
            said=gettext_lazy("It is solved; the customer is asked how the help was."),
            when=is_going_on,
            many=True,
        ),
        Deed(
            "reply",
            gettext_lazy("Answer"),
            do=lambda request, row, text, then, seen, files: services.reply(
                conversation=row, text=text, writer=Writer(request.user), then=then, seen=seen, uploads=files
            ),
            said=gettext_lazy("The customer gets your answer."),
            when=lambda row: row.status != Status.CLOSED,
            form=ReplyForm,
            tone="good",
        ),
        Deed(
            "note",
            gettext_lazy("Note for staff"),
            do=lambda request, row, text: services.note_internally(
                conversation=row, text=text, writer=Writer(request.user)
            ),
            said=gettext_lazy("Only staff see this note."),
            form=NoteTextForm,
        ),
    )

    @display(description=gettext_lazy("by when"), ordering="next_due_at")
    def due(self, row: Conversation) -> SafeString | str:
        return due_words(row)

    def deeds_for(self, request: HttpRequest, row: Any) -> list[tuple[Deed, str]]:
        """The page has its own forms for what is written."""
        return [(deed, url) for deed, url in super().deeds_for(request, row) if deed.name not in ("reply", "note")]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.file_view)
        own = path("<uuid:object_id>/files/<uuid:file_id>/", view, name="aftersales_conversation_file")
        return [own, *super().get_urls()]

    def file_view(self, request: HttpRequest, object_id: UUID, file_id: UUID) -> HttpResponse:
        """A file that came with a note."""
        row = self.get_object(request, str(object_id))
        found = Attachment.objects.filter(pk=file_id, note__conversation=row).first() if row else None
        if found is None or not self.has_view_permission(request, row):
            raise Http404
        return send_file(found)


def due_words(row: Conversation) -> SafeString | str:
    """By when something must be done, colored by how near that is."""
    if row.next_due_at is None:
        return "–"
    now = timezone.now()
    tone = "bad" if row.next_due_at < now else "warn" if row.next_due_at < now + SOON else "plain"
    if row.snoozed_until:
        tone, clock = "plain", _("put off")
    else:
        clock = _("answer") if row.next_due_at == row.reply_due_at else _("solve")
    at = timezone.localtime(row.next_due_at)
    return format_html(
        '<span class="due due-{}">{}</span> <span class="quiet">{}</span>', tone, f"{at:%Y-%m-%d %H:%M}", clock
    )


@panel(Conversation, gettext_lazy("Conversation"), "admin/panels/conversation.html")
def conversation_panel(request: HttpRequest, row: Conversation) -> dict[str, Any]:
    files = Prefetch("attachments", Attachment.objects.defer("content").order_by("pk"))
    notes = list(row.notes.prefetch_related(files).order_by("-pk")[:NOTES_SHOWN])[::-1]
    model_admin: Any = admin.site.get_model_admin(Conversation)
    offered = [*services.suggested_answers(row), *services.filled_macros(row)] if row.status != Status.CLOSED else []
    chosen = next((one for one in offered if one.code == request.GET.get("answer")), None)
    urls = {deed.name: model_admin.deed_url(row, deed) for deed in model_admin.deeds}
    return {
        "row": row,
        "notes": notes,
        "last_seen": notes[-1].pk if notes else "",
        "due": due_words(row),
        "offered": offered,
        "chosen": chosen,
        "choices": _choices(row),
        "urls": urls if model_admin.has_act_permission(request) else {},
        "order": _order_facts(row.order) if row.order else None,
        "time_format": TIME_FORMAT,
    }


def _choices(row: Conversation) -> list[tuple[str, str]]:
    if row.status == Status.SOLVED:
        return [(Status.SOLVED, _("It stays solved"))]
    return [
        (Status.WAITING, _("Wait for the customer")),
        (Status.SOLVED, _("Solved with this")),
        *([(Status.OPEN, _("We go on and write again"))] if row.status == Status.OPEN else []),
    ]


def _order_facts(order: Order) -> dict[str, Any]:
    shipments = [
        (shipment, tracking.services.carrier_label(shipment.carrier), list(shipment.parcels.all()))
        for shipment in order.shipments.prefetch_related("parcels").order_by("pk")
    ]
    return {
        "row": order,
        "lines": order.lines.order_by("pk"),
        "shipments": shipments,
        "returns": order.returns.order_by("-pk"),
        "refunds": order.refunds.order_by("-pk"),
        "disputes": order.disputes.order_by("-pk"),
        "wish": order.day_wishes.order_by("-pk").first(),
    }


@panel(Order, gettext_lazy("Conversations"), "admin/panels/conversations.html")
def conversations_of(request: HttpRequest, order: Order) -> dict[str, Any]:
    shown = Prefetch("notes", Note.objects.order_by("pk"))
    return {
        "conversations": order.conversations.prefetch_related(shown).order_by("-pk"),
        "wish": order.day_wishes.order_by("-pk").first(),
    }


@counter("support", gettext_lazy("Support"))
def count_conversations(request: HttpRequest) -> list[Count]:
    now = timezone.now()
    waiting = (
        seen_by(request, Conversation)
        .filter(status=Status.OPEN)
        .aggregate(
            all=Tally("pk"),
            late=Tally("pk", filter=Q(reply_due_at__lt=now) | Q(resolution_due_at__lt=now)),
            mine=Tally("pk", filter=Q(assignee=request.user.pk)),
        )
    )
    return [
        Count(_("Conversations to answer"), waiting["all"], Conversation, "whose=answer", "warn"),
        Count(_("Late answers"), waiting["late"], Conversation, "whose=late", "bad"),
        Count(_("Given to you"), waiting["mine"], Conversation, "whose=mine"),
    ]


@admin.register(Macro)
class MacroAdmin(StaffAdmin):
    """Texts that staff send often; the merchant's staff edit them."""

    form = MacroForm
    list_display = ("name", "language", "merchant", "is_active")
    list_filter = (("merchant", TenantFilter),)
    list_select_related = ("merchant",)
    search_fields = ("name", "text")
    ordering = ("name", "-pk")
    fields = ("merchant", "name", "language", "text", "is_active")
