"""The way in which each merchant wants each kind of message told."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from logistics_portal.kernel.errors import DomainError
from merchants.models import Merchant

from .. import kinds, words
from ..models import MessagePolicy, Trigger
from .reach import CHANNELS


class UnableToSetTrigger(DomainError):
    """The kind can't be told that way."""

    code = "wrong_trigger"


@dataclass(frozen=True, slots=True)
class Way:
    """How a kind of message is told: see `kinds.Kind` for what the parts mean."""

    is_on: bool
    channels: tuple[str, ...]
    beside: tuple[str, ...]
    delay: timedelta
    digest: timedelta
    at_any_hour: bool

    @classmethod
    def shipped(cls, kind: kinds.Kind) -> "Way":
        """The way that holds where a merchant says nothing."""
        channels = tuple(code for code in kind.channels if code not in kind.beside)
        return cls(True, channels, kind.beside, kind.delay, kind.digest, kind.at_any_hour or kind.is_urgent)

    @classmethod
    def wanted(cls, trigger: Trigger) -> "Way":
        kind = kinds.of(trigger.kind)
        if kind.is_necessary:
            return cls.shipped(kind)
        return cls(
            trigger.is_on,
            tuple(code for code in trigger.channels if code not in trigger.beside),
            tuple(trigger.beside),
            timedelta(minutes=trigger.delay_minutes),
            timedelta(minutes=trigger.digest_minutes),
            trigger.at_any_hour or kind.is_urgent,
        )


class Ways:
    """The ways of some merchants, read at once."""

    def __init__(self, merchants: Collection[UUID]) -> None:
        rows = Trigger.objects.filter(merchant__in=list(merchants)) if merchants else ()
        self._wanted = {(row.merchant_id, row.kind): Way.wanted(row) for row in rows if row.kind in kinds.KINDS}

    def of(self, merchant_id: UUID | None, kind: str) -> Way:
        found = self._wanted.get((merchant_id, kind)) if merchant_id else None
        return found or Way.shipped(kinds.of(kind))


def told_over(kind: str) -> list[str]:
    """The channels that have words for a kind, in the order in which they are tried unless somebody wants another."""
    known = [code for code in kinds.CHANNELS if code in CHANNELS]
    return [code for code in (*known, *sorted(set(CHANNELS) - set(known))) if words.is_told(kind, code)]


def check_way(kind: str, way: Way) -> None:
    """Whether a kind of message can be told in a way.

    Raises:
        UnableToSetTrigger: it can't.
    """
    one = kinds.of(kind)
    if one.is_necessary and way != Way.shipped(one):
        raise UnableToSetTrigger(_("People ask for this message themselves: it always goes out at once."))
    if way.is_on and not {*way.channels, *way.beside} & set(told_over(kind)):
        raise UnableToSetTrigger(_("Choose at least one channel that has words for this message."))
    if way.delay and not one.can_wait:
        raise UnableToSetTrigger(_("This message can't wait: nothing shows later whether it still holds."))


def set_trigger(*, merchant: Merchant, kind: str, way: Way) -> None:
    """Have a kind of message told in a way of the merchant's own; the shipped way leaves no row.

    Raises:
        UnableToSetTrigger: the kind can't be told so.
    """
    check_way(kind, way)
    if way == Way.shipped(kinds.of(kind)):
        Trigger.objects.filter(merchant=merchant, kind=kind).delete()
        return
    told: dict[str, Any] = {
        "is_on": way.is_on,
        "channels": list(way.channels),
        "beside": list(way.beside),
        "delay_minutes": round(way.delay / timedelta(minutes=1)),
        "digest_minutes": round(way.digest / timedelta(minutes=1)),
        "at_any_hour": way.at_any_hour,
    }
    Trigger.objects.update_or_create(merchant=merchant, kind=kind, defaults=told)


@dataclass(frozen=True, slots=True)
class Policy:
    """A merchant's quiet hours, and what its messages may cost; ``budget`` None is no limit."""

    quiet_from: time
    quiet_until: time
    budget: Decimal | None = None
    price: Decimal = Decimal(0)
    currency: str = "EUR"


def policies_of(merchants: Collection[UUID]) -> Mapping[UUID, Policy]:
    """The policies of merchants that have one of their own; `default_policy` holds for the others."""
    rows = MessagePolicy.objects.filter(merchant__in=list(merchants)) if merchants else ()
    return {
        row.merchant_id: Policy(row.quiet_from, row.quiet_until, row.monthly_budget, row.price_per_part, row.currency)
        for row in rows
    }


def default_policy() -> Policy:
    begins, ends = settings.QUIET_HOURS
    return Policy(begins, ends)
