"""What messages about numbers may say."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db.models import Q

import customers.services
from customers.models import NumberChange, PhoneVerification

from ..models import Message
from .base import Facts, Overtaken, Teller, subjects


def _load_changes(messages: Sequence[Message]) -> Mapping[UUID, Any]:
    return NumberChange.objects.in_bulk(subjects(messages))


def _number_changed(message: Message, change: NumberChange, now: datetime) -> Facts:
    if change.undone_at:
        raise Overtaken("undone", "The change was taken back.")
    return {
        "old_end": str(change.old)[-4:],
        "new_end": str(change.new)[-4:],
        "is_old": message.address == str(change.old),
        "undo_link": f"{settings.BASE_URL}/orders/number/",
    }


def _load_codes(messages: Sequence[Message]) -> Mapping[UUID, Any]:
    """Each verification, and the newest one of the same number and purpose."""
    asked = PhoneVerification.objects.in_bulk(subjects(messages))
    latest: dict[tuple[str, str], UUID] = {}
    if asked:
        pairs = {(str(one.number), one.purpose) for one in asked.values()}
        same = reduce(or_, (Q(number=number, purpose=purpose) for number, purpose in pairs))
        since = min(one.sent_at for one in asked.values())
        newer = PhoneVerification.objects.filter(same, sent_at__gte=since).order_by("pk")
        latest = {(str(number), purpose): key for key, number, purpose in newer.values_list("pk", "number", "purpose")}
    return {key: (one, latest.get((str(one.number), one.purpose), key)) for key, one in asked.items()}


def _verification_code(message: Message, subject: tuple[PhoneVerification, UUID], now: datetime) -> Facts:
    verification, latest = subject
    if verification.used_at:
        raise Overtaken("used", "The code was used already.")
    if verification.expires_at <= now:
        raise Overtaken("expired", "The code has run out.")
    if latest > verification.pk:
        raise Overtaken("overtaken", "A newer code was asked for; only the newest one is good.")
    left = verification.expires_at - now
    return {
        "code": customers.services.verification_code(verification),
        "minutes": max(1, round(left.total_seconds() / 60)),
        # The line that lets a phone's browser fill the code in, on our own page only.
        "web_host": urlsplit(settings.BASE_URL).hostname if settings.HAS_HTTPS else "",
    }


TELLERS = {
    "number_changed": Teller(_load_changes, _number_changed),
    "verification_code": Teller(_load_codes, _verification_code),
}
