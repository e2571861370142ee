"""Numbers that may no longer reach their holder: a message came back, a call failed, or nothing was heard for long."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from customers.events import PHONE_DOUBTED
from customers.models import PhoneNumber
from logistics_portal.kernel.events import make_event, publish_all

from .silence import silent_numbers

Reason = PhoneNumber.Doubt


@dataclass(frozen=True, slots=True)
class Doubted:
    """A number that its holder should check, and why."""

    number: str
    reason: str

    @property
    def words(self) -> str:
        return str(Reason(self.reason).label)


@transaction.atomic
def doubt_number(*, number: str, reason: str) -> None:
    """Note that ``number`` (E.164) may be wrong or lost; ``reason`` is one of `PhoneNumber.Doubt`.

    Told again, it changes nothing. A proof of the number clears it; so does a change to another.
    """
    rows = list(
        PhoneNumber.objects.filter(number=number, until__isnull=True, doubted_at__isnull=True)
        .order_by("pk")
        .select_for_update()
    )
    fresh = PhoneNumber.objects.filter(pk__in=[row.pk for row in rows])
    fresh.update(doubted_at=timezone.now(), doubt=Reason(reason))
    publish_all(
        [
            make_event(
                PHONE_DOUBTED,
                merchant_id=row.merchant_id,
                subject_id=row.pk,
                customer_id=row.customer_id,
                reason=str(reason),
            )
            for row in rows
        ]
    )


def clear_doubt(*, number: object) -> None:
    """The number was proved: whatever was doubted is settled."""
    PhoneNumber.objects.filter(number=number, until__isnull=True).update(doubted_at=None, doubt="")


def doubted_numbers(numbers: Collection[str]) -> list[Doubted]:
    """Which of ``numbers`` their holder should check, each once."""
    rows = PhoneNumber.objects.filter(number__in=list(numbers), until__isnull=True).exclude(doubt="")
    found = {str(row.number): Doubted(str(row.number), row.doubt) for row in rows.order_by("doubted_at")}
    return list(found.values())


def in_doubt() -> Q:
    """Current numbers that are in doubt, the silent ones included, as a condition on their rows."""
    silent = silent_numbers(timezone.now()).values("pk")
    return Q(until__isnull=True) & (~Q(doubt="") | Q(pk__in=silent))
