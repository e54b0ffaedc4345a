"""Remarks on lessons, progress and the audit trail in the administration."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from courses.actions.feedback import answer_feedback, close_feedback
from courses.admin.deeds import Deed, DeedsAdmin
from courses.admin.readonly import ReadOnlyAdmin, each_or_say_why
from courses.admin.refusals import RefusedFormAdmin
from courses.lib.people import person_of
from courses.models import AuditEvent, CourseCompletion, LessonFeedback
from courses.models.progress import FeedbackState


@admin.register(LessonFeedback)
class LessonFeedbackAdmin(DeedsAdmin, RefusedFormAdmin):
    """Remarks with their state; writing an answer tells the author."""

    list_display = ("lesson", "kind", "state", "author", "created_at", "answered_by")
    list_filter = ("state", "kind", "lesson__course")
    list_select_related = ("lesson", "author", "answered_by")
    search_fields = ("text", "answer", "lesson__title", "author__email")
    readonly_fields = ("lesson", "author", "kind", "text", "page", "state", "answered_by", "answered_at", "created_at")
    fields = ("lesson", "kind", "text", "page", "author", "created_at", "state", "answer", "answered_by", "answered_at")
    actions = ("close",)

    def deeds_of(self, request: HttpRequest, row: LessonFeedback) -> Sequence[Deed]:
        """Putting it away, while it isn't."""
        return [] if row.state == FeedbackState.CLOSED else [Deed("close", "Close it without an answer")]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Remarks come from learners."""
        return False

    def save_model(self, request: HttpRequest, obj: LessonFeedback, form: forms.ModelForm, change: bool) -> None:
        """The answer goes through its action."""
        if "answer" not in form.changed_data:
            return
        answer_feedback(feedback=obj, answer=form.cleaned_data["answer"], by=person_of(request))

    @admin.action(description=gettext_lazy("Close"), permissions=["change"])
    def close(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Put the remarks away."""
        each_or_say_why(self, request, rows, lambda row: close_feedback(feedback=row, by=person_of(request)))


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
