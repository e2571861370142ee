"""The customer sends goods back."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

import tracking.services
from logistics_portal.kernel.errors import DomainError, NotFound
from merchants.models import Merchant
from orders.models import Order
from tracking.barcode import code128

from .. import services
from ..forms.returns import ReturnForm, SendReturnForm, WithdrawForm
from ..models import Refund, Return, ReturnPhoto
from ..services.closing import extra_cause
from ..story import story_of
from .door import for_holder

AGAIN_WITHIN = timedelta(seconds=60)  # the same wish again is a second click


@require_http_methods(["GET", "HEAD", "POST"])
@for_holder
def ask_return(request: HttpRequest, order: Order) -> HttpResponse:
    rights = services.rights_of(order)
    refusal = "" if rights.can_claim else rights.return_refusal
    returnable = [] if refusal else services.returnable_lines(order)
    if request.method != "POST":
        form = ReturnForm(returnable=returnable, is_claim=rights.can_claim)
        return _return_page(request, order, form, rights, refusal=refusal)
    form = ReturnForm(request.POST, request.FILES, returnable=returnable, is_claim=rights.can_claim)
    if again := _asked_just_now(order, request.POST):
        return redirect("return_case", order.token, again.pk)
    if refusal or not form.is_valid() or form.asks_more:
        status = 422 if refusal or form.errors else 200
        return _return_page(request, order, form, rights, refusal=refusal, status=status)
    try:
        case = services.request_return(
            order=order,
            quantities=form.quantities,
            wanted=form.wanted,
            again_within=AGAIN_WITHIN,
            **{name: form.cleaned_data[name] for name in ("reason", "comment", "resolution", "photos")},
        )
    except DomainError as error:
        form.add_error(None, error.message)
        return _return_page(request, order, form, rights, status=error.status)
    messages.success(request, _said(case))
    return redirect("return_case", order.token, case.pk)


def _said(case: Return) -> str:
    if case.status == Return.Status.APPROVED:
        return _("Your return is approved. Send the parcel and tell us its tracking number.")
    if case.status == Return.Status.KEPT:
        return _("You can keep the goods. The refund is started.")
    return _("We have your request. The sender decides and tells you.")


def _asked_just_now(order: Order, given: object) -> Return | None:
    """The return that a first click made, of which this one is the second."""
    recent = order.returns.filter(requested_at__gte=timezone.now() - AGAIN_WITHIN).prefetch_related("lines")
    for case in recent.exclude(status=Return.Status.CANCELED).order_by("-pk"):
        asked = {f"line-{line.order_line_id}": str(line.quantity) for line in case.lines.all()}
        named = {name: value for name, value in given.items() if name.startswith("line-") and value.strip("0 ")}  # type: ignore[attr-defined]
        is_same = asked == named and case.reason == given.get("reason", case.reason)  # type: ignore[attr-defined]
        if is_same and case.comment == given.get("comment", "").strip():  # type: ignore[attr-defined]
            return case
    return None


def _return_page(
    request: HttpRequest,
    order: Order,
    form: ReturnForm,
    rights: services.Rights,
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    best = rights.window.best
    context = {
        "order": order,
        "merchant": order.merchant,
        "form": form,
        "refusal": refusal,
        "rights": rights,
        "last_day": None if rights.can_claim else best.last_day,
        "claim_until": services.warranty_ends_on(rights.window, order) if rights.can_claim else None,
    }
    return render(request, "aftersales/ask_return.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_holder
def withdraw(request: HttpRequest, order: Order) -> HttpResponse:
    """The withdrawal function: state what is withdrawn from, then confirm it; nothing is declared before."""
    rights = services.rights_of(order)
    returnable = services.lines_left(order) if rights.can_withdraw else []
    form = WithdrawForm(request.POST or None, returnable=returnable, all_of_it=True)
    context = {"order": order, "merchant": order.merchant, "form": form, "rights": rights, "step": "choose"}
    if request.method != "POST":
        return render(request, "aftersales/withdraw.html", context)
    again = _asked_just_now(order, request.POST)
    if request.POST.get("step") == "confirm" and again and again.law:
        return redirect("return_case", order.token, again.pk)
    if not rights.can_withdraw or not form.is_valid():
        return render(request, "aftersales/withdraw.html", context, status=422)
    if request.POST.get("step") != "confirm":
        chosen = [(field, one, form.cleaned_data[field.name]) for field, one in form.lines]
        if any(count for *_rest, count in chosen):
            return render(request, "aftersales/withdraw.html", context | {"step": "confirm", "chosen": chosen})
        form.add_error(None, _("Choose what you send back."))
        return render(request, "aftersales/withdraw.html", context, status=422)
    try:
        case = services.withdraw(order=order, quantities=form.quantities, again_within=AGAIN_WITHIN)
    except DomainError as error:
        form.add_error(None, error.message)
        return render(request, "aftersales/withdraw.html", context, status=error.status)
    return redirect("return_case", order.token, case.pk)


@require_safe
@for_holder
def return_case(request: HttpRequest, order: Order, return_id: UUID) -> HttpResponse:
    """One case on one line: the parcel, its way back, the replacement or the money, and whose turn it is."""
    case = _return_of(order, return_id)
    zone = tracking.services.place_zone(order)
    extra = Refund.objects.filter(merchant=order.merchant, cause__startswith=extra_cause(case)).order_by("pk")
    context = {
        "order": order,
        "merchant": order.merchant,
        "case": case,
        "story": story_of(case, zone=zone, now=timezone.now()),
        "zone": zone,
        "policy": order.merchant.policy,
        "photos": case.photos.defer("jpeg").order_by("pk"),
        "refunds": [*([case.refund] if hasattr(case, "refund") else []), *extra],
        "exchange": getattr(case, "exchange", None),
        "carrier": tracking.services.carrier_label(case.shipment.carrier) if case.shipment else "",
    }
    return render(request, "aftersales/return_case.html", context)


@require_safe
@for_holder
def return_label(request: HttpRequest, order: Order, return_id: UUID) -> HttpResponse:
    """A label or code for a return that is to be sent."""
    case = _return_of(order, return_id)
    if not case.can_be_sent:
        raise NotFound(_("This return needs no label."))
    context = {
        "order": order,
        "merchant": order.merchant,
        "case": case,
        "policy": order.merchant.policy,
        "barcode": code128(case.number),
    }
    return render(request, "aftersales/return_label.html", context)


@require_safe
@for_holder
def return_photo(request: HttpRequest, order: Order, return_id: UUID, photo_id: UUID) -> HttpResponse:
    photo = ReturnPhoto.objects.filter(pk=photo_id, return_case=return_id, return_case__order=order).first()
    if photo is None:
        raise NotFound(_("There is no such photo."))
    return HttpResponse(bytes(photo.jpeg), content_type="image/jpeg")


@never_cache
@require_safe
@staff_member_required
def photo_for_staff(request: HttpRequest, photo_id: UUID) -> HttpResponse:
    """A customer's photo, for staff of the return's merchant."""
    photo = ReturnPhoto.objects.filter(
        pk=photo_id,
        return_case__merchant__in=Merchant.objects.for_staff(request.user),
    ).first()
    if photo is None or not request.user.has_perm("aftersales.view_return"):
        raise NotFound(_("There is no such photo."))
    return HttpResponse(bytes(photo.jpeg), content_type="image/jpeg")


@require_http_methods(["GET", "HEAD", "POST"])
@for_holder
def send_return(request: HttpRequest, order: Order, return_id: UUID) -> HttpResponse:
    """Take the tracking number of the parcel in which a return travels."""
    case = _return_of(order, return_id)
    form, status = SendReturnForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.send_return(return_case=case, **form.cleaned_data)
            except DomainError as error:
                form.add_error(None, error.message)
                status = error.status
            else:
                messages.success(request, _("Thank you. You can follow your return on this page."))
                return redirect("order", order.token)
    carriers = tracking.services.carrier_labels()
    context = {"order": order, "merchant": order.merchant, "case": case, "form": form, "carriers": carriers}
    return render(request, "aftersales/send_return.html", context, status=status)


@require_POST
@for_holder
def cancel_return(request: HttpRequest, order: Order, return_id: UUID) -> HttpResponse:
    services.cancel_return(return_case=_return_of(order, return_id))
    messages.success(request, _("Your return is canceled."))
    return redirect("order", order.token)


def _return_of(order: Order, return_id: UUID) -> Return:
    rows = order.returns.select_related("shipment", "refund", "exchange__order", "order__merchant__policy")
    case = rows.prefetch_related("lines__order_line", "lines__exchange_line__item").filter(pk=return_id).first()
    if case is None:
        raise NotFound(_("This order has no such return."))
    return case
