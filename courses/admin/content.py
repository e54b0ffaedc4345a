"""Courses, paths and catalogue words in the administration."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, QuerySet, URLField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from courses.actions.content import publish_content, withdraw_content
from courses.actions.copies import copy_course, copy_path
from courses.admin.copying import CopyingAdmin
from courses.admin.deeds import Deed, Way, preview_way
from courses.admin.history import HistoryAdmin
from courses.admin.ordering import ListOrderingAdmin, OrderingAdmin
from courses.admin.readonly import each_or_say_why
from courses.admin.withdrawing import WithdrawingAdmin
from courses.lib.people import person_of
from courses.models import (
    CompanySize,
    ContentState,
    Course,
    Ecosystem,
    LearningPath,
    Lesson,
    Objective,
    PathCourse,
    Persona,
    Product,
    Role,
    SourceRevision,
    UseCase,
    Vertical,
)
from courses.rules.content import why_not_publish


@admin.register(Role, Persona, Product, UseCase, CompanySize, Vertical, Ecosystem)
class WordAdmin(ListOrderingAdmin):
    """One catalogue dimension."""

    list_display = ("name", "slug", "position")
    list_editable = ("position",)
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}


class ContentAdmin(OrderingAdmin, WithdrawingAdmin, HistoryAdmin):
    """What courses and paths share: state is read-only and moved by actions."""

    list_filter: ClassVar[Any] = ("state", "journey_stage")
    search_fields = ("title", "slug", "summary")
    readonly_fields = ("state",)
    prepopulated_fields = {"slug": ("title",)}
    actions = ("publish", "withdraw")

    def deeds_of(self, request: HttpRequest, row: Any) -> Sequence[Deed]:
        """The step that its state has, with what stands in its way."""
        if row.state == ContentState.PUBLISHED:
            return [self.withdraw_deed(row, "Withdraw: hide it from learners")]
        return [Deed("publish", "Publish: open it to everyone", why_not_publish(row))]

    def ways_of(self, request: HttpRequest, row: Any) -> Sequence[Way]:
        """To its preview."""
        return [preview_way(row), *self.order_ways(row), *self.withdraw_ways(row)]

    @admin.action(description=gettext_lazy("Publish"), permissions=["change"])
    def publish(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Open to every signed-in person; what can't be says why."""
        each_or_say_why(self, request, rows, lambda row: publish_content(content=row, by=person_of(request)))

    def withdraw_row(self, row: Any, request: HttpRequest) -> Any:
        """Hide from learners."""
        return withdraw_content(content=row, by=person_of(request))


class ObjectiveInline(admin.TabularInline):
    """The objectives of a course, in order."""

    model = Objective
    extra = 0
    fields = ("position", "text", "slug", "competency")


class LessonInline(admin.StackedInline):
    """The lessons of a course, in order."""

    model = Lesson
    formfield_overrides = {URLField: {"assume_scheme": "https"}}
    extra = 0
    fields = (
        ("position", "kind", "minutes"),
        "title",
        "slug",
        "objective",
        "source_revision",
        ("url", "embed"),
        "file",
        "package",
        "body",
    )

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only objectives of this course can be named."""
        course = request.resolver_match.kwargs.get("object_id") if request.resolver_match else None
        if db_field.name == "source_revision":
            kwargs["queryset"] = SourceRevision.objects.select_related("source")
        if db_field.name == "objective":
            kwargs["queryset"] = Objective.objects.filter(course_id=course) if course else Objective.objects.none()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Course)
class CourseAdmin(CopyingAdmin, ContentAdmin):
    """Courses with their objectives and lessons."""

    def copy_row(self, row: Course, request: HttpRequest, said: dict[str, Any]) -> Course:
        """A draft with the same lessons."""
        return copy_course(course=row, by=person_of(request), **said)

    def ways_of(self, request: HttpRequest, row: Any) -> Sequence[Way]:
        """To its copy, too."""
        return [*super().ways_of(request, row), *self.copy_ways(row)]

    list_display = ("title", "state", "journey_stage", "number_of_lessons", "slug")
    list_select_related = ("journey_stage",)
    filter_horizontal = ("use_cases",)
    inlines = (ObjectiveInline, LessonInline)
    orders: ClassVar[Any] = {
        "lessons": gettext_lazy("Put its lessons in order…"),
        "objectives": gettext_lazy("Put its objectives in order…"),
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Course]:
        """With the number of lessons."""
        return super().get_queryset(request).annotate(counted=Count("lessons"))

    @admin.display(description=gettext_lazy("lessons"), ordering="counted")
    def number_of_lessons(self, course: Any) -> int:
        """How many lessons it has."""
        return course.counted


class PathCourseInline(admin.TabularInline):
    """The courses of a path, in order."""

    model = PathCourse
    extra = 0
    autocomplete_fields = ("course",)


@admin.register(LearningPath)
class LearningPathAdmin(CopyingAdmin, ContentAdmin):
    """Paths with their courses."""

    def copy_row(self, row: LearningPath, request: HttpRequest, said: dict[str, Any]) -> LearningPath:
        """A draft with the same courses."""
        return copy_path(path=row, by=person_of(request), **said)

    def ways_of(self, request: HttpRequest, row: Any) -> Sequence[Way]:
        """To its copy, too."""
        return [*super().ways_of(request, row), *self.copy_ways(row)]

    list_display = ("title", "state", "journey_stage", "use_case", "slug")
    list_select_related = ("journey_stage", "use_case")
    inlines = (PathCourseInline,)
    orders: ClassVar[Any] = {"steps": gettext_lazy("Put its courses in order…")}
