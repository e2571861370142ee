"""Changing one's number: a code to the old one, a code to the new one, and a day to take it back."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from logistics_portal.kernel.errors import DomainError
from merchants.models import Merchant

from . import services
from .forms import ChangeNumberForm

CHANGING = "changing_number"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change_number(request: HttpRequest) -> HttpResponse:
    """Ask which number takes the place of which, and send a code to each."""
    numbers = services.proved_numbers(request.session)
    if not numbers:
        return redirect(f"{reverse('sign_in')}?to=change_number")
    if request.method != "POST":
        return _page(request, ChangeNumberForm(numbers=numbers), numbers)
    given = {"old": request.POST.get("old", ""), "phone": request.POST.get("meant") or request.POST.get("phone", "")}
    regions = Merchant.objects.filter(is_active=True).order_by("country").values_list("country", flat=True).distinct()
    form = ChangeNumberForm(given, numbers=numbers, regions=regions)
    if not form.is_valid():
        return _page(request, form, numbers, status=422)
    try:
        change = services.request_number_change(
            old=form.cleaned_data["old"],
            new=form.cleaned_data["phone"],
            language=translation.get_language(),
            caller=request.META["REMOTE_ADDR"],
        )
    except DomainError as error:
        form.add_error(None, error.message)
        return _page(request, form, numbers, status=error.status)
    request.session[CHANGING] = str(change.pk)
    return redirect("change_number_codes")


def _page(request: HttpRequest, form: ChangeNumberForm, numbers: list[str], *, status: int = 200) -> HttpResponse:
    undoable = services.undoable_changes(numbers)
    return render(request, "customers/change_number.html", {"form": form, "undoable": undoable}, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change_number_codes(request: HttpRequest) -> HttpResponse:
    """Take the two codes; the device then acts for the new number."""
    if CHANGING not in request.session:
        return redirect("change_number")
    change = services.open_number_change(change_id=UUID(request.session[CHANGING]))
    error = None
    if request.method == "POST":
        try:
            services.confirm_number_change(
                change=change,
                old_code=services.typed_digits(request.POST.get("old_code", "")),
                new_code=services.typed_digits(request.POST.get("new_code", "")),
                caller=request.META["REMOTE_ADDR"],
            )
        except DomainError as refusal:
            error = refusal
        else:
            del request.session[CHANGING]
            agent = request.headers.get("User-Agent", "")
            services.remember_proof(request.session, change.new, agent=agent)
            messages.success(request, _("Your number is changed. Orders on their way follow you."))
            return redirect("my_orders")
    context = {"change": change, "error": error, "digits": services.CODE_DIGITS}
    return render(request, "customers/change_codes.html", context, status=error.status if error else 200)


@require_POST
def undo_number(request: HttpRequest) -> HttpResponse:
    """Take a change back, with the old number proved on this device."""
    try:
        change_id = UUID(request.POST.get("change", ""))
        services.undo_number_change(change_id=change_id, proved=services.proved_numbers(request.session))
    except ValueError:
        return redirect("change_number")
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("You have your old number back."))
    return redirect("my_orders")
