"""Queries of a hot page, made and planned once: either costs several times what it takes to run one."""

from collections.abc import Callable
from copy import copy
from functools import cached_property
from itertools import count
from typing import Any
from uuid import UUID
from weakref import WeakSet

from django.db import DEFAULT_DB_ALIAS, connections, models
from psycopg import sql

_ANY = UUID(int=0)
_names = map("statement_{}".format, count())


class Prepared:
    """A statement in SQL, its places named $1, $2, …: planned once a connection.

    ``Prepared("SELECT … WHERE id = ANY($1)", "uuid[]").rows(keys)`` gives plain tuples.
    """

    def __init__(self, text: str, *types: str) -> None:
        self._name = next(_names)
        self._text = f"PREPARE {self._name} ({', '.join(types)}) AS {text}"
        self._asked = f"EXECUTE {self._name} ({', '.join(['%s'] * len(types))})"
        self._prepared: WeakSet[Any] = WeakSet()  # connections that know it

    def rows(self, *given: Any) -> list[tuple[Any, ...]]:
        connection = connections[DEFAULT_DB_ALIAS]  # of this thread
        with connection.cursor() as cursor:
            if connection.connection not in self._prepared:
                cursor.execute(self._text)
                self._prepared.add(connection.connection)
            cursor.execute(self._asked, given)
            return cursor.fetchall()


class Statement[Row]:
    """A query by one key: ``Statement(lambda key: Order.objects.filter(pk=key)).rows(order_id)``.

    ``make`` is called once, with a key that stands for any. Joined and annotated rows come as the query says, and so do
    values; what is prefetched needs queries of its own, and is refused. Each connection has the statement prepared when
    it first asks.
    """

    def __init__(self, make: Callable[[UUID], models.QuerySet[Any, Row]]) -> None:
        self._make = make
        self._name = next(_names)
        self._prepared: WeakSet[Any] = WeakSet()  # connections that know it

    @cached_property
    def _made(self) -> tuple[models.QuerySet[Any, Row], Any, str, tuple[Any, ...]]:
        """The query, what reads its rows, and its SQL with what fills the places."""
        queryset = self._make(_ANY)
        if queryset._prefetch_related_lookups:  # type: ignore[attr-defined]
            raise ValueError("A statement prefetches nothing.")
        compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        text, given = compiler.as_sql()
        converters = compiler.get_converters([column for column, *_ in compiler.select])
        compiler.get_converters = lambda _: converters
        return queryset, compiler, text, tuple(given)

    def rows(self, key: UUID) -> list[Row]:
        """The rows of a key, read anew each time."""
        queryset, made, text, given = self._made
        connection = connections[DEFAULT_DB_ALIAS]  # of this thread
        connection.ensure_connection()
        if connection.connection not in self._prepared:
            self._prepare(connection, text, given)
        compiler = copy(made)
        compiler.connection = connection
        compiler.as_sql = lambda *_, **__: (f"EXECUTE {self._name} (%s)", (key,))
        asked = queryset.all()
        asked.query.get_compiler = lambda *_, **__: compiler  # type: ignore[method-assign]
        return list(asked)

    def _prepare(self, connection: Any, text: str, given: tuple[Any, ...]) -> None:
        places = ["$1" if one == _ANY else sql.Literal(one).as_string(connection.connection) for one in given]
        with connection.cursor() as cursor:
            cursor.execute(f"PREPARE {self._name} (uuid) AS {text % tuple(places)}")
        self._prepared.add(connection.connection)
