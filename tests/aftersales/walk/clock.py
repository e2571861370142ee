"""A clock that can be set forward: what Django takes for the time is the only clock that services look at."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo

import django.utils.timezone
import pytest


class Clock:
    """How far the walk's time is ahead of the machine's."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def advance(self, by: timedelta) -> None:
        self.ahead += by


@contextmanager
def running_clock() -> Iterator[Clock]:
    """A clock that everybody reads until the end of the block."""
    clock = Clock()

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + clock.ahead

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(django.utils.timezone, "datetime", Shifted)
        yield clock
