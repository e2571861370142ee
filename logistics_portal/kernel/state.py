"""The one mover of a plan's status."""

from collections.abc import Mapping, Set
from typing import Any

from django.db.models import QuerySet

from .errors import DomainError

Transitions = Mapping[str, Set[str]]


class UnableToTransition(DomainError):
    """The row is not in a status from which the wanted one may be reached, or somebody else moved it first."""

    code = "wrong_status"


def transition_many(rows: QuerySet, came_from: str, to: str, *, allowed: Transitions, **changes: Any) -> list:
    """Move those of ``rows`` that are in ``came_from`` to ``to``; return them as they were, for what must follow.

    Rows in another status are left as they are. Call it in a transaction: the moved rows are locked until its end.

    Raises:
        UnableToTransition: the table has no such step.
    """
    if to not in allowed.get(came_from, frozenset()):
        raise UnableToTransition(f"{came_from} can't become {to}.")
    moved = list(rows.filter(status=came_from).select_for_update(of=("self",)).order_by("pk"))
    rows.model._base_manager.filter(pk__in=[row.pk for row in moved]).update(status=to, **changes)
    return moved


def transition(row: Any, to: str, *, allowed: Transitions, **changes: Any) -> None:
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
