"""Who may do something after the sale: the holder of the order's phone."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import never_cache

import orders.services

View = Callable[..., HttpResponse]


def for_holder(view: View) -> View:
    """Open the link's order for who proved its phone; send others to do so first."""

    @never_cache
    @wraps(view)
    def opened(request: HttpRequest, token: str, **kwargs: object) -> HttpResponse:
        order = orders.services.open_link(token)
        has_chosen = request.has_chosen_language  # type: ignore[attr-defined]
        if not has_chosen and translation.check_for_language(order.language):
            translation.activate(order.language)
        if not orders.services.session_opens(request.session, order):
            goal = request.path if request.method in ("GET", "HEAD") else reverse("order", args=[token])
            return redirect(f"{reverse('verify', args=[token])}?{urlencode({'next': goal})}")
        return view(request, order, **kwargs)

    return opened
