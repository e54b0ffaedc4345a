"""Attempts in the administration: read, never edited; voided and given time with a reason."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse

from assessments.actions.attempts import adjust_time, void_attempt
from assessments.forms import TimeForm, VoidForm
from assessments.models import Attempt, AttemptEvent, AttemptItem, AttemptState, ScoringRun, TimeAdjustment
from assessments.models.attempts import LIVE
from courses.admin.readonly import ReadOnlyAdmin, ReadOnlyInline
from courses.lib.people import person_of
from courses.lib.policy import needs


class AttemptItemInline(ReadOnlyInline):
    """What was drawn and how it stands; never what it asks or what is right."""

    model = AttemptItem
    fields = readonly_fields = ("position", "question", "version", "answered", "saves", "voided")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AttemptItem]:
        """With question, version, current answer and the count of saves."""
        items = super().get_queryset(request).select_related("question", "version", "current_event")
        return items.annotate(counted=Count("events")).order_by("position")

    @admin.display(boolean=True)
    def answered(self, item: AttemptItem) -> bool:
        """Whether something is answered now."""
        return item.current_event is not None and item.current_event.answered

    @admin.display
    def saves(self, item: Any) -> int:
        """How many saves came, whatever became of them."""
        return item.counted


class ScoringRunInline(ReadOnlyInline):
    """Every scoring, the last one counts."""

    model = ScoringRun
    fields = readonly_fields = ("made_at", "score", "max_score", "passed", "reason")


class TimeAdjustmentInline(ReadOnlyInline):
    """Every move of the deadline."""

    model = TimeAdjustment
    fields = readonly_fields = ("made_at", "seconds", "reason", "made_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[TimeAdjustment]:
        """With who made it."""
        return super().get_queryset(request).select_related("made_by")


class AttemptEventInline(ReadOnlyInline):
    """What else happened."""

    model = AttemptEvent
    fields = readonly_fields = ("happened_at", "kind", "actor", "reason", "details")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AttemptEvent]:
        """With the actor."""
        return super().get_queryset(request).select_related("actor")


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    """Sittings by learner and exam."""

    change_form_template = "admin/assessments/attempt/change_form.html"
    list_display = ("learner", "exam", "number", "state", "started_at", "closed_at", "close_reason", "score", "passed")
    list_select_related = ("learner", "exam", "current_run")
    list_filter = ("state", "exam", "close_reason", "current_run__passed", "started_at")
    search_fields = ("learner__email", "learner__name", "exam__title", "answers_hash__startswith")
    search_help_text = "Person, exam, or the receipt without its dash."
    show_full_result_count = False
    exclude = ("seed", "writer_client", "submission_id", "answers_hash", "current_run")
    readonly_fields = ("receipt",)
    inlines = (AttemptItemInline, ScoringRunInline, TimeAdjustmentInline, AttemptEventInline)

    @admin.display(ordering="current_run__score")
    def score(self, attempt: Attempt) -> str:
        """Points of the run that counts."""
        return str(attempt.current_run or "–")

    @admin.display(boolean=True, ordering="current_run__passed")
    def passed(self, attempt: Attempt) -> bool | None:
        """Whether it reached the pass mark."""
        return attempt.current_run.passed if attempt.current_run else None

    @admin.display
    def receipt(self, attempt: Attempt) -> str:
        """What the learner holds."""
        return attempt.receipt or "–"

    def get_urls(self) -> list[URLPattern]:
        """With the two deeds, each a page that asks for the reason."""
        deeds = [
            path("<uuid:attempt_id>/void/", self.void_view, name="assessments_attempt_void"),
            path("<uuid:attempt_id>/time/", self.time_view, name="assessments_attempt_time"),
        ]
        return deeds + super().get_urls()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the deeds that are open to this person now."""
        attempt: Any = self.get_object(request, object_id)
        deeds = {
            "may_void": attempt
            and attempt.state != AttemptState.VOID
            and request.user.has_perm("assessments.void_attempt"),
            "may_move_time": attempt
            and attempt.state in LIVE
            and request.user.has_perm("assessments.add_timeadjustment"),
        }
        return super().change_view(request, object_id, form_url, (extra_context or {}) | deeds)

    @needs("assessments.void_attempt")
    def void_view(self, request: HttpRequest, attempt_id: Any) -> HttpResponse:
        """Ask for cause and reason, then take the attempt out of the count."""
        attempt = get_object_or_404(Attempt.objects.select_related("exam", "learner"), pk=attempt_id)
        form = VoidForm(request.POST or None)
        if form.is_valid():
            void_attempt(attempt=attempt, by=person_of(request), **form.cleaned_data)
            messages.success(request, "The attempt doesn't count any more.")
            return redirect(reverse("admin:assessments_attempt_change", args=[attempt.pk]))
        words = "It stays on record with every answer, but counts neither as a pass nor as a try."
        return self._ask(request, attempt, form, "Take out of the count", words)

    @needs("assessments.add_timeadjustment")
    def time_view(self, request: HttpRequest, attempt_id: Any) -> HttpResponse:
        """Ask for minutes and reason, then move the deadline of a running attempt."""
        attempt = get_object_or_404(Attempt.objects.select_related("exam", "learner"), pk=attempt_id)
        form = TimeForm(request.POST or None)
        if form.is_valid():
            seconds, reason = form.cleaned_data["minutes"] * 60, form.cleaned_data["reason"]
            moved = adjust_time(attempt=attempt, seconds=seconds, reason=reason, by=person_of(request))
            messages.success(request, f"The attempt now ends at {moved.deadline_at:%H:%M} UTC.")
            return redirect(reverse("admin:assessments_attempt_change", args=[attempt.pk]))
        return self._ask(request, attempt, form, "Move the deadline", "The learner sees it within twenty seconds.")

    def _ask(self, request: HttpRequest, attempt: Attempt, form: Any, deed: str, words: str) -> HttpResponse:
        context = {"form": form, "attempt": attempt, "deed": deed, "words": words}
        context |= self.admin_site.each_context(request)
        return render(request, "admin/assessments/attempt/deed.html", context)
