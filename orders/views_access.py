"""Who may follow an order, for its customer: receivers, links, and who opened them."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from logistics_portal.kernel.errors import DomainError, Invalid

from . import services
from .forms import DelegateForm
from .models import By, LinkRevocation, Order

OPENINGS_SHOWN = 30


def for_customer(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Open the link's order for who proved its phone; send others to do so first."""

    @never_cache
    @wraps(view)
    def opened(request: HttpRequest, token: str) -> HttpResponse:
        order = services.open_link(token)
        has_chosen = request.has_chosen_language  # type: ignore[attr-defined]
        if not has_chosen and translation.check_for_language(order.language):
            translation.activate(order.language)
        if not services.session_opens(request.session, order):
            goal = request.path if request.method in ("GET", "HEAD") else reverse("access", args=[token])
            return redirect(f"{reverse('verify', args=[token])}?{urlencode({'next': goal})}")
        return view(request, order, token)

    return opened


@require_http_methods(["GET", "HEAD", "POST"])
@for_customer
def access(request: HttpRequest, order: Order, token: str) -> HttpResponse:
    """Show who follows the order and who opened it; take a further receiver."""
    if request.method != "POST":
        return _page(request, order, token, DelegateForm(order=order, initial={"gets_code": True}))
    given = request.POST.copy()
    given["phone"] = given.get("meant") or given.get("phone", "")
    form = DelegateForm(given, order=order)
    if not form.is_valid():
        return _page(request, order, token, form, status=422)
    try:
        delegate = services.add_delegate(order=order, draft=form.draft, by=By.CUSTOMER)
    except DomainError as error:
        field = next((name for name in error.fields if name in form.fields), None)
        form.add_error(field, error.message)
        return _page(request, order, token, form, status=error.status)
    messages.success(request, _("We sent %s a link.") % delegate.name)
    return redirect("access", token)


@require_POST
@for_customer
def close_access(request: HttpRequest, order: Order, token: str) -> HttpResponse:
    """Close one link, a receiver's included, or all but the one in use; go on by the link that is good then."""
    mine = services.link_name(token, order.pk, versions=services.versions_of(order)).partition(":")[0]
    asked = request.POST.get("link", "")
    try:
        if asked == "others":
            services.close_other_links(order=order, keep=mine, by=By.CUSTOMER)
        elif asked in LinkRevocation.Link.values:
            services.revoke_link(order=order, link=asked, by=By.CUSTOMER)
        else:
            delegate = services.delegate_of(order, _id(asked))
            services.end_delegation(delegate=delegate, by=By.CUSTOMER)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Closed. Who opens it now sees nothing of your order."))
    tokens = {LinkRevocation.Link.CUSTOMER: order.token, LinkRevocation.Link.MERCHANT: order.merchant_token}
    return redirect("access", tokens[LinkRevocation.Link(mine)])


def _id(written: str) -> UUID:
    try:
        return UUID(written)
    except ValueError as error:
        raise Invalid(_("There is no such link.")) from error


def _page(request: HttpRequest, order: Order, token: str, form: DelegateForm, *, status: int = 200) -> HttpResponse:
    links = services.links_of(order)
    names = {link.name: link for link in links}
    told = {
        "order": order,
        "merchant": order.merchant,
        "token": token,
        "form": form,
        "links": [link for link in links if not link.revoked_at],
        "closed": [link for link in links if link.revoked_at],
        "mine": services.link_name(token, order.pk, versions=services.versions_of(order)),
        "openings": [(row, names.get(row.link)) for row in services.openings_of(order)[:OPENINGS_SHOWN]],
        "openings_days": settings.OPENINGS_DAYS,
        "may_add": not order.ended_at,
        "now": timezone.now(),
    }
    return render(request, "orders/access.html", told, status=status)
