"""The kinds of messages as people think of them: what they choose is said of a group, not of each of forty kinds.

What is necessary is in no group, since nobody can turn it off.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Group:
    """Kinds that are wanted or not together; ``icon`` is the name of the portal's icon beside it."""

    code: str
    label: Promise
    words: Promise
    icon: str
    kinds: tuple[str, ...]


GROUPS = (
    Group(
        "ordering",
        _("Your order"),
        _("Confirmed, packed, changed or canceled"),
        "list",
        ("order_confirmed", "order_packed", "order_canceled", "address_changed", "reorder_answered", "receiver_added"),
    ),
    Group(
        "arriving",
        _("Your parcel is coming"),
        _("Shipped, out for delivery with the courier's code, ready for pickup, delivered"),
        "truck",
        (
            "shipped",
            "arriving_soon",
            "out_for_delivery",
            "available_for_pickup",
            "pickup_reminder",
            "delivered",
            "all_delivered",
        ),
    ),
    Group(
        "trouble",
        _("Delays and problems"),
        _("Late, another day, nobody was there, something went wrong"),
        "alert",
        ("delayed", "promise_changed", "attempt_failed", "exception", "incident"),
    ),
    Group(
        "returning",
        _("Returns and refunds"),
        _("Each step of a return, and when your money comes"),
        "back",
        (
            "return_requested",
            "return_approved",
            "return_rejected",
            "return_reminder",
            "return_expired",
            "return_received",
            "goods_declined",
            "refund_started",
            "refund_paid",
            "refund_failed",
        ),
    ),
    Group(
        "support",
        _("Questions and support"),
        _("Answers to you, questions before shipping, steps of a dispute"),
        "talk",
        (
            "question",
            "support_reply",
            "support_closing",
            "dispute_opened",
            "dispute_question",
            "dispute_offer",
            "dispute_decided",
        ),
    ),
)
BY_CODE: dict[str, Group] = {group.code: group for group in GROUPS}
GROUP_OF: dict[str, str] = {kind: group.code for group in GROUPS for kind in group.kinds}
