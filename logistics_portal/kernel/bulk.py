"""Many rows with one statement: what Django's bulk operations and ``__in`` do, at a fraction of their cost.

New rows are copied; rows that may exist and changes travel as one JSON document and become a record set in the
database. Measured in docs/adr/0011-rows-by-the-batch.md and docs/adr/0014-a-scan-costs-little.md.
"""

import gc
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any
from uuid import UUID

import msgspec
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import F
from django.db.models.lookups import Lookup


@contextmanager
def uncollected() -> Iterator[None]:
    """Let the collector of cycles rest: a batch makes objects by the hundred thousand, and hardly one cycle."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def any_of(name: str, values: Collection[UUID]) -> Lookup:
    """The condition that a column of keys (``pk``, ``shipment_id``) holds one of ``values``: one parameter for all."""
    return _AnyOf(F(name), "{" + ",".join([value.hex for value in values]) + "}")


class _AnyOf(Lookup):
    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, given = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s::uuid[])", (*given, self.rhs)


def insert_rows(model: type[models.Model], rows: Sequence[Any], *, ignore_conflicts: bool = False) -> int:
    """Insert ``rows``, of the model or anything that has its columns' attributes; return how many were.

    With ``ignore_conflicts`` rows that a unique constraint refuses are left out.
    """
    if not rows:
        return 0
    if not ignore_conflicts:
        _copy(model, rows)
        return len(rows)
    columns, shape = _shape(model, tuple(field.attname for field in model._meta.concrete_fields))
    names = ", ".join(columns)
    return _execute(
        f"INSERT INTO {_quoted(model._meta.db_table)} ({names}) "  # noqa: S608 - names of our own models
        f"SELECT {names} FROM json_to_recordset(%s::json) AS given({shape}) ON CONFLICT DO NOTHING",
        _document(rows, model._meta.concrete_fields),
    )


def update_rows(model: type[models.Model], rows: Sequence[Any], fields: Iterable[str]) -> None:
    """Write ``fields`` of rows that exist, found by key."""
    if not rows:
        return
    key = model._meta.pk
    written: list[Any] = [model._meta.get_field(name) for name in fields]
    columns, shape = _shape(model, (key.attname, *(field.attname for field in written)))
    sets = ", ".join(f"{column} = given.{column}" for column in columns[1:])
    _execute(
        f"UPDATE {_quoted(model._meta.db_table)} AS row SET {sets} "  # noqa: S608 - as above
        f"FROM json_to_recordset(%s::json) AS given({shape}) WHERE row.{columns[0]} = given.{columns[0]}",
        _document(rows, [key, *written]),
    )


def _copy(model: type[models.Model], rows: Sequence[Any]) -> None:
    fields: list[Any] = list(model._meta.concrete_fields)
    names = ", ".join(_quoted(field.column) for field in fields)
    values = attrgetter(*(field.attname for field in fields))
    writers = [(place, write) for place, field in enumerate(fields) if (write := _writer(field))]
    sql = f"COPY {_quoted(model._meta.db_table)} ({names}) FROM STDIN"
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(sql) as into:
        for row in rows:
            given = list(values(row))
            for place, write in writers:
                if given[place] is not None:
                    given[place] = write(given[place])
            into.write_row(given)


def _writer(field: Any) -> Callable[[Any], str] | None:
    """How to write the values of a column that the driver writes slowly, or not at all."""
    if isinstance(field, models.DateTimeField):
        return _moments()
    kind = field.target_field if field.is_relation else field
    return next((write for of, write in _WRITERS.items() if isinstance(kind, of)), None)


def _moments() -> Callable[[datetime], str]:
    """A writer of moments, of which a column often holds the same one row after row."""
    last, text = None, ""

    def write(moment: datetime) -> str:
        nonlocal last, text
        if moment is not last:
            last, text = moment, moment.isoformat()
        return text

    return write


@cache
def _shape(model: type[models.Model], attributes: tuple[str, ...]) -> tuple[list[str], str]:
    """The quoted columns of attributes, and their definition as a record set."""
    fields: dict[str, Any] = {field.attname: field for field in model._meta.concrete_fields}
    columns = [_quoted(fields[name].column) for name in attributes]
    types = [fields[name].db_type(connection) for name in attributes]
    return columns, ", ".join(f"{column} {kind}" for column, kind in zip(columns, types, strict=True))


def _document(rows: Sequence[Any], fields: Sequence[Any]) -> str:
    values = attrgetter(*(field.attname for field in fields))
    columns = [field.column for field in fields]
    return _json([dict(zip(columns, values(row), strict=True)) for row in rows])


def _plain(value: Any) -> str:
    return str.__str__(value) if isinstance(value, str) else str(value)  # the encoder knows no kinds of text


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)  # knows ids and times; takes a tenth of the standard library's time


def _json(value: Any) -> str:
    return _ENCODER.encode(value).decode()


def _array(texts: Iterable[str]) -> str:
    quoted = [text.replace("\\", "\\\\").replace('"', '\\"') for text in texts]
    return '{"' + '","'.join(quoted) + '"}' if quoted else "{}"


_WRITERS: dict[type[models.Field], Callable[[Any], str]] = {
    models.UUIDField: attrgetter("hex"),
    models.JSONField: _json,
    ArrayField: _array,
}


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _execute(sql: str, document: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, [document])
        return cursor.rowcount
