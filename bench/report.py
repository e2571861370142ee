"""How a figure is told: one JSON line, with its reference measured in the same run."""

import json
from collections.abc import Callable
from statistics import median
from time import perf_counter


def tell(
    figure: str,
    value: float,
    unit: str,
    *,
    reference: float | None = None,
    goal: float | None = None,
    at_most: bool = False,
    **more: object,
) -> bool:
    """Print a figure; it holds when its ratio to the reference (or itself, without one) reaches the goal.

    ``at_most`` turns the goal into an upper bound. Returns whether it holds.
    """
    ratio = value / reference if reference else None
    judged = value if ratio is None else ratio
    holds = goal is None or (judged <= goal if at_most else judged >= goal)
    line = {"figure": figure, "value": _short(value), "unit": unit, "reference": reference and _short(reference)}
    print(json.dumps({**line, "ratio": ratio and round(ratio, 4), "goal": goal, "holds": holds, **more}), flush=True)
    return holds


def _short(number: float) -> float:
    return round(number, 3 if abs(number) < 100 else 1)


def seconds(act: Callable[[], object]) -> float:
    started = perf_counter()
    act()
    return perf_counter() - started


def middle(values: list[float]) -> float:
    return median(values)
