"""Appending many rows of a model by one statement that is the same for any number of them."""

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import AutoField, Field, JSONField, Model

from courses.lib.prepared import Prepared


def append(rows: Sequence[Model], *, ignore_conflicts: bool = False) -> None:
    """Write new rows as `bulk_create` does: no `save`, no signals. One statement; none where there is no row.

    Unlike there the database's own keys don't come back, and the SQL is built once for each model, not for each value.
    """
    if rows:
        statement, fields = _statement_for(type(rows[0]), "ON CONFLICT DO NOTHING" if ignore_conflicts else "")
        with connection.cursor() as cursor:
            statement.execute(cursor, {"rows": _as_json(fields, rows)})
        for row in rows:
            if row.pk is not None:
                _is_written(row)


def append_one(row: Model) -> None:
    """Write one new row and give it the key that the database gave it. No signals. One statement."""
    statement, fields = _statement_for(type(row), f"RETURNING {connection.ops.quote_name(str(row._meta.pk.column))}")
    with connection.cursor() as cursor:
        statement.execute(cursor, {"rows": _as_json(fields, [row])})
        row.pk = cursor.fetchone()[0]
    _is_written(row)


def _is_written(row: Model) -> None:
    """So that saving it later changes it, and writes no second one."""
    row._state.adding, row._state.db = False, connection.alias


def _as_json(fields: "list[Field[Any, Any]]", rows: Sequence[Model]) -> str:
    return json.dumps([{field.column: _plain(field, row) for field in fields} for row in rows], default=_text)


@cache
def _statement_for(model: type[Model], ending: str) -> "tuple[Prepared, list[Field[Any, Any]]]":
    """The INSERT of every column that isn't the database's own key, from a JSON list of records."""
    fields = [one for one in model._meta.concrete_fields if not isinstance(one, AutoField)]
    quoted = [connection.ops.quote_name(str(one.column)) for one in fields]
    columns, table = ", ".join(quoted), connection.ops.quote_name(model._meta.db_table)
    typed = ", ".join(f"{name} {one.db_type(connection)}" for name, one in zip(quoted, fields, strict=True))
    text = f"INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_to_recordset($1::jsonb) AS sent ({typed}) {ending}"  # noqa: S608 - names from models
    return Prepared(f"append_{model._meta.model_name}", text, ["rows"]), fields


def _text(value: Any) -> str:
    """What PostgreSQL reads back exactly. Anything else is an error: an expression has no value to write."""
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} can't be written as a row's value.")


def _plain(field: "Field[Any, Any]", row: Model) -> Any:
    """The value of a column as JSON or `_text` can hold it."""
    value = field.pre_save(row, add=True)
    return value if isinstance(field, JSONField) else field.get_db_prep_save(value, connection)
