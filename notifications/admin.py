"""Messages as staff see them: to whom, over which channel, and what the provider said of each."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter

from aftersales.models import Dispute
from logistics_portal.kernel.admin import TenantFilter, WorkAdmin, WorkFilter, moment
from logistics_portal.kernel.models import Event
from logistics_portal.kernel.parts import Count, counter, panel, seen_by
from orders.models import Order

from . import admin_hooks, admin_inbound, admin_push, admin_ways  # noqa: F401 - importing it registers its pages
from .admin_ways import ChannelFilter, channel_label, kind_label, language_label
from .models import Message


@admin.register(Message)
class MessageAdmin(WorkAdmin):
    list_display = (
        moment("queued_at", gettext_lazy("queued")),
        "what",
        "over",
        "address",
        "badge",
        "state",
        "order",
        moment("delivered_at", gettext_lazy("delivered")),
        "error_code",
    )
    list_filter = (WorkFilter, ("status", ChoicesCheckboxFilter), ChannelFilter, ("merchant", TenantFilter))
    list_select_related = ("order",)
    search_fields = ("=address", "=order__number", "=provider_id", "=kind")
    search_help_text = gettext_lazy("Phone number with country code, email address, order number or provider's number")
    fields = (
        ("merchant", "order"),
        ("what", "spoken"),
        ("over", "address"),
        "badge",
        "subject",
        "body",
        ("queued_at", "sent_at"),
        ("delivered_at", "failed_at"),
        ("provider_id", "error_code"),
        ("attempts", "due_at", "done_at"),
        "last_error",
    )
    readonly_fields = ("badge", "what", "over", "spoken")

    @admin.display(description=gettext_lazy("message"), ordering="kind")
    def what(self, message: Message) -> str:
        return kind_label(message.kind)

    @admin.display(description=gettext_lazy("channel"), ordering="channel")
    def over(self, message: Message) -> str:
        return channel_label(message.channel)

    @admin.display(description=pgettext_lazy("field", "language"))
    def spoken(self, message: Message) -> str:
        return language_label(message.language)

    def row_name(self, row: Message) -> str:
        return f"{self.what(row)} · {self.over(row)}"

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """Phone numbers are stored without spaces; people write them with."""
        term = search_term.strip()
        if term.startswith("+"):
            term = "+" + "".join(filter(str.isdigit, term))
        return super().get_search_results(request, queryset, term)


def messages_about(order: Order) -> QuerySet[Message]:
    return order.messages.prefetch_related("receipts").order_by("pk")


def in_words(messages: QuerySet[Message]) -> list[dict[str, Any]]:
    """Messages with their kind and channel as people call them."""
    return [
        {"row": message, "what": kind_label(message.kind), "over": channel_label(message.channel)}
        for message in messages
    ]


@panel(Order, gettext_lazy("Messages"), "admin/panels/messages.html")
def messages_of(request: HttpRequest, order: Order) -> dict[str, Any]:
    return {"messages": in_words(messages_about(order))}


@panel(Dispute, gettext_lazy("Messages to the customer"), "admin/panels/messages.html")
def messages_of_dispute(request: HttpRequest, dispute: Dispute) -> dict[str, Any]:
    return {"messages": in_words(messages_about(dispute.order)), "shows_words": True}


@panel(Message, gettext_lazy("What the provider said"), "admin/panels/receipts.html")
def receipts(request: HttpRequest, message: Message) -> dict[str, Any]:
    return {"receipts": message.receipts.order_by("received_at")}


@panel(Order, gettext_lazy("Published"), "admin/panels/events.html")
def events_of(request: HttpRequest, order: Order) -> dict[str, Any]:
    """What was published of an order and of everything that hangs on it."""
    parts = (order.shipments, order.returns, order.refunds, order.disputes)
    ids = [row[0] for row in parts[0].values_list("pk").union(*(part.values_list("pk") for part in parts[1:]))]
    return {"events": Event.objects.filter(subject_id__in=[order.pk, *ids]).order_by("-pk")[:200]}


@counter("messages", gettext_lazy("Messages"))
def count_messages(request: HttpRequest) -> list[Count]:
    failed = seen_by(request, Message).filter(status=Message.Status.FAILED).count()
    return [Count(_("Failed"), failed, Message, "status__exact=failed", "bad")]
