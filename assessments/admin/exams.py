"""Exams, their versions and blueprints in the administration."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from assessments.actions.exams import draft_version, next_number, publish_version, withdraw_exam
from assessments.models import BlueprintCell, Exam, ExamVersion
from courses.admin.history import HistoryAdmin
from courses.admin.readonly import ReadOnlyInline, each_or_say_why
from courses.lib.people import person_of
from courses.models import Objective

LIMITS = (
    "minutes",
    "pass_percent",
    "waits_hours",
    "max_attempts",
    "within_days",
    "opens_at",
    "closes_at",
    "results_at",
)


class ExamVersionInline(ReadOnlyInline):
    """The versions of an exam; each is its own page."""

    model = ExamVersion
    fk_name = "exam"
    fields = readonly_fields = ("number", *LIMITS, "published_at", "published_by")
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExamVersion]:
        """With who published."""
        return super().get_queryset(request).select_related("published_by")


@admin.register(Exam)
class ExamAdmin(HistoryAdmin):
    """Exams. What they ask and allow stands in their versions; the state is moved by publishing and withdrawing."""

    list_display = ("title", "slug", "state", "bank", "current_version")
    list_select_related = ("bank", "current_version")
    list_filter = ("state", "bank")
    search_fields = ("title", "slug")
    fields = ("title", "slug", "summary", "bank", "state", "current_version")
    prepopulated_fields = {"slug": ("title",)}
    inlines = (ExamVersionInline,)
    actions = ("reopen", "withdraw")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """State and version are moved by deeds; the bank is fixed once a version draws from it."""
        used = obj is not None and obj.current_version_id is not None
        return ("state", "current_version", *(("bank",) if used else ()))

    @admin.action(description="Withdraw: nobody starts them any more", permissions=["change"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Exam]) -> None:
        """Withdraw; running attempts go on to their end."""
        each_or_say_why(self, request, queryset, lambda row: withdraw_exam(exam=row, by=person_of(request)))

    @admin.action(description="Open them again with their current version", permissions=["change"])
    def reopen(self, request: HttpRequest, queryset: QuerySet[Exam]) -> None:
        """Publish withdrawn exams again."""
        rows = queryset.exclude(current_version=None).select_related("current_version__exam")
        each_or_say_why(
            self, request, rows, lambda row: publish_version(version=row.current_version, by=person_of(request))
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never; withdraw it."""
        return False


class BlueprintCellInline(admin.TabularInline):
    """How many questions of what the exam draws."""

    model = BlueprintCell
    extra = 1
    fields = ("position", "count", "course", "objective", "topic", "difficulty")

    def get_queryset(self, request: HttpRequest) -> QuerySet[BlueprintCell]:
        """With their topics."""
        return super().get_queryset(request).select_related("course", "objective")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Objectives in the order of their courses."""
        kwargs["widget"] = forms.Select(attrs={"class": "blueprint-choice"})
        if db_field.name == "objective":
            kwargs["queryset"] = Objective.objects.order_by("course__title", "position")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Drafts only."""
        return _is_draft(obj) and super().has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Drafts only."""
        return _is_draft(obj) and super().has_add_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Drafts only."""
        return _is_draft(obj) and super().has_delete_permission(request, obj)


def _is_draft(version: ExamVersion | None) -> bool:
    return version is None or version.published_at is None


@admin.register(ExamVersion)
class ExamVersionAdmin(admin.ModelAdmin):
    """Limits and blueprint of an exam: a draft until it is published, then frozen."""

    list_display = ("exam", "number", "minutes", "pass_percent", "published_at", "published_by")
    list_select_related = ("exam", "published_by")
    list_filter = (("published_at", admin.EmptyFieldListFilter), "exam")
    search_fields = ("exam__title", "exam__slug")
    fields = ("exam", "number", *LIMITS, "published_at", "published_by")
    readonly_fields = ("number", "published_at", "published_by")
    inlines = (BlueprintCellInline,)
    actions = ("publish", "copy")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Drafts only: what was published never changes."""
        return _is_draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never; an unpublished draft harms nobody."""
        return False

    def save_model(self, request: HttpRequest, obj: ExamVersion, form: ModelForm, change: bool) -> None:
        """A new draft takes the exam's next number."""
        if not change:
            obj.number = next_number(obj.exam)
        super().save_model(request, obj, form, change)

    @admin.action(description="Publish: freeze and open", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[ExamVersion]) -> None:
        """Publish drafts; what can't be filled is refused, thin cells are named."""

        def deed(version: ExamVersion) -> None:
            for sentence in publish_version(version=version, by=person_of(request)).warnings:
                self.message_user(request, f"{version.exam}: {sentence}", messages.WARNING)

        each_or_say_why(self, request, queryset.select_related("exam"), deed)

    @admin.action(description="Copy into a new draft", permissions=["add"])
    def copy(self, request: HttpRequest, queryset: QuerySet[ExamVersion]) -> None:
        """Begin the next version from this one."""
        rows = queryset.select_related("exam")
        each_or_say_why(self, request, rows, lambda row: draft_version(version=row, by=person_of(request)))
