"""Querysets whose SQL is built once per process: for the few statements that busy routes make again and again.

Building the SQL of a queryset costs Django more than PostgreSQL needs to answer it. A compiled queryset stays the ORM's
own: its text, columns, joins and locks come from the queryset, so a model that gains a column is read with it.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import update_wrapper
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Expression, F, Func, QuerySet, Value
from django.db.models.query import ModelIterable, get_related_populators
from django.db.transaction import TransactionManagementError
from django.utils.translation import gettext as _
from psycopg2.extensions import AsIs

from courses.lib.prepared import Prepared


class Parameter(Expression):
    """Stands in the SQL for a value that each call brings."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    @property
    def pk(self) -> "Parameter":
        """A person or row is compared by its key; the call brings the person or the row itself."""
        return self

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """A placeholder whose parameter is this object, to be replaced by the call's value."""
        return "%s", [self]

    def get_group_by_cols(self) -> list[Any]:
        """None: a value groups nothing."""
        return []


class OneOf(Func):
    """Whether a field is one of a list: `filter(OneOf("position", positions, "int"))`. Its text is the same for any length."""

    template, arg_joiner = "%(expressions)s::%(cast)s[])", " = ANY("
    output_field = BooleanField()

    def __init__(self, field: str, values: Any, cast: str) -> None:
        super().__init__(F(field), values if isinstance(values, Parameter) else Value(list(values)), cast=cast)


class Compiled:
    """A function from values to a queryset, of which the queryset is built and compiled at the first call only.

    Call it with the values, each by its name: the rows as a list. `.queryset` is the function itself: the same rows by
    way of the ORM. The values may only be compared with: they can't change which joins, columns or order there are.
    Rows are instances with everything that `select_related` and `annotate` give them, or tuples for `values_list`.
    """

    def __init__(self, queryset: Callable[..., QuerySet[Any, Any]]) -> None:
        self.queryset = queryset
        self._plan: _Plan | None = None
        update_wrapper(self, queryset)

    def __call__(self, **values: Any) -> list[Any]:
        """The rows as they are now. One statement. Raises where a locking queryset is asked outside a transaction."""
        return self._planned().rows(values)

    def _planned(self) -> "_Plan":
        if self._plan is None:
            names = inspect.signature(self.queryset).parameters
            self._plan = _Plan(self.queryset.__name__, self.queryset(**{one: Parameter(one) for one in names}))
        return self._plan

    def text_and_names(self) -> tuple[str, Sequence[str]]:
        """The SQL with its numbered places and the names of their values: for a statement of which it is a part."""
        statement = self._planned().statement
        return statement.text, statement.names

    def first(self, **values: Any) -> Any | None:
        """The first row, or None. One statement, which asks for all of them."""
        return next(iter(self(**values)), None)

    def get(self, **values: Any) -> Any:
        """The first row. Raises the model's DoesNotExist where there is none."""
        for row in self(**values):
            return row
        assert self._plan is not None  # the call made it
        raise self._plan.absent


class _Plan:
    """The compiled text of a queryset, and how its rows become what the queryset would give."""

    def __init__(self, name: str, queryset: Any) -> None:
        assert not queryset._prefetch_related_lookups  # these would be more statements
        compiler = queryset.query.get_compiler(using=connection.alias)
        self.locks, self.absent = queryset.query.select_for_update, queryset.model.DoesNotExist
        self.statement = _statement(name, *compiler.as_sql())
        self.width = compiler.col_count
        columns = [one[0] for one in compiler.select[: self.width]]
        self.converters = list(compiler.get_converters(columns).items())
        self.model = _Reader(compiler) if queryset._iterable_class is ModelIterable else None

    def rows(self, values: Mapping[str, Any]) -> list[Any]:
        """Ask, and read the answer as Django's own compiler would."""
        if self.locks and connection.get_autocommit():
            raise TransactionManagementError(_("select_for_update cannot be used outside of a transaction."))
        with connection.cursor() as cursor:
            self.statement.execute(cursor, {name: getattr(one, "pk", one) for name, one in values.items()})
            found = [self._converted(row) for row in cursor.fetchall()]
        return found if self.model is None else [self.model.read(row) for row in found]

    def _converted(self, row: Sequence[Any]) -> Sequence[Any]:
        if not self.converters:
            return row[: self.width]
        cells = list(row[: self.width])
        for position, (converters, expression) in self.converters:
            for convert in converters:
                cells[position] = convert(cells[position], expression, connection)
        return tuple(cells)


def _statement(name: str, sql: str, params: Sequence[Any]) -> Prepared:
    """The text with its constants in it, and a numbered place for each parameter."""
    names = list(dict.fromkeys(one.name for one in params if isinstance(one, Parameter)))
    places = [AsIs(f"${names.index(one.name) + 1}") if isinstance(one, Parameter) else one for one in params]
    with connection.cursor() as cursor:
        return Prepared(name, cursor.mogrify(sql, places).decode(), names)


class _Reader:
    """Makes instances of rows, with their related ones and annotations, as `ModelIterable` does."""

    def __init__(self, compiler: Any) -> None:
        chosen = compiler.klass_info["select_fields"]
        self.model = compiler.klass_info["model"]
        self.own = slice(chosen[0], chosen[-1] + 1)
        self.names = [one[0].target.attname for one in compiler.select[self.own]]
        self.related = get_related_populators(compiler.klass_info, compiler.select, connection.alias)  # type: ignore[call-arg] # the stubs are of the next Django
        self.annotations = list((compiler.annotation_col_map or {}).items())

    def read(self, row: Sequence[Any]) -> Any:
        """The instance of one row."""
        found = self.model.from_db(connection.alias, self.names, row[self.own])
        for one in self.related:
            one.populate(row, found)
        for name, position in self.annotations:
            setattr(found, name, row[position])
        return found
