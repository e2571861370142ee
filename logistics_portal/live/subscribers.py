"""Pages change when plans do, as when scans come; the fold tells of scans itself, in the moment they commit."""

from uuid import UUID

import aftersales.events
import orders.events
import tracking.events
from logistics_portal.kernel.events import subscribe
from logistics_portal.kernel.live import tell_viewers
from logistics_portal.kernel.models import Event


@subscribe(
    orders.events.PACKED,
    orders.events.CANCELED,
    tracking.events.SHIPMENT_CREATED,
    aftersales.events.RETURN_REQUESTED,
    aftersales.events.RETURN_APPROVED,
    aftersales.events.RETURN_REJECTED,
    aftersales.events.RETURN_CANCELED,
    aftersales.events.RETURN_RECEIVED,
    aftersales.events.REFUND_STARTED,
    aftersales.events.REFUND_PAID,
    aftersales.events.DISPUTE_OPENED,
    aftersales.events.DISPUTE_DECIDED,
    aftersales.events.CUSTOMER_WROTE,
    aftersales.events.SUPPORT_REPLIED,
    aftersales.events.CONVERSATION_SOLVED,
    aftersales.events.CONVERSATION_CLOSED,
)
def tell_open_pages(events: list[Event]) -> None:
    """Say so to whoever looks at the orders."""
    tell_viewers(UUID(event.payload.get("order_id") or str(event.subject_id)) for event in events)
