"""Finding an order without its link."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from logistics_portal.kernel.errors import DomainError

from . import services
from .forms import LookupForm
from .services.numbers import number_hint


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def lookup(request: HttpRequest) -> HttpResponse:
    """Lead to the order of a number, for who knows the last four digits of its phone."""
    if request.method != "POST":
        return render(request, "tracking/lookup.html", {"form": LookupForm()})
    form = LookupForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            order = services.find_order(caller=request.META["REMOTE_ADDR"], **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, error.message)
            status = error.status
        else:
            return redirect("order", order.token)
    hint = number_hint(form.cleaned_data.get("number", ""))
    return render(request, "tracking/lookup.html", {"form": form, "hint": hint}, status=status)


@require_POST
def hints(request: HttpRequest) -> HttpResponse:
    """What a number tells by itself while the form is filled in; nothing is looked up for it."""
    return render(request, "tracking/_hint.html", {"hint": number_hint(request.POST.get("number", ""))})
