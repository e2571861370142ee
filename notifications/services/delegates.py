"""Receivers who are not the customer get the news of the parcel, too."""

from collections.abc import Iterable
from dataclasses import replace

import orders.services
from orders.models import Delegate

from ..delegates import TOLD, delegate_id_of, fact_for
from .telling import Recipient, Telling


def with_delegates(tellings: Iterable[Telling]) -> list[Telling]:
    """News for customers, and the same for those who receive their orders, as far as it is theirs to know."""
    told = list(tellings)
    news = [telling for telling in told if telling.kind in TOLD and delegate_id_of(telling.fact) is None]
    ids = {telling.recipient.order_id for telling in news if telling.recipient.order_id}
    following = list(orders.services.following_delegates(ids)) if ids else []
    return told + [
        replace(telling, fact=fact_for(telling.fact, delegate.pk), recipient=recipient_of(delegate))
        for delegate in following
        for telling in news
        if telling.recipient.order_id == delegate.order_id
    ]


def recipient_of(delegate: Delegate) -> Recipient:
    return Recipient(
        phone=str(delegate.phone),
        email=delegate.email,
        language=delegate.language,
        merchant_id=delegate.order.merchant_id,
        order_id=delegate.order_id,
    )
