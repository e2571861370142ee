"""Queries of a hot page, whose SQL is made once: to make it costs several times what it takes to run it."""

from collections.abc import Callable
from copy import copy
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models

_ANY = UUID(int=0)


class Statement[Row: models.Model]:
    """A query by one key: ``Statement(lambda key: Order.objects.filter(pk=key)).rows(order_id)``.

    ``make`` is called once, with a key that stands for any. Joined and annotated rows come as the query says; what is
    prefetched needs queries of its own, and is refused.
    """

    def __init__(self, make: Callable[[UUID], models.QuerySet[Row]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> tuple[models.QuerySet[Row], Any, str, tuple[Any, ...]]:
        queryset = self._make(_ANY)
        if queryset._prefetch_related_lookups:  # type: ignore[attr-defined]
            raise ValueError("A statement prefetches nothing.")
        compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, given = compiler.as_sql()
        return queryset, compiler, sql, tuple(given)

    def rows(self, key: UUID) -> list[Row]:
        """The rows of a key, read anew each time."""
        queryset, made, sql, given = self._made
        compiler = copy(made)
        compiler.connection = connections[DEFAULT_DB_ALIAS]  # of this thread
        compiler.as_sql = lambda *_, **__: (sql, tuple(key if one == _ANY else one for one in given))
        asked = queryset.all()
        asked.query.get_compiler = lambda *_, **__: compiler  # type: ignore[method-assign]
        return list(asked)
