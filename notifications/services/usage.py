"""What messages cost each merchant by the month, and what a budget leaves out."""

from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Sum
from django.utils import timezone
from uuid_utils.compat import uuid7

from merchants.models import Merchant

from ..budget import Outlook, look_ahead
from ..models import Message, MessageUsage
from .triggers import Policy, default_policy, policies_of

_COUNT = """
INSERT INTO notifications_messageusage AS u (id, merchant_id, month, channel, kind, messages, parts)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (merchant_id, month, channel, kind) DO UPDATE SET
    messages = u.messages + EXCLUDED.messages, parts = u.parts + EXCLUDED.parts
"""


def count_usage(messages: Iterable[Message]) -> None:
    """Count messages that just went out, in the transaction that notes it."""
    month = timezone.now().date().replace(day=1)
    counts: Counter[tuple[UUID, str, str]] = Counter()
    parts: Counter[tuple[UUID, str, str]] = Counter()
    for message in messages:
        if message.merchant_id:
            key = (message.merchant_id, message.channel, message.kind)
            counts[key] += 1
            parts[key] += message.parts
    rows = [  # in one order everywhere: two workers that count the same must not wait for each other in a circle
        (uuid7(), merchant, month, channel, kind, counts[merchant, channel, kind], parts[merchant, channel, kind])
        for merchant, channel, kind in sorted(counts)
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_COUNT, rows)


def dropped_kinds(policies: Mapping[UUID, Policy], *, on: date) -> set[tuple[UUID, str]]:
    """The kinds, with their merchants, that are left out for the rest of the month."""
    outlooks = _outlooks(policies, on=on)
    return {(merchant, kind) for merchant, outlook in outlooks.items() for kind in outlook.dropped}


def outlook_of(*, merchant: Merchant, on: date) -> tuple[Outlook, Policy]:
    """What this month's messages come to for a merchant, and the policy that this was reckoned with."""
    policy = policies_of([merchant.pk]).get(merchant.pk) or default_policy()
    return _outlooks({merchant.pk: policy}, on=on)[merchant.pk], policy


def _outlooks(policies: Mapping[UUID, Policy], *, on: date) -> dict[UUID, Outlook]:
    """From this month's and last month's counts; the usual day is the average since the last month began."""
    month = on.replace(day=1)
    last_month = (month - timedelta(days=1)).replace(day=1)
    rows = (
        MessageUsage.objects.filter(merchant__in=list(policies), month__gte=last_month, month__lte=month, parts__gt=0)
        .values_list("merchant_id", "month", "kind")
        .annotate(sum=Sum("parts"))
    )
    sent: dict[UUID, dict[str, int]] = defaultdict(dict)
    before: dict[UUID, dict[str, int]] = defaultdict(dict)
    for merchant, of_month, kind, parts in rows:
        (sent if of_month == month else before)[merchant][kind] = parts
    days_left = monthrange(on.year, on.month)[1] - on.day
    return {
        merchant: look_ahead(
            sent[merchant],
            _usual(sent[merchant], before[merchant], on=on),
            days_left=days_left,
            price=policy.price,
            budget=policy.budget,
        )
        for merchant, policy in policies.items()
    }


def _usual(sent: Mapping[str, int], before: Mapping[str, int], *, on: date) -> dict[str, float]:
    """Parts a day by kind. What a budget leaves out this month is reckoned by the last one, else it would come back."""
    first_of_month = on.replace(day=1)
    length = monthrange(*_before(first_of_month))[1]
    this_month = {kind: parts / on.day for kind, parts in sent.items()}
    last_month = {kind: parts / length for kind, parts in before.items()}
    return {kind: max(this_month.get(kind, 0.0), last_month.get(kind, 0.0)) for kind in {*sent, *before}}


def _before(month: date) -> tuple[int, int]:
    earlier = month - timedelta(days=1)
    return earlier.year, earlier.month
