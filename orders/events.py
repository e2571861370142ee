"""What orders publishes; the subject is the order."""

from logistics_portal.kernel.events import event_type

PLACED = event_type("orders.placed", "An order came in and is confirmed to the customer.")
PACKED = event_type("orders.packed", "The goods are in the box, waiting for the carrier.")
PHONE_EXPIRY_NOTICED = event_type(
    "orders.phone_expiry_noticed", "The order's virtual number stops working before the promised day is over."
)
COMPLETED = event_type("orders.completed", "Every parcel of the order arrived.")
CANCELED = event_type("orders.canceled", "The order was canceled before it left.")
