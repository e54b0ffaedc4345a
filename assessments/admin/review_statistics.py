"""Statistics of graders in the administration: what was computed when, and each grader's figures. Shown, never edited."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from assessments.models import GraderFigures, ReviewStatistics
from courses.admin.readonly import ReadOnlyAdmin
from courses.lib.people import person_of


@admin.register(ReviewStatistics)
class ReviewStatisticsAdmin(ReadOnlyAdmin):
    """Computations: asked for, failed, there."""

    list_display = ("__str__", "since", "readings", "computed_at", "tries", "problem")
    list_filter = (("computed_at", admin.EmptyFieldListFilter),)
    fields = (
        "requested_at", "requested_by", "due_at", "tries", "problem", "computed_at", "since", "readings", "figures",
    )  # fmt: skip
    list_select_related = ("requested_by",)


@admin.register(GraderFigures)
class GraderFiguresAdmin(ReadOnlyAdmin):
    """Each grader's figures of each night. A page in plain words is under Grading."""

    list_display = ("grader", "n", "flags", "computed_at")
    list_select_related = ("grader", "statistics")
    search_fields = ("grader__email", "grader__name")
    fields = ("grader", "statistics", "n", "flags", "figures")

    @admin.display(description=gettext_lazy("computed at"), ordering="statistics__computed_at")
    def computed_at(self, row: GraderFigures) -> Any:
        """When the night's computation was done."""
        return row.statistics.computed_at

    def get_queryset(self, request: HttpRequest) -> QuerySet[GraderFigures]:
        """Those of all graders for who leads the queue, else one's own."""
        mine = GraderFigures.objects.visible_to(person_of(request)).values("pk")
        return super().get_queryset(request).filter(pk__in=mine).order_by("-statistics__computed_at", "grader")
