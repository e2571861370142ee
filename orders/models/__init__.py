"""What orders remembers, by noun."""

from .access import DELEGATE_LINK, By, Delegate, DelegateQuerySet, LinkRevocation, Opening
from .imports import ImportProblem, ImportRun
from .orders import (
    LINK,
    MERCHANT_LINK,
    MONEY,
    OPEN_STATUSES,
    ORDER_TRANSITIONS,
    TO_PACK,
    Order,
    OrderLine,
    OrderQuerySet,
)
from .reorders import OPEN_REORDERS, REORDER_TRANSITIONS, DayWish, Offer, Reorder, ReorderLine

__all__ = [
    "DELEGATE_LINK",
    "LINK",
    "MERCHANT_LINK",
    "MONEY",
    "OPEN_REORDERS",
    "OPEN_STATUSES",
    "ORDER_TRANSITIONS",
    "REORDER_TRANSITIONS",
    "TO_PACK",
    "By",
    "DayWish",
    "Delegate",
    "DelegateQuerySet",
    "ImportProblem",
    "ImportRun",
    "LinkRevocation",
    "Offer",
    "Opening",
    "Order",
    "OrderLine",
    "OrderQuerySet",
    "Reorder",
    "ReorderLine",
]
