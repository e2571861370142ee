"""Numbers that were silent for long may have a new holder: carriers give them out again after some weeks.

Who proves such a number sees no orders from before the silence, until they name one more thing that the former
holder knew.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber as Number

from customers.models import PhoneNumber
from customers.models.people import SILENT_DAYS

from .devices import end_devices_of


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Orders at one merchant that were placed before a moment, and are not shown to who holds the number now."""

    merchant_id: UUID
    number: str
    before: datetime
    needs_code: bool  # silent still: a code comes first


def silent_numbers(at: datetime) -> QuerySet[PhoneNumber]:
    """Numbers of which nothing was heard for their merchant's window, as of ``at``."""
    days = Coalesce(F("merchant__phone_policy__silent_days"), Value(SILENT_DAYS))
    window = ExpressionWrapper(days * Value(timedelta(days=1)), output_field=DurationField())
    since = ExpressionWrapper(Value(at) - window, output_field=DateTimeField())
    current = PhoneNumber.objects.filter(until__isnull=True)
    return current.alias(silent_since=since).filter(heard_at__lt=F("silent_since"))


def hear_of(*, number: Number, at: datetime, merchant_id: UUID | None = None, is_same: bool = False) -> None:
    """Note that whoever holds ``number`` showed up; after a silence, what is older is held back from them.

    ``is_same`` tells that they are surely who held it before. Call it in a transaction.
    """
    mine = {"number": number, **({"merchant_id": merchant_id} if merchant_id else {})}
    if not is_same and silent_numbers(at).filter(**mine).update(held_back_before=at):
        end_devices_of(number)
    PhoneNumber.objects.filter(until__isnull=True, heard_at__lt=at, **mine).update(heard_at=at)


def held_back(numbers: Collection[str]) -> list[HeldBack]:
    """What is not shown of these numbers' orders."""
    now = timezone.now()
    silent = set(silent_numbers(now).filter(number__in=list(numbers)).values_list("pk", flat=True))
    rows = PhoneNumber.objects.filter(until__isnull=True, number__in=list(numbers))
    return [
        HeldBack(row.merchant_id, str(row.number), before, row.pk in silent)
        for row in rows.order_by("pk")
        if (before := now if row.pk in silent else row.held_back_before)
    ]


def release(held: HeldBack) -> None:
    """Who holds the number now is who held it before."""
    current = PhoneNumber.objects.filter(merchant_id=held.merchant_id, number=held.number, until__isnull=True)
    current.update(held_back_before=None)
