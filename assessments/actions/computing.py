"""What every computation of statistics shares: which are due, and what becomes of one that failed."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet

MOST_TRIES = 8


def due_computations(waiting: QuerySet[Any], now: datetime) -> list[int]:
    """Rows that wait and are due, oldest first. A row that failed eight times waits until somebody asks again."""
    rows = waiting.filter(due_at__lte=now, tries__lt=MOST_TRIES).order_by("due_at")
    return list(rows.values_list("pk", flat=True))


def put_off(waiting: QuerySet[Any], problem: Exception, now: datetime) -> None:
    """Write the failure to the row, which is due again after 2, 4, 8 … minutes."""
    for row in waiting:
        pause = timedelta(minutes=2 ** (row.tries + 1))
        told = f"{type(problem).__name__}: {problem}"[:200]
        waiting.filter(pk=row.pk).update(tries=F("tries") + 1, due_at=now + pause, problem=told)
