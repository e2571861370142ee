"""Pages that show what several apps know: the front page, an order, somebody's orders; and whether the portal lives."""

import json
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.messages import get_messages
from django.core.paginator import Paginator
from django.db import DatabaseError
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers, patch_cache_control
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

import aftersales.services
import customers.services
import notifications.subscriptions.browsers
import orders.services
from logistics_portal.colors import brand_sheet
from logistics_portal.kept_pages import kept_page
from logistics_portal.kernel.models import Heartbeat
from logistics_portal.live.passes import make_pass
from logistics_portal.openings import note_opening
from logistics_portal.order_data import order_data
from logistics_portal.order_page import customer_reader, order_look, order_page, shipment_look
from logistics_portal.order_state import OrderState, order_state
from merchants.models import Logo
from orders.models import Order, OrderLine
from tracking.arrival import place_zone
from tracking.models import Parcel, Shipment
from tracking.sentences import is_trouble, order_words, sentence

WORKERS_LATE_AFTER = timedelta(seconds=60)
ORDERS_A_PAGE = 20


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """A door for everybody; in the demo with the logins that open it."""
    demo = _demo_logins() if settings.DEMO_INBOX else {}
    return render(request, "home.html", {"demo": demo, "has_dispatch": apps.is_installed("dispatch")})


def _demo_logins() -> dict[str, Any]:
    path = settings.DATA_DIR / "demo.json"
    return json.loads(path.read_text()) if path.exists() else {}


@require_safe
def order(request: HttpRequest, token: str) -> HttpResponse:
    """An order for who has its link; with name, street and actions for who proved its phone.

    What strangers see is the same for all of them, so it is made once for each change.
    """
    state = order_state(token)
    language = state.language if state else ""
    if not request.has_chosen_language and translation.check_for_language(language):  # type: ignore[attr-defined]
        translation.activate(language)
    is_verified = state is not None and any(
        customers.services.session_proves(request.session, phone) for phone in state.phones
    )
    if state is not None:
        note_opening(request, order_id=state.order_id, link=state.link, has_proof=is_verified)
    if state is None or is_verified or len(get_messages(request)):
        response = _order_page(request, token, is_verified=is_verified, state=state)
        add_never_cache_headers(response)
        return response
    name = state.name_in(translation.get_language())
    return kept_page(request, name, lambda: _order_page(request, token, is_verified=False, state=state))


def _order_page(
    request: HttpRequest, token: str, *, is_verified: bool, state: OrderState | None = None
) -> HttpResponse:
    now = timezone.now()  # before anything is read: what changes from here on is news to the page
    found = orders.services.open_link(token)
    page = order_page(found, reader=customer_reader(found, is_verified=is_verified), now=now, state=state)
    live = f"{settings.LIVE_URL}/live/{make_pass(found.pk)}" if settings.LIVE_URL else ""
    told = {"page": page, "order": found, "merchant": found.merchant, "token": token, "data": order_data(page)}
    told["code_url"] = reverse("verify", args=[token])
    if is_verified:
        told["shown"] = aftersales.services.shown_conversation(found)
    if is_verified:
        told["push_key"] = notifications.subscriptions.browsers.key_for_browsers()
    return render(request, "orders/order.html", {**told, "live": live, "read_at": int(now.timestamp() * 1000)})


@require_safe
def brand(request: HttpRequest, color: str) -> HttpResponse:
    """A merchant's color as a sheet: a style inside the page would need a nonce, which a kept page can't have."""
    response = HttpResponse(brand_sheet(f"#{color}"), content_type="text/css")
    patch_cache_control(response, public=True, max_age=24 * 3600)
    return response


@require_safe
def logo(request: HttpRequest, digest: str) -> HttpResponse:
    """A merchant's logo. Its name is its content's, so whoever has it never has to ask again."""
    response = HttpResponse(get_object_or_404(Logo, pk=digest).content, content_type="image/png")
    patch_cache_control(response, public=True, max_age=365 * 24 * 3600, immutable=True)
    return response


@never_cache
@require_safe
def my_orders(request: HttpRequest) -> HttpResponse:
    """The orders of every number that this device proved, at all merchants."""
    numbers = customers.services.proved_numbers(request.session)
    if not numbers:
        return redirect("sign_in")
    outbound = Prefetch("shipments", Shipment.objects.outbound().order_by("pk"))
    shown, held = orders.services.orders_of_numbers(numbers)
    asked = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:100]
    mine = shown.filter(_asked_for(asked)).select_related("merchant").prefetch_related(outbound)
    page = Paginator(mine.order_by("-placed_at", "-id"), ORDERS_A_PAGE).get_page(request.GET.get("page"))
    rows = [(row, place_zone(row), *_summary(row)) for row in page]
    devices = customers.services.signed_in_devices(request.session, numbers)
    told = {"page": page, "rows": rows, "numbers": numbers, "devices": devices, "held": held}
    told |= {"asked": asked, "doubted": customers.services.doubted_numbers(numbers)}
    return render(request, "orders/my_orders.html", told)


def _asked_for(text: str) -> Q:
    """Orders by what people remember of them: a number of theirs or of a parcel, an item, a shop."""
    if not text:
        return Q()
    lines = OrderLine.objects.filter(order=OuterRef("pk"), name__icontains=text)
    parcels = Parcel.objects.filter(shipment__order=OuterRef("pk"), tracking_number__iexact="".join(text.split()))
    return Q(number__icontains=text) | Q(merchant__name__icontains=text) | Exists(lines) | Exists(parcels)


def _summary(row: Order) -> tuple[str, str, str]:
    """An order in one sentence with color and icon: of the shipment that needs the customer most, or of the order."""
    by_need = sorted(
        row.shipments.all(), key=lambda shipment: (not is_trouble(shipment), shipment.delivered_at is not None)
    )
    if not by_need:
        return str(order_words(row).headline), *order_look(row)
    return sentence(by_need[0]), *shipment_look(by_need[0])


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """The database answers, and the workers showed within a minute that they work."""
    try:
        beat = Heartbeat.objects.filter(name="workers").values_list("beat_at", flat=True).first()
    except DatabaseError:
        return JsonResponse({"database": "down", "workers": "late"}, status=503)
    is_late = beat is None or beat < timezone.now() - WORKERS_LATE_AFTER
    return JsonResponse({"database": "ok", "workers": "late" if is_late else "ok"}, status=503 if is_late else 200)
