"""Saved views of reports in the administration: read only. Their owners change them on the page of the reports."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accreditation.models import ReportView
from accreditation.rules.report_views import views_for
from courses.admin.readonly import ReadOnlyAdmin


@admin.register(ReportView)
class ReportViewAdmin(ReadOnlyAdmin):
    """One's own and those that others share."""

    list_display = ("name", "owner", "is_shared", "kind", "program", "saved_at")
    list_filter = ("kind", "is_shared")
    list_select_related = ("owner", "program")
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReportView]:
        """What others keep to themselves is not shown here either."""
        return views_for(request.user)
