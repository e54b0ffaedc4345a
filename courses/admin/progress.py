"""Progress and the audit trail in the administration."""

from django.contrib import admin

from courses.admin.readonly import ReadOnlyAdmin
from courses.models import AuditEvent, CourseCompletion


@admin.register(CourseCompletion)
class CourseCompletionAdmin(ReadOnlyAdmin):
    """Who completed which course."""

    list_display = ("learner", "course", "completed_at")
    list_filter = ("course", "completed_at")
    list_select_related = ("learner", "course")
    search_fields = ("learner__email", "learner__name")


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """The audit trail."""

    list_display = ("happened_at", "event", "actor", "subject")
    list_filter = ("event", "happened_at")
    list_select_related = ("actor",)
    search_fields = ("actor__email", "subject")
