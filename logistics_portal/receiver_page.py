"""The page of a receiver who is not the customer: where the parcel is, without prices, phone or other orders."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

import orders.services
from logistics_portal.live.passes import make_pass
from logistics_portal.openings import note_opening
from logistics_portal.order_page import Reader, order_page
from orders.models import Delegate, Order


@never_cache
@require_safe
def receiver(request: HttpRequest, token: str) -> HttpResponse:
    """An order for who receives it in the customer's place; who proved their own number sees street and code."""
    now = timezone.now()
    delegate = orders.services.open_delegate_link(token)
    has_chosen = request.has_chosen_language  # type: ignore[attr-defined]
    if not has_chosen and translation.check_for_language(delegate.language):
        translation.activate(delegate.language)
    is_proved = orders.services.session_is_delegate(request.session, delegate)
    order = delegate.order
    note_opening(request, order_id=order.pk, link=str(delegate.pk), has_proof=is_proved)
    page = order_page(order, reader=receiver_reader(order, delegate, is_proved=is_proved), now=now)
    told = {
        "page": page,
        "order": order,
        "merchant": order.merchant,
        "delegate": delegate,
        "is_proved": is_proved,
        "token": token,
        "code_url": reverse("verify_receiver", args=[token]) if delegate.gets_code else "",
        "live": f"{settings.LIVE_URL}/live/{make_pass(order.pk)}" if settings.LIVE_URL else "",
        "read_at": int(now.timestamp() * 1000),
    }
    return render(request, "orders/receiver.html", told)


def receiver_reader(order: Order, delegate: Delegate, *, is_proved: bool) -> Reader:
    """What a receiver may see: after the proof the address, never the customer's email or other name."""
    hidden = [order.email, order.customer.name, order.consignee, order.line1, order.line2, order.postal_code]
    return Reader(
        is_customer=False,
        gets_code=is_proved and delegate.gets_code,
        sees_aftersales=False,
        sees_items=delegate.sees_items,
        secrets=hidden,
    )
