"""What the queue calls: names of kinds only, the rows hold the truth."""

from django.utils import timezone

from . import limits, work
from .models import Heartbeat


def answer(kind: str) -> int:
    return work.answer(kind)


def sweep() -> int:
    limits.forget_old()
    return work.sweep()


def beat(lane: str = work.MAIN) -> None:
    """Proof that a lane of the queue moves; the watchdog asks for it and readiness looks at the main one's."""
    Heartbeat.objects.update_or_create(name=heartbeat_name(lane), defaults={"beat_at": timezone.now()})


def heartbeat_name(lane: str) -> str:
    return "workers" if lane == work.MAIN else lane
