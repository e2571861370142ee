"""What the queue calls: names of kinds only, the rows hold the truth."""

from django.utils import timezone

from . import limits, work
from .models import Heartbeat


def answer(kind: str) -> int:
    return work.answer(kind)


def sweep() -> int:
    limits.forget_old()
    return work.sweep()


def beat() -> None:
    """Proof that the queue moves; the watchdog asks for it and readiness looks at it."""
    Heartbeat.objects.update_or_create(name="workers", defaults={"beat_at": timezone.now()})
