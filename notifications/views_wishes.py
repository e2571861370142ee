"""The page on which people choose their messages: of the numbers that they proved, and of no other."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

import customers.services
from logistics_portal.kernel import tokens
from logistics_portal.kernel.errors import DomainError

from . import groups, services
from .forms import WishesForm
from .wishes_page import WishesPage, channel_labels, own_addresses, wishes_page

FORM_MAX_BYTES = 8 * 1024
NAME_LENGTH = 12


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def my_messages(request: HttpRequest) -> HttpResponse:
    """What a number's holder hears over which channel, where they are reached, and what was sent lately."""
    names = _names(request)
    if not names:
        return redirect(f"{reverse('sign_in')}?to=my_messages")
    if request.method != "POST":
        asked = request.GET.get("of", "")
        return _page(request, names, asked if asked in names else next(iter(names)))
    if int(request.META.get("CONTENT_LENGTH") or 0) > FORM_MAX_BYTES:
        return HttpResponse(status=413)
    name = _named(request, names)
    form = WishesForm(request.POST)
    if not form.is_valid():
        return _page(request, names, name, status=422)
    changed = services.save_wishes(number=names[name], wanted=form.wishes(), first=form.first_choice())
    messages.success(request, " ".join(_told(changed)))
    return redirect(f"{reverse('my_messages')}?of={name}")


@require_POST
def turn_on_again(request: HttpRequest) -> HttpResponse:
    """Have an address of one's own written to again."""
    names = _names(request)
    name = _named(request, names)
    own = own_addresses(number=names[name], now=timezone.now())
    try:
        closed = services.turn_on_again(closed_id=UUID(request.POST.get("closed", "")), own=own)
    except ValueError as error:
        raise Http404 from error
    except DomainError as error:
        messages.error(request, error.message)
    else:
        told = [_("It is turned on again.")]
        if services.CHANNELS[closed.channel].address_field == "phone":
            # A provider that took the STOP itself lets nothing through until it hears START.
            told.append(_("If no text comes, answer one of our earlier ones with START."))
        messages.success(request, " ".join(told))
    return redirect(f"{reverse('my_messages')}?of={name}")


@require_POST
def take_back(request: HttpRequest) -> HttpResponse:
    """Have a shop's messages again that it said are not wanted."""
    names = _names(request)
    name = _named(request, names)
    try:
        services.take_back_passed(number=names[name], merchant_id=UUID(request.POST.get("merchant", "")))
    except ValueError as error:
        raise Http404 from error
    messages.success(request, _("It is turned on again."))
    return redirect(f"{reverse('my_messages')}?of={name}")


def _names(request: HttpRequest) -> dict[str, str]:
    """The numbers that this device proved, each under a name that tells nobody the number."""
    numbers = sorted(customers.services.proved_numbers(request.session))
    return {tokens.keyed_digest("number", number)[:NAME_LENGTH]: number for number in numbers}


def _named(request: HttpRequest, names: dict[str, str]) -> str:
    name = request.POST.get("of", "")
    if name not in names:
        raise Http404
    return name


def _page(request: HttpRequest, names: dict[str, str], name: str, *, status: int = 200) -> HttpResponse:
    page: WishesPage = wishes_page(number=names[name], now=timezone.now())
    told = {"page": page, "names": names, "name": name, "is_refused": status != 200}
    return render(request, "notifications/messages.html", told, status=status)


def _told(changed: services.Changed) -> list[str]:
    """What was saved, in sentences."""
    told = [_("Your choices are saved.")]
    if changed.off:
        told.append(_("Turned off: %s.") % _listed(changed.off))
    if changed.on:
        told.append(_("Turned on: %s.") % _listed(changed.on))
    return told


def _listed(pairs: Sequence[tuple[str, str]]) -> str:
    labels = channel_labels()
    return " · ".join(f"{groups.BY_CODE[group].label} ({labels[channel]})" for group, channel in pairs)
