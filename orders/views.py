"""Proving the phone of one order, for who came by its link."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

import customers.services
from customers.models import PhoneVerification
from logistics_portal.kernel.errors import DomainError

from . import services
from .models import Order


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest, token: str) -> HttpResponse:
    """Send a code to the order's phone, take it, and go on to where the visitor wanted to go."""
    order = services.open_link(token)
    has_chosen = request.has_chosen_language  # type: ignore[attr-defined]
    if not has_chosen and translation.check_for_language(order.language):
        translation.activate(order.language)
    goal = _goal(request, token)
    if request.method != "POST":
        return _page(request, order, token, goal, is_sent="sent" in request.GET)
    try:
        if request.POST.get("action") == "send":
            _send_code(request, order)
            return redirect(f"{reverse('verify', args=[token])}?sent&next={goal}")
        _take_code(request, order)
    except DomainError as error:
        return _page(request, order, token, goal, is_sent=True, error=error)
    return redirect(goal)


@require_POST
def show_older(request: HttpRequest) -> HttpResponse:
    """Take what tells that the holder of a number that was silent for long is still the same."""
    numbers = customers.services.proved_numbers(request.session)
    if not numbers:
        return redirect("sign_in")
    try:
        services.show_older_orders(numbers=numbers, answer=request.POST.get("answer", "")[:254])
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("my_orders")


def _goal(request: HttpRequest, token: str) -> str:
    """Only pages of the same order are worth going to; anything else leads to its first page."""
    home = reverse("order", args=[token])
    asked = request.POST.get("next") or request.GET.get("next", "")
    return asked if asked.startswith(home) and asked.isascii() and asked.isprintable() else home


def _send_code(request: HttpRequest, order: Order) -> None:
    customers.services.request_verification(
        number=services.numbers_of(order)[0],
        purpose=PhoneVerification.Purpose.OPEN_ORDER,
        merchant=order.merchant,
        language=translation.get_language(),
        caller=request.META["REMOTE_ADDR"],
    )


def _take_code(request: HttpRequest, order: Order) -> None:
    proved = customers.services.confirm_verification(
        number=services.numbers_of(order)[0],
        purpose=PhoneVerification.Purpose.OPEN_ORDER,
        code=customers.services.typed_digits(request.POST.get("code", "")),
        caller=request.META["REMOTE_ADDR"],
    )
    customers.services.remember_proof(request.session, proved.number, agent=request.headers.get("User-Agent", ""))


def _page(
    request: HttpRequest, order: Order, token: str, goal: str, *, is_sent: bool, error: DomainError | None = None
) -> HttpResponse:
    context = {
        "order": order,
        "phone": services.numbers_of(order)[0],
        "merchant": order.merchant,
        "token": token,
        "next": goal,
        "is_sent": is_sent,
        "error": error,
        "digits": customers.services.CODE_DIGITS,
    }
    return render(request, "orders/verify.html", context, status=error.status if error else 200)
