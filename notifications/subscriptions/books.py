"""The address books of web push and WeChat: a person is found by number, for many people at once."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from ..models import Message, Subscription
from ..services.reach import BOOKS
from ..services.telling import Telling
from .browsers import browsers_held_by, browsers_of, forget_browser
from .consents import openids_held_by, openids_of, targets_of
from .tokens import ask_anew


class PushBook:
    """An address is a subscription's id: a person has one for each browser."""

    def addresses(self, tellings: Sequence[Telling]) -> list[list[str]]:
        people = [(telling.recipient.merchant_id, telling.recipient.phone) for telling in tellings]
        browsers = browsers_of(set(people))
        return [[str(browser.pk) for browser in browsers.get(person, ())] for person in people]

    def held_by(self, number: str) -> Mapping[str, str]:
        return {str(browser.pk): browser.device.label for browser in browsers_held_by(number)}

    def targets(self, messages: Sequence[Message]) -> Mapping[UUID, Mapping[str, Any]]:
        rows = {str(row.pk): row for row in Subscription.objects.filter(pk__in=[row.address for row in messages])}
        return {
            message.pk: {"endpoint": row.endpoint, "p256dh": row.p256dh, "auth": row.auth}
            for message in messages
            if (row := rows.get(message.address))
        }

    def forget(self, address: str) -> None:
        for row in Subscription.objects.filter(pk=address):
            forget_browser(endpoint=row.endpoint)

    def renew_access(self, target: Mapping[str, Any]) -> None:
        """Pushes are signed anew each hour; there is no token to renew."""


class WeChatBook:
    """An address is a person's ``openid``, as long as a consent for this kind of message is left."""

    def addresses(self, tellings: Sequence[Telling]) -> list[list[str]]:
        wanted = [(one.recipient.merchant_id, one.recipient.phone, one.kind) for one in tellings]
        openids = openids_of(set(wanted))
        return [[openids[want]] if want in openids else [] for want in wanted]

    def held_by(self, number: str) -> Mapping[str, str]:
        return openids_held_by(number)

    def targets(self, messages: Sequence[Message]) -> Mapping[UUID, Mapping[str, Any]]:
        return targets_of(messages)

    def forget(self, address: str) -> None:
        """What a person consented to stays on record."""

    def renew_access(self, target: Mapping[str, Any]) -> None:
        ask_anew(account_id=UUID(target["account"]), token=target["token"])


BOOKS["push"] = PushBook()
BOOKS["wechat"] = WeChatBook()
