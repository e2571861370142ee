"""What tracking publishes; the subject is the shipment."""

from logistics_portal.kernel.events import event_type

SHIPMENT_CREATED = event_type(
    "tracking.shipment_created", "Goods left with a carrier under a tracking number.", "order_id", "direction"
)
STATUS_CHANGED = event_type(
    "tracking.status_changed",
    "A shipment's computed status or reason changed.",
    "order_id",
    "direction",
    "before",
    "status",
    "reason",
    "version",
)
ETA_CHANGED = event_type(
    "tracking.eta_changed", "The carrier's expected day of arrival changed.", "order_id", "direction", "before", "eta"
)
DELIVERY_PROVED = event_type(
    "tracking.delivery_proved", "A courier proved the handover with a code, a signature or a name.", "order_id", "kind"
)
INCIDENT_OPENED = event_type(
    "tracking.incident_opened",
    "A rule found that something went wrong with a shipment; the subject is the incident.",
    "order_id",
    "shipment_id",
    "rule",
)
INCIDENT_CLOSED = event_type(
    "tracking.incident_closed",
    "The facts healed, or staff closed the incident; the subject is the incident.",
    "order_id",
    "shipment_id",
    "rule",
)
INCIDENT_OVERDUE = event_type(
    "tracking.incident_overdue",
    "Nobody acted on an incident by its time; told once. The subject is the incident.",
    "order_id",
    "shipment_id",
    "rule",
)
