"""Rows of a test session that was cut off: the database remembers that somebody was at work, the next session empties it.

The mark is the comment of the database. A session that ends in order, interrupted by hand or not, takes it away.
"""

from django.core.management import call_command
from django.db import connection

MARK = "a test session is at work"
WAS_CUT_OFF = """
SELECT shobj_description(oid, 'pg_database') = %s
    AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND backend_type = 'client backend')
FROM pg_database WHERE datname = current_database()
"""


def begin() -> bool:
    """Mark the database, and empty it where the mark stood and nobody else is in it. True where that was so. Two statements."""
    with connection.cursor() as cursor:
        cursor.execute(WAS_CUT_OFF, [MARK])
        (was_cut_off,) = cursor.fetchone()
    if was_cut_off:
        call_command("flush", interactive=False, verbosity=0)
    _say(MARK)
    return bool(was_cut_off)


def end() -> None:
    """Take the mark away."""
    _say(None)


def _say(words: str | None) -> None:
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON DATABASE {name} IS %s", [words])
