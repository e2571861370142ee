"""The one mover of a plan's status."""

from collections.abc import Mapping, Set
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from .bulk import any_of
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
        raise _refusal(rows.model, came_from, to)
    moved = list(rows.filter(status=came_from).select_for_update(of=("self",)).order_by("pk"))
    rows.model._base_manager.filter(any_of("pk", [row.pk for row in moved])).update(status=to, **changes)
    return moved


def transition(row: Any, to: str, *, allowed: Transitions, **changes: Any) -> None:
    """Move ``row.status`` to ``to`` by compare-and-swap, setting ``changes`` in the same statement.

    Raises:
        UnableToTransition: the table has no such step, or the row's status changed since it was read.
    """
    model = type(row)
    came_from = row.status
    if to not in allowed.get(came_from, frozenset()):
        raise _refusal(model, came_from, to)
    moved = model._base_manager.filter(pk=row.pk, status=came_from).update(status=to, **changes)
    if not moved:
        raise UnableToTransition(_("Somebody else changed this a moment ago. Look at it again."))
    for name, value in {"status": to, **changes}.items():
        setattr(row, name, value)


def _refusal(model: type[Model], came_from: str, to: str) -> UnableToTransition:
    """In the words that people read for the two statuses."""
    words = dict(model._meta.get_field("status").flatchoices)  # type: ignore[union-attr]
    message = _("This can't be done: the status is “%(now)s”, and “%(wanted)s” can't follow it.")
    return UnableToTransition(message % {"now": words.get(came_from, came_from), "wanted": words.get(to, to)})
