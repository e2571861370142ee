"""The customer talks to support."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from logistics_portal.kernel.errors import DomainError, NotFound
from orders.models import Order
from tracking.arrival import place_zone

from .. import services
from ..files import send_file
from ..forms.conversations import MessageForm, RatingForm
from ..models import Conversation
from .door import for_holder


@require_http_methods(["GET", "HEAD", "POST"])
@for_holder
def talk(request: HttpRequest, order: Order) -> HttpResponse:
    """The conversation on a page of its own, and what is written there or on the order's page."""
    if request.method != "POST":
        return _page(request, order, None)
    form = MessageForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, order, form, status=422)
    given = form.cleaned_data
    try:
        services.write_message(order=order, text=given["text"], uploads=given["files"], form_id=given["form_id"])
    except DomainError as error:
        form.add_error("files" if "files" in error.fields else "text", error.message)
        return _page(request, order, form, status=error.status)
    messages.success(request, _("Your message is on its way to the merchant."))
    return redirect(f"{reverse('order', args=[order.token])}#talk")


def _page(request: HttpRequest, order: Order, form: MessageForm | None, *, status: int = 200) -> HttpResponse:
    context = {
        "order": order,
        "merchant": order.merchant,
        "token": order.token,
        "shown": services.shown_conversation(order),
        "zone": place_zone(order),
        "form": form,
    }
    return render(request, "aftersales/conversation.html", context, status=status)


@require_POST
@for_holder
def rate(request: HttpRequest, order: Order) -> HttpResponse:
    """A tap on good or bad; a comment may follow it."""
    form = RatingForm(request.POST)
    if not form.is_valid():
        return _page(request, order, None, status=422)
    services.rate_conversation(conversation=_latest(order), **form.cleaned_data)
    messages.success(request, _("Thank you for telling us."))
    return redirect(f"{reverse('order', args=[order.token])}#talk")


@require_POST
@for_holder
def solved(request: HttpRequest, order: Order) -> HttpResponse:
    """The customer says that nothing is left to answer."""
    services.solve_conversation(conversation=_latest(order))
    messages.success(request, _("Good that it is settled."))
    return redirect(f"{reverse('order', args=[order.token])}#talk")


def _latest(order: Order) -> Conversation:
    found = order.conversations.order_by("-pk").first()
    if found is None:
        raise NotFound(_("You have not written to the merchant yet."))
    return found


@require_safe
@for_holder
def attachment(request: HttpRequest, order: Order, attachment_id: UUID) -> HttpResponse:
    found = services.shown_attachment(order, attachment_id)
    if found is None:
        raise NotFound(_("There is no such file."))
    return send_file(found)
