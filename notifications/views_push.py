"""Doors of web push and WeChat: the service worker, the installable page, subscriptions, and reports of consents."""

from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.templatetags.static import static
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

import orders.services

from .models import WeChatAccount
from .subscriptions import browsers, consents

REPORT_MAX_BYTES = 8 * 1024
WORKER = Path(settings.BASE_DIR) / "static" / "sw.js"


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The service worker, from the root: below /static/ it could not show news of any page."""
    response = HttpResponse(WORKER.read_bytes(), content_type="text/javascript")
    patch_cache_control(response, no_cache=True)
    return response


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """What makes the pages installable: on a home screen they open with the reader's orders."""
    icons = [
        {"src": static(name), "sizes": size, "type": "image/png", "purpose": purpose}
        for name, size, purpose in (
            ("icon-192.png", "192x192", "any"),
            ("icon-512.png", "512x512", "any"),
            ("icon-maskable-512.png", "512x512", "maskable"),
        )
    ]
    told = {
        "id": "/",
        "name": gettext("My orders"),
        "short_name": gettext("My orders"),
        "lang": get_language(),
        "start_url": "/orders/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f5f4f1",
        "theme_color": "#1f5eff",
        "icons": icons,
    }
    response = JsonResponse(told, content_type="application/manifest+json")
    patch_cache_control(response, private=True, max_age=3600)
    patch_vary_headers(response, ("Cookie", "Accept-Language"))
    return response


@require_POST
@never_cache
def subscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Have this browser shown the news of an order's merchant; it must have proved the order's phone."""
    browsers.subscribe(
        session=request.session,
        order=orders.services.open_link(token),
        told=request.POST,
        caller=request.META["REMOTE_ADDR"],
    )
    return HttpResponse(status=204)


@require_POST
@never_cache
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    order = orders.services.open_link(token)
    browsers.unsubscribe(session=request.session, order=order, endpoint=request.POST.get("endpoint", ""))
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def wechat_consents(request: HttpRequest, account: UUID) -> HttpResponse:
    """A mini-programme reports who consented to what, signed as Standard Webhooks are; twice is once."""
    if int(request.headers.get("Content-Length") or 0) > REPORT_MAX_BYTES:
        return HttpResponse(status=413)
    found = get_object_or_404(WeChatAccount.objects.select_related("merchant"), pk=account, is_active=True)
    kept = consents.take_report(account=found, headers=request.headers, body=request.body)
    return JsonResponse({"kept": kept}, status=202)
