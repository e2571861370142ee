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

__all__ = [
    "LineDraft",
    "NotTheirs",
    "OrderDraft",
    "UnableToPick",
    "UnableToPlaceOrder",
    "cancel_order",
    "complete_orders",
    "expires_early",
    "open_link",
    "orders_of_numbers",
    "pack_order",
    "pick_lines",
    "place_order",
    "reopen_orders",
    "revoke_links",
    "ship_order",
    "show_older_orders",
    "start_picking",
]
