"""The review queue, what graders sent, and conflicts of interest in the administration."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from assessments.actions.conflicts import declare_conflict, end_conflict
from assessments.actions.reviews import open_to_all, take_back
from assessments.models import (
    Appeal,
    Comment,
    Conflict,
    ConflictKind,
    Decision,
    Lease,
    Mark,
    Offer,
    Review,
    ReviewTask,
    TaskState,
)
from assessments.models.reviews import OPEN_TASK_STATES
from assessments.rules.graders import free_for
from assessments.rules.reviews import why_not_open_to_all
from courses.admin.deeds import Deed, DeedsAdmin
from courses.admin.history import HistoryAdmin
from courses.admin.readonly import ReadOnlyAdmin, ReadOnlyInline, each_or_say_why
from courses.lib.clock import database_now
from courses.lib.people import Person, person_of


class LeaseInline(ReadOnlyInline):
    """Who held the work, and how it ended."""

    model = Lease
    fields = ("token", "grader", "taken_at", "expires_at", "released_at", "end", "reason")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lease]:
        """With the graders, in the same query."""
        return super().get_queryset(request).select_related("grader")


class OfferInline(ReadOnlyInline):
    """Whose reading would say most about it."""

    model = Offer
    fields = ("rank", "grader")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Offer]:
        """With the graders, in the same query."""
        return super().get_queryset(request).select_related("grader")


@admin.register(ReviewTask)
class ReviewTaskAdmin(DeedsAdmin, ReadOnlyAdmin):
    """The queue, in the order in which it is drawn. Work is taken in the queue's own page."""

    list_display = (
        "__str__",
        "submission",
        "state",
        "priority_class",
        "asked_because",
        "worth",
        "due_at",
        "created_at",
    )
    list_select_related = ("submission__practical",)
    list_filter = ("state", "kind", "asked_because", "priority_class", "submission__practical")
    search_fields = ("submission__learner__email", "submission__receipt")
    inlines = (OfferInline, LeaseInline)
    actions = ("take_back", "open_to_all")

    @admin.display(description=gettext_lazy("worth"), ordering="value")
    def worth(self, task: ReviewTask) -> str:
        """By how much the reading was expected to lower the chance of a wrong decision."""
        return "" if task.value is None else f"−{100 * task.value:.1f} %"

    def deeds_of(self, request: HttpRequest, row: ReviewTask) -> Sequence[Deed]:
        """Taking it back from a grader; opening it to everybody where only some may draw it."""
        deeds = [Deed("take_back", "Take it back from its grader; what they wrote is kept")]
        opened = [Deed("open_to_all", "Let every grader without conflict draw it")]
        bound = row.wanted_grader_id or (row.offered_until and row.offered_until > database_now())
        return [
            *(deeds if row.state == TaskState.LEASED else ()),
            *(opened if bound and row.state in OPEN_TASK_STATES and why_not_open_to_all(row) is None else ()),
        ]

    def notes_of(self, request: HttpRequest, row: ReviewTask) -> Sequence[str]:
        """Where nobody can read it, that it will wait for ever."""
        version = row.submission_version
        if row.state != TaskState.WAITING or free_for(version, database_now()).exists():
            return []
        return [
            "No grader can read this: conflicts of interest, pool, language or persona stand against each. Widen the "
            "pool, or give a grader its language or persona."
        ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never a form; the deeds ask for the right to lead."""
        return False

    def has_lead_permission(self, request: HttpRequest) -> bool:
        """Whether the person leads the queue."""
        return person_of(request).has_perm("assessments.lead_reviews")

    @admin.action(description=gettext_lazy("Take the chosen work back from its graders"), permissions=["lead"])
    def take_back(self, request: HttpRequest, queryset: QuerySet[ReviewTask]) -> None:
        """The lease ends; what its grader wrote is kept for them."""
        each_or_say_why(self, request, queryset, lambda row: take_back(task=row, by=person_of(request)))

    @admin.action(description=gettext_lazy("Let every grader draw the chosen work"), permissions=["lead"])
    def open_to_all(self, request: HttpRequest, queryset: QuerySet[ReviewTask]) -> None:
        """Offers end, and so does waiting for the one who sat in."""
        each_or_say_why(self, request, queryset, lambda row: open_to_all(task=row, by=person_of(request)))


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
    decided = Decision.objects.filter(version=OuterRef("submission_version"))
    appealed = Appeal.objects.open().filter(against__version=OuterRef("submission_version"))
    return rows.filter(Exists(decided), ~Exists(appealed)).exclude(submission_version__submission__learner_id=person.pk)


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

    @admin.action(description=gettext_lazy("End the chosen conflicts"), permissions=["change"])
    def end(self, request: HttpRequest, queryset: QuerySet[Conflict]) -> None:
        """From now on they no longer stand; the rows stay."""
        each_or_say_why(self, request, queryset, lambda row: end_conflict(conflict=row, by=person_of(request)))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: end it."""
        return False
