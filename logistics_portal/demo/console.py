"""What the demo's commands share as programs: a word to the person, and an end on request."""

import signal
import sys
from types import FrameType
from typing import NoReturn

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a person started us


def leave_on_signals() -> None:
    for number in ENDING:
        signal.signal(number, _leave)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """End on the first signal; the ending itself is not to be interrupted by a second one."""
    for other in ENDING:
        signal.signal(other, signal.SIG_IGN)
    sys.exit(128 + number)
