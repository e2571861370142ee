"""The one mover of a plan's status."""

from collections.abc import Mapping, Set
from typing import Any

from .errors import DomainError


class UnableToTransition(DomainError):
    """The row is not in a status from which the wanted one may be reached, or somebody else moved it first."""

    code = "wrong_status"


def transition(row: Any, to: str, *, allowed: Mapping[str, Set[str]], **changes: Any) -> None:
    """Move ``row.status`` to ``to`` by compare-and-swap, setting ``changes`` in the same statement.

    Raises:
        UnableToTransition: the table has no such step, or the row's status changed since it was read.
    """
    model = type(row)
    noun, came_from = model._meta.verbose_name, row.status
    if to not in allowed.get(came_from, frozenset()):
        raise UnableToTransition(f"This {noun} is {came_from} and can't become {to}.")
    moved = model._base_manager.filter(pk=row.pk, status=came_from).update(status=to, **changes)
    if not moved:
        raise UnableToTransition(f"This {noun} was changed by somebody else a moment ago. Look at it again.")
    for name, value in {"status": to, **changes}.items():
        setattr(row, name, value)
