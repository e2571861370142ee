"""What aftersales does when others publish."""

from logistics_portal.kernel.events import subscribe
from logistics_portal.kernel.models import Event
from tracking.events import STATUS_CHANGED
from tracking.models import Shipment, TrackingStatus

from . import services
from .models import Return


@subscribe(STATUS_CHANGED)
def receive_what_came_back(events: list[Event]) -> None:
    """A return parcel that reached the merchant starts the refund; the return's status keeps a second run out."""
    arrived = [
        event.subject_id
        for event in events
        if event.payload["direction"] == Shipment.Direction.RETURN
        and event.payload["status"] == TrackingStatus.DELIVERED
    ]
    waiting = Return.objects.filter(shipment__in=arrived, status=Return.Status.APPROVED)
    for return_case in waiting.select_related("order").order_by("pk"):
        services.receive_return(return_case=return_case)
