"""Signing in: a number, a code by SMS, and the device is remembered."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from logistics_portal.kernel.errors import DomainError
from merchants.models import Merchant

from . import services
from .forms import SignInForm
from .models import PhoneVerification

SIGNING_IN, GOING_TO = "signing_in", "signing_in_to"
GOALS = ("my_orders", "change_number", "my_messages")  # where signing in may lead, by the page's name


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for a number and send a code; the answer is the same for a number that nobody knows."""
    if request.method != "POST":
        return render(request, "customers/sign_in.html", {"form": SignInForm()})
    given = {"phone": request.POST.get("meant") or request.POST.get("phone", "")}
    regions = Merchant.objects.filter(is_active=True).order_by("country").values_list("country", flat=True).distinct()
    form = SignInForm(given, regions=regions)
    if not form.is_valid():
        return render(request, "customers/sign_in.html", {"form": form}, status=422)
    number = form.cleaned_data["phone"]
    request.session[SIGNING_IN] = str(number)
    request.session[GOING_TO] = request.GET["to"] if request.GET.get("to") in GOALS else GOALS[0]
    try:
        _send_code(request, str(number))
    except DomainError as error:
        return _code_page(request, error)
    return redirect("sign_in_code")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """Take the code, or send another one."""
    number = request.session.get(SIGNING_IN)
    if not number:
        return redirect("sign_in")
    if request.method != "POST":
        return _code_page(request)
    try:
        if request.POST.get("action") == "send":
            _send_code(request, number)
            return redirect("sign_in_code")
        services.confirm_verification(
            number=number,
            purpose=PhoneVerification.Purpose.SIGN_IN,
            code=services.typed_digits(request.POST.get("code", "")),
            caller=request.META["REMOTE_ADDR"],
        )
    except DomainError as error:
        return _code_page(request, error)
    del request.session[SIGNING_IN]
    services.remember_proof(request.session, number, agent=request.headers.get("User-Agent", ""))
    return redirect(request.session.pop(GOING_TO, GOALS[0]))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    services.forget_proofs(request.session)
    return redirect("home")


@require_POST
def end_devices(request: HttpRequest) -> HttpResponse:
    """Sign out another device, or all others."""
    try:
        device = UUID(request.POST.get("device", ""))
    except ValueError:
        services.end_other_devices(request.session)
    else:
        services.end_device(request.session, device)
    return redirect("my_orders")


def _send_code(request: HttpRequest, number: str) -> None:
    services.request_verification(
        number=number,
        purpose=PhoneVerification.Purpose.SIGN_IN,
        language=translation.get_language(),
        caller=request.META["REMOTE_ADDR"],
    )


def _code_page(request: HttpRequest, error: DomainError | None = None) -> HttpResponse:
    context = {"number": request.session[SIGNING_IN], "error": error, "digits": services.CODE_DIGITS}
    return render(request, "customers/code.html", context, status=error.status if error else 200)
