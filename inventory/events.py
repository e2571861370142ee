"""What inventory publishes."""

from logistics_portal.kernel.events import event_type

STOCK_RAN_LOW = event_type(
    "inventory.stock_ran_low", "Less of an item is free than its threshold.", "item_id", "location_id", "free"
)
