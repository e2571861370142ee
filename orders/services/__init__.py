"""Writes of orders, by noun."""

from .links import open_link, revoke_links
from .older import NotTheirs, orders_of_numbers, show_older_orders
from .orders import (
    LineDraft,
    OrderDraft,
    UnableToPick,
    UnableToPlaceOrder,
    cancel_order,
    complete_orders,
    expires_early,
    pack_order,
    pick_lines,
    place_order,
    reopen_orders,
    ship_order,
    start_picking,
)
from .phones import belongs_to, follow_number, numbers_of, session_opens

__all__ = [
    "LineDraft",
    "NotTheirs",
    "OrderDraft",
    "UnableToPick",
    "UnableToPlaceOrder",
    "belongs_to",
    "cancel_order",
    "complete_orders",
    "expires_early",
    "follow_number",
    "numbers_of",
    "open_link",
    "orders_of_numbers",
    "pack_order",
    "pick_lines",
    "place_order",
    "reopen_orders",
    "revoke_links",
    "session_opens",
    "ship_order",
    "show_older_orders",
    "start_picking",
]
