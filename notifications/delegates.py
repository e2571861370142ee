"""News for receivers who are not the customer: a message's fact tells for whom it is, so each is told once."""

import base64
import re
from collections.abc import Iterable
from uuid import UUID

from orders.models import Delegate

from .models import Message

# What a receiver hears of: the parcel on its way to them. No order, price, return or refund is their business.
TOLD = frozenset(
    {
        "shipped",
        "arriving_soon",
        "out_for_delivery",
        "attempt_failed",
        "available_for_pickup",
        "pickup_reminder",
        "delivered",
        "all_delivered",
        "delayed",
        "promise_changed",
        "exception",
        "incident",
    }
)
ADDED = "receiver_added"  # the first message, with the link
_MARK = re.compile(r":to-([\w-]{22})(?=:|$)")


def fact_for(fact: str, delegate_id: UUID) -> str:
    """The name of a fact as it is told to a receiver; it ends in a short form of their id."""
    return f"{fact}:to-{base64.urlsafe_b64encode(delegate_id.bytes).decode().rstrip('=')}"


def delegate_id_of(fact: str) -> UUID | None:
    """Whom a fact is told to; None where it is the customer."""
    found = _MARK.search(fact)
    return UUID(bytes=base64.urlsafe_b64decode(found[1] + "==")) if found else None


def delegates_of(messages: Iterable[Message]) -> dict[UUID, Delegate]:
    """By message the receiver it is for, whether or not they still follow the order; none for customers' messages."""
    ids = {message.pk: found for message in messages if (found := delegate_id_of(message.fact))}
    known = Delegate.objects.select_related("order").in_bulk(set(ids.values())) if ids else {}
    return {message_id: known[delegate_id] for message_id, delegate_id in ids.items()}


def hidden_from(delegate: Delegate) -> dict[str, object]:
    """What a receiver's message says in place of the customer's facts."""
    told: dict[str, object] = {
        "name": delegate.name,
        "link": delegate.url,
        "token": delegate.token,
        "is_delegate": True,
        "signed_by": "",
        "goods": "",
    }
    return told if delegate.gets_code else told | {"code": ""}
