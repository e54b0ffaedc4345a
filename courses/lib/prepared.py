"""Statements that PostgreSQL parses once per connection, for those that busy routes make again and again.

A pooler between the portal and PostgreSQL has to keep a session together (docs/operations.md).
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.backends.utils import CursorWrapper

_known: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
"""Which statements each open connection holds; a connection that is opened again holds none."""


class Prepared:
    """One statement, under a name that the server's log shows.

    `text` calls its values `$1`, `$2` …, in the order of `values`; one whose type PostgreSQL can't tell from where it
    stands is cast there (`$1::jsonb`).
    """

    def __init__(self, name: str, text: str, values: Sequence[str]) -> None:
        self.text, self.names = text, tuple(values)
        self.key = f"{name}_{hashlib.sha256(text.encode()).hexdigest()[:12]}"
        self.call = f"EXECUTE {self.key}" + (f" ({', '.join(['%s'] * len(self.names))})" if self.names else "")

    def execute(self, cursor: CursorWrapper, values: Mapping[str, Any]) -> None:
        """Run it with these values, as one statement; the first time on a connection it is prepared before."""
        known = _known.setdefault(connection.connection, set())
        if self.key not in known:
            self._prepare()
            known.add(self.key)
        cursor.execute(self.call, [values[name] for name in self.names])

    def _prepare(self) -> None:
        """Past Django's cursor, whose counts and logs know statements, not preparations."""
        with connection.wrap_database_errors, connection.connection.cursor() as cursor:
            cursor.execute(f"PREPARE {self.key} AS {self.text}")
