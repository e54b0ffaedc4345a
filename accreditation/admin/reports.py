"""Saved views of reports in the administration: read only. Their owners change them on the page of the reports."""

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accreditation.admin.notices import MailedAdmin
from accreditation.models import ReportMail, ReportSchedule, ReportView
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


def _theirs(request: HttpRequest) -> Q:
    """What others keep to themselves is not shown in the administration either; a name of a view is theirs."""
    return Q(view__in=views_for(request.user).values("pk"))


@admin.register(ReportSchedule)
class ReportScheduleAdmin(ReadOnlyAdmin):
    """When views go out by mail, and to how many."""

    list_display = ("view", "frequency", "hour", "has_file", "is_active", "reader_count", "made_at")
    list_filter = ("frequency", "is_active")
    list_select_related = ("view",)
    search_fields = ("view__name", "view__owner__email")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReportSchedule]:
        """Of one's own and shared views, with how many get it."""
        rows = super().get_queryset(request).filter(_theirs(request))
        return rows.annotate(many=Count("readers", filter=Q(readers__ended="")))

    @admin.display(description=_("readers"), ordering="many")
    def reader_count(self, row: ReportSchedule) -> int:
        """How many get it."""
        return row.many  # type: ignore[attr-defined]


@admin.register(ReportMail)
class ReportMailAdmin(MailedAdmin):
    """Each report that was or wasn't mailed, and why."""

    list_display = (
        "schedule_view", "person", "period_on", "mail_state", "mail_attempts", "not_sent", "mail_problem", "mailed_at",
        "took_ms",
    )  # fmt: skip
    list_filter = ("mail_state", "created_at")
    list_select_related = ("schedule__view", "person")
    search_fields = ("person__email", "person__name", "schedule__view__name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReportMail]:
        """Of one's own and shared views."""
        views = views_for(request.user).values("pk")
        return super().get_queryset(request).filter(schedule__view__in=views)

    @admin.display(description=_("report"), ordering="schedule__view__name")
    def schedule_view(self, row: ReportMail) -> str:
        """The view's name."""
        return row.schedule.view.name
