"""The reports on the home page of staff. Without this app the page stands without them."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy

import tracking.services
from logistics_portal.kernel.parts import HOME, may_see, panel, seen_by
from orders.models import Order
from tracking.models import Shipment

from . import reports

DAYS = 14
CARRIER_DAYS = 30


@panel(HOME, gettext_lazy("The last 14 days"), "admin/panels/days.html")
def days(request: HttpRequest, page: None) -> dict[str, Any]:
    """Two rows of bars, each as high as the busiest day allows."""
    if not (may_see(request, Order) and may_see(request, Shipment)):
        return {}
    today = timezone.localdate()
    placed = reports.by_day(seen_by(request, Order), "placed_at", today=today, days=DAYS)
    shipments = seen_by(request, Shipment).prefetch_related(None)
    delivered = reports.by_day(shipments, "delivered_at", today=today, days=DAYS)
    highest = max(number for _day, number in (*placed, *delivered)) or 1
    return {
        "days": [
            {"day": day, "placed": there, "delivered": arrived, "x": at * 40}
            | {"placed_height": round(there / highest * 80, 1), "delivered_height": round(arrived / highest * 80, 1)}
            | {"placed_y": round(90 - there / highest * 80, 1), "delivered_y": round(90 - arrived / highest * 80, 1)}
            for at, ((day, there), (_day, arrived)) in enumerate(zip(placed, delivered, strict=True))
        ],
    }


@panel(HOME, gettext_lazy("Carriers in 30 days"), "admin/panels/carriers.html")
def carriers(request: HttpRequest, page: None) -> dict[str, Any]:
    if not may_see(request, Shipment):
        return {}
    since = timezone.localdate() - timedelta(days=CARRIER_DAYS)
    found = reports.by_carrier(seen_by(request, Shipment).prefetch_related(None), since=since)
    return {
        "carriers": [
            row
            | {"label": tracking.services.carrier_label(row["carrier"])}
            | {"days": row["took"] / timedelta(days=1) if row["took"] else None}
            for row in found
        ]
    }
