"""Practicals, briefs and submissions in the administration."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import Count, F, Prefetch, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.actions.practicals import return_submission
from assessments.actions.rubrics import author_brief, move_practical, retire_brief
from assessments.forms.practicals import BriefForm, PracticalForm, ReasonForm
from assessments.models import (
    Brief,
    BriefPool,
    Decision,
    Practical,
    Recording,
    RecordingState,
    ReviewerPool,
    Submission,
    SubmissionEvent,
    SubmissionState,
    SubmissionVersion,
)
from assessments.models.retention import GONE_STATES
from assessments.rules.histories import contents_of
from assessments.rules.practicals import why_not_return
from courses.admin.deeds import Deed, DeedsAdmin, Way, preview_way
from courses.admin.history import HistoryAdmin
from courses.admin.readonly import ReadOnlyAdmin, ReadOnlyInline, each_or_say_why
from courses.admin.withdrawing import WithdrawingAdmin
from courses.lib.clock import database_now
from courses.lib.people import person_of
from courses.lib.policy import needs
from courses.lib.telling import told_on
from courses.models import ContentState, Lesson
from courses.models.content import LessonKind

BRIEF_TEXT = (
    "customer", "situation", "industry", "size", "size_text", "region", "tools", "pain_points", "people", "persona",
    "use_case", "product", "vertical", "is_complex", "hidden_notes",
)  # fmt: skip


@admin.register(BriefPool)
class BriefPoolAdmin(DeedsAdmin, HistoryAdmin):
    """Pools of briefs."""

    shows_uses = True

    list_display = ("title", "slug")
    search_fields = ("title", "slug")


@admin.register(Brief)
class BriefAdmin(DeedsAdmin, HistoryAdmin):
    """Customer briefs. Saving makes a new version: tries that were opened with the old wording keep it."""

    list_display = ("customer", "pool", "persona", "use_case", "vertical", "version", "retired_at")
    list_select_related = ("pool", "persona", "use_case", "vertical")
    list_filter = (("retired_at", admin.EmptyFieldListFilter), "pool", "persona", "use_case", "vertical")
    search_fields = ("customer", "slug", "industry")
    form = BriefForm
    fields = ("pool", "slug", *BRIEF_TEXT, "version", "retired_at")
    actions = ("retire",)

    def deeds_of(self, request: HttpRequest, row: Brief) -> Sequence[Deed]:
        """Retiring, once."""
        return [] if row.retired_at else [Deed("retire", "Stop drawing it")]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Name and place are fixed; versions and retiring are deeds."""
        return ("version", "retired_at", *(("pool", "slug") if obj else ()))

    def save_model(self, request: HttpRequest, obj: Brief, form: ModelForm, change: bool) -> None:
        """Author the brief: the same text changes nothing, another one becomes a new version."""
        text: Any = {name: form.cleaned_data[name] for name in BRIEF_TEXT}
        obj.pk = author_brief(pool=obj.pool, slug=obj.slug, by=person_of(request), **text).pk

    @admin.action(description=gettext_lazy("Stop drawing the chosen briefs"), permissions=["change"])
    def retire(self, request: HttpRequest, queryset: QuerySet[Brief]) -> None:
        """Retire; tries that have them keep them."""
        each_or_say_why(self, request, queryset, lambda row: retire_brief(brief=row, by=person_of(request)))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: retire it."""
        return False


@admin.register(ReviewerPool)
class ReviewerPoolAdmin(DeedsAdmin, HistoryAdmin):
    """Graders who read certain practicals; a practical without a pool is read by all."""

    shows_uses = True

    list_display = ("title", "slug", "size")
    search_fields = ("title", "slug")
    autocomplete_fields = ("members",)

    @admin.display(description=gettext_lazy("members"), ordering="size")
    def size(self, pool: ReviewerPool) -> int:
        """How many graders belong to it."""
        return pool.size  # type: ignore[attr-defined]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewerPool]:
        """With how many belong to each."""
        return super().get_queryset(request).annotate(size=Count("members"))


@admin.register(Practical)
class PracticalAdmin(WithdrawingAdmin, HistoryAdmin):
    """Practicals with their limits. Publishing and withdrawing are deeds."""

    list_display = ("title", "kind", "state", "exam", "rubric_version", "max_attempts", "review_days")
    list_select_related = ("exam", "rubric_version__rubric")
    list_filter = ("state", "kind", "rubric_version__rubric")
    search_fields = ("title", "slug")
    form = PracticalForm
    readonly_fields = ("state",)
    actions = ("publish", "withdraw")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Of all lessons, only calls can be heard for a practical."""
        if db_field.name == "calls":
            kwargs["queryset"] = Lesson.objects.filter(kind=LessonKind.CALL).select_related("course")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def deeds_of(self, request: HttpRequest, row: Practical) -> Sequence[Deed]:
        """The step that its state has."""
        if row.state == ContentState.PUBLISHED:
            return [self.withdraw_deed(row, "Withdraw: no new try opens")]
        return [Deed("publish", "Publish: open to who passed its exam")]

    def ways_of(self, request: HttpRequest, row: Practical) -> Sequence[Way]:
        """To its preview."""
        return [preview_way(row), *self.withdraw_ways(row)]

    @admin.action(description=gettext_lazy("Publish the chosen practicals"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Practical]) -> None:
        """Open them to everyone who passed their exam."""
        self._move(request, queryset, ContentState.PUBLISHED)

    def withdraw_row(self, row: Practical, request: HttpRequest) -> Practical:
        """Let no new try open; tries that are open go on."""
        return move_practical(practical=row, to=ContentState.WITHDRAWN, by=person_of(request))

    def _move(self, request: HttpRequest, queryset: QuerySet[Practical], to: ContentState) -> None:
        rows = queryset.exclude(state=to)
        each_or_say_why(self, request, rows, lambda row: move_practical(practical=row, to=to, by=person_of(request)))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: withdraw it."""
        return False


class VersionInline(ReadOnlyInline):
    """What was handed in."""

    model = SubmissionVersion
    fields = ("number", "handed_in_at", "receipt", "contents", "shown")
    readonly_fields = fields

    @admin.display(description=gettext_lazy("contents"))
    def contents(self, version: SubmissionVersion) -> str:
        """How much of what."""
        return contents_of(version)

    @admin.display(description=gettext_lazy("recordings"))
    def shown(self, version: SubmissionVersion) -> str:
        """The recordings that it was handed in with, in their order."""
        return ", ".join(map(str, version.recordings.all())) or "–"

    def get_queryset(self, request: HttpRequest) -> QuerySet[SubmissionVersion]:
        """With their recordings and files, in two queries more."""
        ordered = Prefetch("recordings", Recording.objects.order_by("place"))
        return super().get_queryset(request).prefetch_related(ordered, "files")


class DecisionInline(ReadOnlyInline):
    """Outcomes."""

    model = Decision
    fields = ("decided_at", "total", "maximum", "pass_points", "passed", "reason")
    readonly_fields = fields


class EventInline(ReadOnlyInline):
    """What happened to it."""

    model = SubmissionEvent
    fields = ("happened_at", "old", "new", "by", "reason")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[SubmissionEvent]:
        """With who did it, in the same query."""
        return super().get_queryset(request).select_related("by")


class PromiseFilter(admin.SimpleListFilter):
    """By whether the answer came by its promised date."""

    title = gettext_lazy("promised date")
    parameter_name = "promise"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, Any]]:
        """Of decided work that had one."""
        return [("kept", _("kept")), ("broken", _("not kept")), ("any", _("kept or not"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Submission]) -> QuerySet[Submission]:
        """Compared with when it was decided."""
        rows = queryset.filter(promised_at__isnull=False, decided_at__isnull=False)
        wanted = {"kept": Q(decided_at__lte=F("promised_at")), "broken": Q(decided_at__gt=F("promised_at")), "any": Q()}
        return rows.filter(wanted[self.value() or ""]) if self.value() in wanted else queryset


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin):
    """Tries of learners: shown, searched, and given back with a reason."""

    list_display = ("practical", "learner", "number", "state", "submitted_at", "promised_at", "decided_at")
    list_select_related = ("practical", "learner")
    list_filter = ("state", "practical", PromiseFilter, "submitted_at")
    search_fields = ("learner__email", "learner__name", "receipt", "practical__title")
    date_hierarchy = "submitted_at"
    inlines = (VersionInline, DecisionInline, EventInline)
    change_form_template = "admin/assessments/submission/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        """The administration's own routes and the one for giving back."""
        own = path(
            "<uuid:submission_id>/return/",
            self.admin_site.admin_view(self.return_view),
            name="assessments_submission_return",
        )
        return [own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the way to give it back, where that is open to this person."""
        submission = self.get_object(request, object_id)
        may = request.user.has_perm("assessments.change_submission")
        is_open = submission is not None and may and why_not_return(submission, database_now()) is None
        more = {"may_return": is_open, "gold_receipt": self._gold_receipt(request, submission)}
        more["ruling_about"] = self._ruling_about(request, submission)
        return super().change_view(request, object_id, form_url, (extra_context or {}) | more)

    def _gold_receipt(self, request: HttpRequest, submission: Submission | None) -> str:
        """The receipt of decided work, for those who make gold."""
        if submission is None or submission.state != SubmissionState.DECIDED:
            return ""
        return submission.receipt if request.user.has_perm("assessments.add_goldwork") else ""

    def _ruling_about(self, request: HttpRequest, submission: Submission | None) -> str:
        """What a ruling's form begins with, for decided work with a recording that is kept, and those who write rulings."""
        if submission is None or not request.user.has_perm("assessments.add_ruling"):
            return ""
        kept = submission.recordings.main().filter(state=RecordingState.READY).exclude(stored__in=GONE_STATES)
        recording = kept.order_by("place", "-created_at").first()
        if recording is None or submission.state != SubmissionState.DECIDED:
            return ""
        return urlencode({"rubric": submission.rubric_version.rubric_id, "recording": recording.pk})

    @needs("assessments.change_submission")
    def return_view(self, request: HttpRequest, submission_id: Any) -> HttpResponse:
        """Ask for the reason, then give the submission back to its learner."""
        submission = get_object_or_404(Submission.objects.select_related("practical"), pk=submission_id)
        form = ReasonForm(request.POST or None)
        if form.is_valid():
            with told_on(form):
                return_submission(submission=submission, reason=form.cleaned_data["reason"], by=person_of(request))
                messages.success(request, _("Given back to the learner, who may replace it and hand in again."))
                return redirect(reverse("admin:assessments_submission_change", args=[submission.pk]))
        context = {"form": form, "submission": submission, **self.admin_site.each_context(request)}
        return render(request, "admin/assessments/submission/return.html", context)
