"""Several threads that start together, each with a database connection of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection


def at_once(acts: Sequence[Callable[[], object]]) -> list[object]:
    """Run ``acts`` at the same moment; what each returned, or the exception that it raised, in their order."""
    start = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        try:
            connection.ensure_connection()
            start.wait(timeout=30)
            return act()
        except Exception as error:  # noqa: BLE001 - the test looks at what came out
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def failures(outcomes: Sequence[object]) -> list[Exception]:
    return [outcome for outcome in outcomes if isinstance(outcome, Exception)]
