"""What tracking does when others publish."""

import customers.events
import orders.events
from logistics_portal.kernel.events import subscribe
from logistics_portal.kernel.models import Event

from .models import Shipment
from .services.fold import complete_arrived
from .services.watching import look_at


@subscribe(customers.events.PHONE_CHANGED)
def tell_carriers(events: list[Event]) -> None:
    """Parcels under way go to a consignee with another number, of which their carriers must hear."""
    customers_changed = {event.payload["customer_id"] for event in events}
    under_way = Shipment.objects.outbound().filter(order__customer__in=customers_changed, delivered_at__isnull=True)
    look_at(under_way.values_list("pk", flat=True))


@subscribe(orders.events.REST_CALLED_OFF)
def complete_without_rest(events: list[Event]) -> None:
    """Nothing more will leave: an order whose parcels have all arrived is complete."""
    complete_arrived({event.subject_id for event in events})
