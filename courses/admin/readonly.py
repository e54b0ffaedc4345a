"""What the administration shows but never edits, and how it calls actions for many rows."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from courses.lib.refusals import Refused


class _NoChanges:
    """Nothing is added, changed or deleted here; rows come from actions."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


class ReadOnlyAdmin(_NoChanges, admin.ModelAdmin):
    """A list with filters and search, and pages without a form."""


class ReadOnlyInline(_NoChanges, admin.TabularInline):
    """Rows of another model, shown only."""

    extra = 0
    can_delete = False
    show_change_link = False


def each_or_say_why(
    model_admin: admin.ModelAdmin, request: HttpRequest, rows: Iterable[Any], deed: Callable[[Any], Any]
) -> None:
    """Do a deed for each chosen row; a refused one stays as it is and its sentence is shown."""
    done = 0
    for row in rows:
        try:
            deed(row)
            done += 1
        except Refused as refused:
            model_admin.message_user(request, f"{row}: {refused.refusal.sentence}", messages.WARNING)
    if done:
        model_admin.message_user(request, f"Done for {done}.", messages.SUCCESS)
