"""What a receiver who is not the customer can do: prove their number, say whether they have the parcel, and leave."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

import customers.services
from customers.models import PhoneVerification
from logistics_portal.kernel.errors import DomainError

from . import services
from .models import By, Delegate


def _open(request: HttpRequest, token: str) -> Delegate:
    delegate = services.open_delegate_link(token)
    has_chosen = request.has_chosen_language  # type: ignore[attr-defined]
    if not has_chosen and translation.check_for_language(delegate.language):
        translation.activate(delegate.language)
    return delegate


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify_receiver(request: HttpRequest, token: str) -> HttpResponse:
    """Send a code to the receiver's own phone and take it."""
    delegate = _open(request, token)
    if request.method != "POST":
        return _page(request, delegate, token, is_sent="sent" in request.GET)
    caller = request.META["REMOTE_ADDR"]
    try:
        if request.POST.get("action") == "send":
            customers.services.request_verification(
                number=delegate.phone,
                purpose=PhoneVerification.Purpose.OPEN_ORDER,
                merchant=delegate.order.merchant,
                language=translation.get_language(),
                caller=caller,
            )
            return redirect(f"{reverse('verify_receiver', args=[token])}?sent")
        customers.services.confirm_verification(
            number=delegate.phone,
            purpose=PhoneVerification.Purpose.OPEN_ORDER,
            code=customers.services.typed_digits(request.POST.get("code", "")),
            caller=caller,
        )
    except DomainError as error:
        return _page(request, delegate, token, is_sent=True, error=error)
    customers.services.remember_proof(request.session, delegate.phone, agent=request.headers.get("User-Agent", ""))
    return redirect("receiver", token)


def _page(
    request: HttpRequest, delegate: Delegate, token: str, *, is_sent: bool, error: DomainError | None = None
) -> HttpResponse:
    told = {
        "merchant": delegate.order.merchant,
        "delegate": delegate,
        "token": token,
        "is_sent": is_sent,
        "error": error,
        "digits": customers.services.CODE_DIGITS,
    }
    return render(request, "orders/verify_receiver.html", told, status=error.status if error else 200)


@require_POST
def answer_receiver(request: HttpRequest, token: str) -> HttpResponse:
    """Take the answer of a receiver who proved their number."""
    delegate = _open(request, token)
    if not services.session_is_delegate(request.session, delegate):
        return redirect("verify_receiver", token)
    try:
        services.answer_as_delegate(delegate=delegate, answer=request.POST.get("answer", ""))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Thank you. Who ordered it sees your answer."))
    return redirect("receiver", token)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def leave_receiver(request: HttpRequest, token: str) -> HttpResponse:
    """End the delegation from the receiver's side: their link closes and no more news come."""
    delegate = _open(request, token)
    told = {"merchant": delegate.order.merchant, "token": token, "is_done": request.method == "POST"}
    if told["is_done"]:
        services.end_delegation(delegate=delegate, by=By.DELEGATE)
    return render(request, "orders/leave_receiver.html", told)
