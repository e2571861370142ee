"""The customer says that something is wrong, and follows what becomes of it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

import tracking.services
from logistics_portal.kernel.errors import DomainError, NotFound
from orders.models import Order
from tracking.arrival import place_zone
from tracking.models import Shipment
from tracking.sentences import words

from .. import services
from ..forms.disputes import AnswerForm, DisputeForm
from ..models import RUNNING, Confirmation, Dispute, DisputePhoto
from .door import for_holder


@require_http_methods(["GET", "HEAD", "POST"])
@for_holder
def ask_dispute(request: HttpRequest, order: Order, shipment_id: UUID) -> HttpResponse:
    shipment = order.shipments.prefetch_related("parcels", "disputes").filter(pk=shipment_id).first()
    if shipment is None:
        raise NotFound(_("This order has no such parcel."))
    shipment.order = order
    running = next((one for one in shipment.disputes.all() if one.status in RUNNING), None)
    kinds = services.disputable_kinds(shipment)
    lines = order.lines.order_by("pk")
    asked = request.GET.get("kind")
    first = asked if asked in kinds else kinds[0] if len(kinds) == 1 else ""  # nobody accuses by a press too many
    if request.method != "POST":
        form = DisputeForm(kinds=kinds, order_lines=lines, initial={"kind": first})
        return _dispute_page(request, shipment, form, running=running)
    form = DisputeForm({"kind": first, **request.POST.dict()}, request.FILES, kinds=kinds, order_lines=lines)
    if running and request.POST.get("kind", running.kind) == running.kind:
        return redirect("dispute", order.token, running.pk)  # a second click
    if not kinds or not form.is_valid():
        return _dispute_page(request, shipment, form, running=running, status=422)
    try:
        told = {name: form.cleaned_data[name] for name in ("kind", "statement", "wish", "photos")}
        dispute = services.open_dispute(shipment=shipment, quantities=form.quantities, **told)
    except services.UnableToDispute as error:
        form.add_error(None, error.message)
        return _dispute_page(request, shipment, form, running=running, status=error.status)
    if dispute.status == Dispute.Status.ACCEPTED:
        messages.success(request, _("Decided in your favor at once."))
    else:
        messages.success(request, _("We are looking into it. The sender decides and tells you."))
    return redirect("dispute", order.token, dispute.pk)


def _dispute_page(
    request: HttpRequest, shipment: Shipment, form: DisputeForm, *, running: Dispute | None, status: int = 200
) -> HttpResponse:
    said = services.last_confirmations([shipment.pk]).get(shipment.pk)
    context = {
        "order": shipment.order,
        "merchant": shipment.order.merchant,
        "shipment": shipment,
        "carrier": tracking.services.carrier_label(shipment.carrier),
        "form": form,
        "running": running,
        "said": said if said and said.answer != Confirmation.Answer.HAS_IT else None,
        "went_back": words(shipment) if shipment.status in services.GOING_BACK else None,
        "refusal": "" if form.fields["kind"].choices else services.dispute_refusal(shipment),  # type: ignore[attr-defined]
    }
    return render(request, "aftersales/ask_dispute.html", context, status=status)


@require_safe
@for_holder
def dispute(request: HttpRequest, order: Order, dispute_id: UUID) -> HttpResponse:
    """A case: its state, whose turn it is until when, and all that was said."""
    return _case_page(request, order, _dispute_of(order, dispute_id), AnswerForm())


def _case_page(
    request: HttpRequest, order: Order, case: Dispute, form: AnswerForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "order": order,
        "merchant": order.merchant,
        "dispute": case,
        "carrier": tracking.services.carrier_label(case.shipment.carrier),
        "steps": case.steps.order_by("pk"),
        "photos": case.photos.defer("jpeg").order_by("pk"),
        "lines": case.lines.select_related("order_line").order_by("pk"),
        "offer": services.standing_offer(case),
        "parcels": _parcels_of(case.replacement) if case.replacement else (),
        "zone": place_zone(order),
        "form": form,
    }
    return render(request, "aftersales/dispute.html", context, status=status)


def _parcels_of(replacement: Order) -> list[dict[str, object]]:
    sent = Shipment.objects.outbound().filter(order=replacement).order_by("pk")
    return [{"shipment": shipment, "carrier": tracking.services.carrier_label(shipment.carrier)} for shipment in sent]


@require_POST
@for_holder
def answer_dispute(request: HttpRequest, order: Order, dispute_id: UUID) -> HttpResponse:
    """The customer answers the sender's question, or brings new evidence to a case that was declined or closed."""
    case = _dispute_of(order, dispute_id)
    form = AnswerForm(request.POST, request.FILES)
    if not form.is_valid():
        return _case_page(request, order, case, form, status=422)
    act = services.reopen_dispute if case.can_reopen else services.answer_question
    try:
        act(dispute=case, **form.cleaned_data)
    except DomainError as error:
        case.refresh_from_db()
        form.add_error(None, error.message)
        return _case_page(request, order, case, form, status=error.status)
    messages.success(request, _("Thank you. It is the sender's turn now."))
    return redirect("dispute", order.token, case.pk)


@require_POST
@for_holder
def answer_offer(request: HttpRequest, order: Order, dispute_id: UUID) -> HttpResponse:
    case = _dispute_of(order, dispute_id)
    accept = request.POST.get("answer") == "accept"
    try:
        services.answer_offer(dispute=case, accept=accept)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        words = _("The offer is taken: it is settled.") if accept else _("You declined. It is the sender's turn now.")
        messages.success(request, words)
    return redirect("dispute", order.token, case.pk)


@require_POST
@for_holder
def withdraw_dispute(request: HttpRequest, order: Order, dispute_id: UUID) -> HttpResponse:
    case = _dispute_of(order, dispute_id)
    if case.status not in RUNNING:
        raise NotFound(_("Nothing is being looked into for this parcel."))
    services.withdraw_dispute(dispute=case)
    has_it = case.kind == Dispute.Kind.NOT_RECEIVED
    messages.success(request, _("Good that you have it. We stop looking.") if has_it else _("You took it back."))
    return redirect("order", order.token)


@require_safe
@for_holder
def photo(request: HttpRequest, order: Order, dispute_id: UUID, photo_id: UUID) -> HttpResponse:
    """A photo of a case, for who may see the case."""
    found = DisputePhoto.objects.filter(pk=photo_id, dispute=dispute_id, dispute__order=order).first()
    if found is None:
        raise NotFound(_("There is no such photo."))
    return HttpResponse(bytes(found.jpeg), content_type="image/jpeg")


def _dispute_of(order: Order, dispute_id: UUID) -> Dispute:
    found = (
        order.disputes.select_related("shipment", "merchant__policy", "refund", "replacement__merchant")
        .filter(pk=dispute_id)
        .first()
    )
    if found is None:
        raise NotFound(_("This order has no such case."))
    found.order = order
    return found
