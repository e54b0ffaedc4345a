"""Exams, their versions and blueprints in the administration."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy

from assessments.actions.exams import draft_version, next_number, publish_version, withdraw_exam
from assessments.models import BlueprintCell, Exam, ExamVersion
from assessments.rules.publications import said_of, unpublished, warnings_before, why_not_publish_version
from courses.admin.deeds import Deed, DeedsAdmin, Way, preview_way
from courses.admin.history import HistoryAdmin
from courses.admin.readonly import ReadOnlyInline, each_or_say_why
from courses.admin.withdrawing import WithdrawingAdmin
from courses.lib.people import person_of
from courses.models import ContentState, Objective

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
class ExamAdmin(WithdrawingAdmin, HistoryAdmin):
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

    def deeds_of(self, request: HttpRequest, row: Exam) -> Sequence[Deed]:
        """Withdrawing, or opening again what was withdrawn."""
        if row.state == ContentState.PUBLISHED:
            return [self.withdraw_deed(row, "Withdraw: nobody starts it any more")]
        return [Deed("reopen", "Open it again")] if row.current_version_id else []

    def ways_of(self, request: HttpRequest, row: Exam) -> Sequence[Way]:
        """To its draft, or where one is written, and to all that belongs to the exam."""
        return [preview_way(row), *self.withdraw_ways(row), self._draft_of(row), *ways_from_exam(row)]

    def _draft_of(self, row: Exam) -> Way:
        draft = unpublished(row)
        if draft is not None:
            page = reverse("admin:assessments_examversion_change", args=[draft.pk])
            return Way(f"Version {draft.number} is a draft: look at it and publish it", page)
        if row.current_version_id:
            page = reverse("admin:assessments_examversion_change", args=[row.current_version_id])
            return Way("To change limits or blueprint, copy the version that stands", page)
        new = f"{reverse('admin:assessments_examversion_add')}?exam={row.pk}"
        return Way("Write its first version: limits and blueprint", new, "assessments.add_examversion")

    def notes_of(self, request: HttpRequest, row: Exam) -> Sequence[str]:
        """What others say of an open exam, e.g. that nobody finds it."""
        return said_of(row) if row.state == ContentState.PUBLISHED else ()

    def withdraw_row(self, row: Exam, request: HttpRequest) -> Exam:
        """Running attempts go on to their end."""
        return withdraw_exam(exam=row, by=person_of(request))

    @admin.action(description=gettext_lazy("Open them again with their current version"), permissions=["change"])
    def reopen(self, request: HttpRequest, queryset: QuerySet[Exam]) -> None:
        """Publish withdrawn exams again."""
        rows = queryset.exclude(current_version=None).select_related("current_version__exam")
        each_or_say_why(
            self, request, rows, lambda row: publish_version(version=row.current_version, by=person_of(request))
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never; withdraw it."""
        return False


def ways_from_exam(exam: Exam) -> list[Way]:
    """What belongs to an exam and stands elsewhere."""
    attempts = f"{reverse('admin:assessments_attempt_changelist')}?exam__id__exact={exam.pk}"
    corrections = f"{reverse('admin:assessments_regrade_changelist')}?version__question__bank__id__exact={exam.bank_id}"
    questions = f"{reverse('admin:assessments_question_changelist')}?bank__id__exact={exam.bank_id}"
    return [
        Way("Its questions", questions, "assessments.view_question"),
        Way("Attempts", attempts, "assessments.view_attempt"),
        Way("Statistics", reverse("assessments:statistics-exam", args=[exam.slug]), "assessments.view_examstatistics"),
        Way("Corrections of its questions", corrections, "assessments.view_regrade"),
        Way(
            "Standard setting", reverse("assessments:standard", args=[exam.slug]), "assessments.change_standardsetting"
        ),
    ]


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
class ExamVersionAdmin(DeedsAdmin):
    """Limits and blueprint of an exam: a draft until it is published, then frozen."""

    list_display = ("exam", "number", "minutes", "pass_percent", "published_at", "published_by")
    list_select_related = ("exam", "published_by")
    list_filter = (("published_at", admin.EmptyFieldListFilter), "exam")
    search_fields = ("exam__title", "exam__slug")
    fields = ("exam", "number", *LIMITS, "published_at", "published_by")
    readonly_fields = ("number", "published_at", "published_by")
    inlines = (BlueprintCellInline,)
    actions = ("publish", "copy")

    def deeds_of(self, request: HttpRequest, row: ExamVersion) -> Sequence[Deed]:
        """Publishing a draft, with what refuses it and what it warns of; and copying."""
        copy = Deed("copy", "Copy into a new draft")
        if not _is_draft(row):
            return [copy]
        refusal = why_not_publish_version(row)
        notes = () if refusal else warnings_before(row)
        return [Deed("publish", "Publish: freeze and open", refusal, notes), copy]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Headed by the exam that it is a version of."""
        if row := kwargs.get("obj"):
            context["subtitle"] = f"{row.exam}, {row}"
        return super().render_change_form(request, context, *args, **kwargs)

    def ways_of(self, request: HttpRequest, row: ExamVersion) -> Sequence[Way]:
        """Back to its exam."""
        return [Way(f"The exam: {row.exam}", reverse("admin:assessments_exam_change", args=[row.exam_id]))]

    def notes_of(self, request: HttpRequest, row: ExamVersion) -> Sequence[str]:
        """That the button takes what is saved."""
        return ["Publishing takes what is saved: save your changes first."] if _is_draft(row) else ()

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

    @admin.action(description=gettext_lazy("Publish: freeze and open"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[ExamVersion]) -> None:
        """Publish drafts; what can't be filled is refused, thin cells are named."""

        def deed(version: ExamVersion) -> None:
            for sentence in publish_version(version=version, by=person_of(request)).warnings:
                self.message_user(request, f"{version.exam}: {sentence}", messages.WARNING)

        each_or_say_why(self, request, queryset.select_related("exam"), deed)

    @admin.action(description=gettext_lazy("Copy into a new draft"), permissions=["add"])
    def copy(self, request: HttpRequest, queryset: QuerySet[ExamVersion]) -> HttpResponse | None:
        """Begin the next version from this one; a single draft is shown."""
        drafts: list[ExamVersion] = []
        each_or_say_why(
            self,
            request,
            queryset.select_related("exam"),
            lambda row: drafts.append(draft_version(version=row, by=person_of(request))),
        )
        return redirect(self.page_of(drafts[0])) if len(drafts) == 1 else None
