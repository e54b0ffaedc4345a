"""Saving a row whose history names who changed it, also where no request tells."""

from typing import TypeVar

from django.db import models

from courses.lib.people import Person

Row = TypeVar("Row", bound=models.Model)


def save_as(row: Row, by: Person | None) -> Row:
    """Save a row with record history in the name of `by`."""
    row._history_user = by  # type: ignore[attr-defined]
    row.save()
    return row
