"""The command behind `bin/demo --check`: a fresh portal, the story's steps one by one, and nothing left behind."""

import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from logistics_portal.demo.console import leave_on_signals, say
from logistics_portal.demo.portal import Portal, StartError
from logistics_portal.demo.story import STEPS, Story
from logistics_portal.demo.supervisor import ChildError
from logistics_portal.embedded_postgres import PostgresError
from logistics_portal.processes import free_port

STEP_SECONDS = 120
Step = tuple[str, Callable[[Story], None]]


class StepTooSlow(Exception):
    """A step took longer than any step may."""


def main() -> int:
    leave_on_signals()
    signal.signal(signal.SIGALRM, give_up_step)
    folder = Path(tempfile.mkdtemp(prefix="logistics-portal-"))
    folder.chmod(0o711)  # the database's own user must get through
    portal = Portal(folder / "demo", "127.0.0.1", free_port(), quiet, own_database=True)
    passed = failed = 0
    try:
        portal.start()
        passed, failed = walk(STEPS, Story(portal.base_url, portal.info))
    except (StartError, ChildError, PostgresError) as error:
        say(f"FAIL 0  The portal starts: {error}")
        failed = 1
    finally:
        left = portal.stop()
        clear(portal, folder, keep_logs=failed > 0)
    if left:
        say(f"FAIL {passed + failed + 1}  Every process has ended: {left} still run")
        failed += 1
    say(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def walk(steps: Sequence[Step], story: Story) -> tuple[int, int]:
    passed = 0
    for number, (label, step) in enumerate(steps, start=1):
        fault = attempt(step, story)
        passed += fault is None
        say(f"ok   {number}  {label}" if fault is None else f"FAIL {number}  {label}: {fault}")
    return passed, len(steps) - passed


def attempt(step: Callable[[Story], None], story: Story) -> str | None:
    """Run one step: None when it holds, else what is wrong. Whatever a step raises is its failure, not ours."""
    signal.alarm(STEP_SECONDS)
    try:
        step(story)
    except AssertionError as error:
        return str(error) or place_of(error)
    except Exception as error:  # noqa: BLE001 - the next steps are to run
        return f"{type(error).__name__}: {error} ({place_of(error)})"
    finally:
        signal.alarm(0)
    return None


def place_of(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno} {frame.line}"


def give_up_step(number: int, frame: FrameType | None) -> None:
    raise StepTooSlow(f"took longer than {STEP_SECONDS} s")


def clear(portal: Portal, folder: Path, *, keep_logs: bool) -> None:
    """Remove the data. After a failure the logs stay, and a person is told where."""
    if portal.database:
        portal.database.destroy()
    if keep_logs:
        say(f"The logs are in {portal.data / 'logs'}.")
    else:
        shutil.rmtree(folder)


def quiet(text: str) -> None:
    """Steps are what a reader of a check wants to see."""


if __name__ == "__main__":
    sys.exit(main())
