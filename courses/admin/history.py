"""Rows whose earlier versions are kept."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import JSONField
from django.http import Http404, HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin

from courses.admin.refusals import RefusedFormAdmin
from courses.lib.typed_json import TypedJSONField


class HistoryAdmin(RefusedFormAdmin, SimpleHistoryAdmin):
    """Earlier versions are read, never put back.

    The library's page of an old version saves what is posted to it, with the old version's rights: whoever may only view
    could edit, and status fields would change without their action.
    """

    formfield_overrides = {JSONField: {"form_class": TypedJSONField}}

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        """Always."""
        return True

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What changed, when and by whom."""
        if not object_id.isdecimal():
            raise Http404
        return super().history_view(request, object_id, extra_context)

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show an earlier version."""
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        if not (object_id.isdecimal() and version_id.isdecimal()):
            raise Http404
        return super().history_form_view(request, object_id, version_id, extra_context)
