"""What orders publishes; the subject is the order."""

from logistics_portal.kernel.events import event_type

PLACED = event_type("orders.placed", "An order came in and is confirmed to the customer.")
PACKED = event_type("orders.packed", "The goods are in the box, waiting for the carrier.")
PHONE_EXPIRY_NOTICED = event_type(
    "orders.phone_expiry_noticed", "The order's virtual number stops working before the promised day is over."
)
ADDRESS_CHANGED = event_type("orders.address_changed", "The order goes elsewhere; it was not packed yet.", "by")
COMPLETED = event_type("orders.completed", "Every parcel of the order arrived.")
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
