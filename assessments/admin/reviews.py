"""The review queue, what graders sent, and conflicts of interest in the administration."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from assessments.actions.conflicts import declare_conflict, end_conflict
from assessments.models import Comment, Conflict, ConflictKind, Lease, Mark, Review, ReviewTask
from courses.admin.deeds import Deed, DeedsAdmin
from courses.admin.history import HistoryAdmin
from courses.admin.readonly import ReadOnlyAdmin, ReadOnlyInline, each_or_say_why
from courses.lib.people import Person, person_of


class LeaseInline(ReadOnlyInline):
    """Who held the work, and how it ended."""

    model = Lease
    fields = ("token", "grader", "taken_at", "expires_at", "released_at", "end", "reason")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lease]:
        """With the graders, in the same query."""
        return super().get_queryset(request).select_related("grader")


@admin.register(ReviewTask)
class ReviewTaskAdmin(ReadOnlyAdmin):
    """The queue, in the order in which it is drawn. Work is taken in the queue's own page."""

    list_display = ("__str__", "submission", "state", "priority_class", "due_at", "created_at")
    list_select_related = ("submission__practical",)
    list_filter = ("state", "kind", "priority_class", "submission__practical")
    search_fields = ("submission__learner__email", "submission__receipt")
    inlines = (LeaseInline,)


class MarkInline(ReadOnlyInline):
    """Points by criterion."""

    model = Mark
    fields = ("criterion", "points")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mark]:
        """With the criteria, in the same query."""
        return super().get_queryset(request).select_related("criterion")


def readable_by(person: Person, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Readings of decided work of others: the next marks stay blind, also for leads and enablement, who grade too."""
    if getattr(person, "is_superuser", False):
        return rows
    decided = rows.filter(submission_version__decision__isnull=False)
    return decided.exclude(submission_version__submission__learner_id=person.pk)


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    """Sent marks: append-only, shown."""

    list_display = ("submission_version", "kind", "total", "grader", "sent_at")
    list_select_related = ("submission_version__submission__practical", "grader")
    list_filter = ("kind", "submission_version__submission__practical", "sent_at")
    search_fields = ("grader__email", "submission_version__submission__learner__email")
    date_hierarchy = "sent_at"
    inlines = (MarkInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        """Those that the person may read."""
        return readable_by(person_of(request), super().get_queryset(request))


@admin.register(Comment)
class CommentAdmin(ReadOnlyAdmin):
    """What graders wrote."""

    list_display = ("__str__", "criterion", "grader", "visibility", "saved_at")
    list_select_related = ("criterion", "grader")
    list_filter = ("visibility", "saved_at")
    search_fields = ("text", "grader__email")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Comment]:
        """Those that the person may read."""
        return readable_by(person_of(request), super().get_queryset(request))


@admin.register(Conflict)
class ConflictAdmin(DeedsAdmin, HistoryAdmin):
    """Conflicts of interest that were declared, here or at the desk; ended, never deleted or edited."""

    list_display = ("grader", "learner", "kind", "source", "created_at", "ended_at")
    list_select_related = ("grader", "learner")
    list_filter = (("ended_at", admin.EmptyFieldListFilter), "kind")
    search_fields = ("grader__email", "learner__email", "grader__name", "learner__name")
    fields = ("grader", "learner", "kind", "source", "ended_at")
    raw_id_fields = ("grader", "learner")
    actions = ("end",)

    def deeds_of(self, request: HttpRequest, row: Conflict) -> Sequence[Deed]:
        """Ending, once."""
        return [] if row.ended_at else [Deed("end", "End it: it no longer stands")]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A conflict that stands is ended by a deed, not edited."""
        return self.fields if obj else ("ended_at",)

    def save_model(self, request: HttpRequest, obj: Conflict, form: ModelForm, change: bool) -> None:
        """Declare it; work that the grader holds of this learner goes to another."""
        if not change:
            obj.pk = declare_conflict(
                grader_id=obj.grader_id,
                learner_id=obj.learner_id,
                kind=ConflictKind(obj.kind),
                source=obj.source,
                by=person_of(request),
            ).pk

    @admin.action(description="End the chosen conflicts", permissions=["change"])
    def end(self, request: HttpRequest, queryset: QuerySet[Conflict]) -> None:
        """From now on they no longer stand; the rows stay."""
        each_or_say_why(self, request, queryset, lambda row: end_conflict(conflict=row, by=person_of(request)))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: end it."""
        return False
