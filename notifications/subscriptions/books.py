"""The address books of web push and WeChat: a person is found by number, for many people at once."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from ..models import Message, Subscription
from ..services.reach import BOOKS
from ..services.telling import Telling
from .browsers import browsers_of
from .consents import openids_of, targets_of


class PushBook:
    """An address is a subscription's id: a person has one for each browser."""

    def addresses(self, tellings: Sequence[Telling]) -> list[list[str]]:
        people = [(telling.recipient.merchant_id, telling.recipient.phone) for telling in tellings]
        browsers = browsers_of(set(people))
        return [[str(browser.pk) for browser in browsers.get(person, ())] for person in people]

    def targets(self, messages: Sequence[Message]) -> Mapping[UUID, Mapping[str, Any]]:
        rows = {str(row.pk): row for row in Subscription.objects.filter(pk__in=[row.address for row in messages])}
        return {
            message.pk: {"endpoint": row.endpoint, "p256dh": row.p256dh, "auth": row.auth}
            for message in messages
            if (row := rows.get(message.address))
        }


class WeChatBook:
    """An address is a person's ``openid``, as long as a consent for this kind of message is left."""

    def addresses(self, tellings: Sequence[Telling]) -> list[list[str]]:
        wanted = [(one.recipient.merchant_id, one.recipient.phone, one.kind) for one in tellings]
        openids = openids_of(set(wanted))
        return [[openids[want]] if want in openids else [] for want in wanted]

    def targets(self, messages: Sequence[Message]) -> Mapping[UUID, Mapping[str, Any]]:
        return targets_of(messages)


BOOKS["push"] = PushBook()
BOOKS["wechat"] = WeChatBook()
