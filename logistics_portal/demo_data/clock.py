"""The clock of a story that is told afterwards: what is done at a moment of the past bears that moment's time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.apps import apps
from django.utils import timezone

_real_now = timezone.now


class StoryClock:
    """Stands where it is set; it may only be set forward, as time goes."""

    def __init__(self, start: datetime) -> None:
        self.moment = start

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, to: datetime) -> None:
        self.moment = max(self.moment, to)


@contextmanager
def running_at(clock: StoryClock) -> Iterator[None]:
    """Have Django's clock show the story's time: in services, which ask it, and in models' defaults.

    For a command that runs alone in its process; PostgreSQL's own clock stays as it is.
    """
    fields: list[Any] = [
        field for model in apps.get_models() for field in model._meta.fields if field.default is _real_now
    ]
    timezone.now = clock
    for field in fields:
        field._get_default = clock  # what Django computes of `default` once and keeps beside it
    try:
        yield
    finally:
        timezone.now = _real_now
        for field in fields:
            field._get_default = _real_now
