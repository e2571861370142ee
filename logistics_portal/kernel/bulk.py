"""Many rows with one statement: what Django's bulk operations do, at a fraction of their cost.

Rows travel as one JSON document and become a record set in the database. Measured against `bulk_create` and
`bulk_update` in docs/adr/0011-rows-by-the-batch.md.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection, models


def insert_rows(model: type[models.Model], rows: Sequence[Any], *, ignore_conflicts: bool = False) -> None:
    """Insert ``rows``, of the model or anything that has its columns' attributes.

    With ``ignore_conflicts`` rows that a unique constraint refuses are left out.
    """
    if not rows:
        return
    columns, shape = _shape(model, tuple(field.attname for field in model._meta.concrete_fields))
    names = ", ".join(columns)
    end = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    _execute(
        f"INSERT INTO {_quoted(model._meta.db_table)} ({names}) "  # noqa: S608 - names of our own models
        f"SELECT {names} FROM json_to_recordset(%s::json) AS given({shape}){end}",
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


@cache
def _shape(model: type[models.Model], attributes: tuple[str, ...]) -> tuple[list[str], str]:
    """The quoted columns of attributes, and their definition as a record set."""
    fields: dict[str, Any] = {field.attname: field for field in model._meta.concrete_fields}
    columns = [_quoted(fields[name].column) for name in attributes]
    types = [fields[name].db_type(connection) for name in attributes]
    return columns, ", ".join(f"{column} {kind}" for column, kind in zip(columns, types, strict=True))


def _document(rows: Sequence[Any], fields: Sequence[Any]) -> str:
    names = [field.attname for field in fields]
    columns = [field.column for field in fields]
    plain = [{column: getattr(row, name) for column, name in zip(columns, names, strict=True)} for row in rows]
    return json.dumps(plain, default=_plain, ensure_ascii=False)


_PLAIN: dict[type, Callable[[Any], str]] = {UUID: str, datetime: datetime.isoformat, date: date.isoformat}


def _plain(value: Any) -> str:
    return _PLAIN.get(type(value), str)(value)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _execute(sql: str, document: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, [document])
