"""What orders remembers, by noun."""

from .access import DELEGATE_LINK, By, Delegate, DelegateQuerySet, LinkRevocation, Opening
from .imports import ImportProblem, ImportRun
from .orders import (
    LINK,
    MERCHANT_LINK,
    MONEY,
    OPEN_STATUSES,
    ORDER_TRANSITIONS,
    Order,
    OrderLine,
    OrderQuerySet,
)

__all__ = [
    "DELEGATE_LINK",
    "LINK",
    "MERCHANT_LINK",
    "MONEY",
    "OPEN_STATUSES",
    "ORDER_TRANSITIONS",
    "By",
    "Delegate",
    "DelegateQuerySet",
    "ImportProblem",
    "ImportRun",
    "LinkRevocation",
    "Opening",
    "Order",
    "OrderLine",
    "OrderQuerySet",
]
