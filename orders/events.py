"""What orders publishes; the subject is the order."""

from logistics_portal.kernel.events import event_type

PLACED = event_type("orders.placed", "An order came in and is confirmed to the customer.")
PACKED = event_type("orders.packed", "The goods are in the box, waiting for the carrier.")
PHONE_EXPIRY_NOTICED = event_type(
    "orders.phone_expiry_noticed", "The order's virtual number stops working before the promised day is over."
)
ADDRESS_CHANGED = event_type("orders.address_changed", "The order goes elsewhere; it was not packed yet.", "by")
COMPLETED = event_type("orders.completed", "Every parcel of the order arrived.")
REST_CALLED_OFF = event_type("orders.rest_called_off", "What had not left of an order will not come.")
CANCELED = event_type("orders.canceled", "The order was canceled before it left.")
DELEGATE_ADDED = event_type(
    "orders.delegate_added",
    "Somebody else than the customer receives the order and follows it.",
    *("delegate_id", "by"),
)
DELEGATE_ANSWERED = event_type(
    "orders.delegate_answered", "The receiver said whether they have the parcel.", *("delegate_id", "answer")
)
DELEGATE_ENDED = event_type(
    "orders.delegate_ended", "The receiver follows the order no longer; their link is closed.", *("delegate_id", "by")
)
LINK_REVOKED = event_type("orders.link_revoked", "A link that opened the order was closed.", *("link", "by"))
REORDER_REQUESTED = event_type(
    "orders.reorder_requested",
    "A customer wants an order once more; the subject is the reorder. Take the money, then place it.",
    "order_id",
)
REORDER_OFFERED = event_type(
    "orders.reorder_offered", "The merchant gave the customer a link to pay a reorder; the subject is it.", "order_id"
)
REORDER_ENDED = event_type(
    "orders.reorder_ended",
    "A reorder was placed, declined or withdrawn; the subject is the reorder.",
    *("order_id", "status"),
)
DAY_WISHED = event_type(
    "orders.day_wished", "The customer would like an order on another day, or on any day again.", "day"
)
