"""The one clock that deadlines and leases follow: the database's."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """The start of the running transaction as the database sees it, in UTC. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT CURRENT_TIMESTAMP")
        return cursor.fetchone()[0]
