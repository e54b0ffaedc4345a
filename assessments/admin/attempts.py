"""Attempts in the administration: read, never edited; every deed asks for its reason."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse

from assessments.actions.interventions import compensate_outage, schedule_attempt
from assessments.admin.attempt_deeds import DEEDS, Deed, open_deeds
from assessments.forms.attempt_deeds import OutageForm, ScheduleForm
from assessments.models import Attempt, AttemptEvent, AttemptItem, ScoringRun, TimeAdjustment
from assessments.models.interventions import PRIVATE
from assessments.rules.interventions import outage_preview, why_not_compensate
from courses.admin.readonly import ReadOnlyAdmin, ReadOnlyInline
from courses.lib.clock import database_now
from courses.lib.people import person_of
from courses.lib.policy import needs
from courses.lib.refusals import refuse_if
from courses.lib.telling import told_on

PLANNED = "The sitting is planned. The person is told, and starts it on the exam's page."


class AttemptItemInline(ReadOnlyInline):
    """What was drawn and how it stands; never what it asks or what is right."""

    model = AttemptItem
    fields = readonly_fields = ("position", "question", "version", "answered", "saves", "voided")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AttemptItem]:
        """With question, version, current answer and the count of saves."""
        items = super().get_queryset(request).select_related("question", "version__question", "current_event")
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
    """Every move of the deadline; what tells of an accommodation only to those who see these."""

    model = TimeAdjustment
    fields = readonly_fields = ("made_at", "kind", "seconds", "reason", "made_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[TimeAdjustment]:
        """With who made it."""
        rows = super().get_queryset(request).select_related("made_by")
        sees_all = request.user.has_perm("assessments.view_accommodation")
        return rows if sees_all else rows.exclude(kind__in=PRIVATE)


class AttemptEventInline(ReadOnlyInline):
    """What else happened."""

    model = AttemptEvent
    fields = readonly_fields = ("happened_at", "kind", "actor", "reason", "details")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AttemptEvent]:
        """With the actor; breaks and agreed time only for those who see accommodations."""
        rows = super().get_queryset(request).select_related("actor")
        sees_all = request.user.has_perm("assessments.view_accommodation")
        return rows if sees_all else rows.exclude(kind__in=PRIVATE)


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    """Sittings by learner and exam."""

    change_form_template = "admin/assessments/attempt/change_form.html"
    change_list_template = "admin/assessments/attempt/change_list.html"
    list_display = ("learner", "exam", "number", "state", "started_at", "closed_at", "close_reason", "score", "passed")
    list_select_related = ("learner", "exam", "current_run")
    list_filter = ("state", "exam", "close_reason", "current_run__passed", "started_at")
    search_fields = ("learner__email", "learner__name", "exam__title", "answers_hash__startswith")
    search_help_text = "Person, exam, or the receipt without its dash."
    show_full_result_count = False
    exclude = (
        "seed", "writer_client", "submission_id", "answers_hash", "current_run", "policy_snapshot", "paused_until",
    )  # fmt: skip
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
        """With the deeds, each a page that asks for the reason, and those that aren't about one attempt."""
        deeds = [
            path(
                f"<uuid:attempt_id>/{deed.name}/",
                needs(deed.permission)(partial(self.deed_view, deed=deed)),
                name=f"assessments_attempt_{deed.name}",
            )
            for deed in DEEDS
        ]
        others = [
            path("schedule/", self.schedule_view, name="assessments_attempt_schedule"),
            path("outage/", self.outage_view, name="assessments_attempt_outage"),
        ]
        return deeds + others + super().get_urls()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the deeds that are open to this person now."""
        attempt: Any = self.get_object(request, object_id)
        found = open_deeds(attempt, person_of(request)) if attempt else []
        pairs = [(deed.title, reverse(f"admin:assessments_attempt_{deed.name}", args=[attempt.pk])) for deed in found]
        return super().change_view(request, object_id, form_url, (extra_context or {}) | {"deeds": pairs})

    def deed_view(self, request: HttpRequest, attempt_id: Any, deed: Deed) -> HttpResponse:
        """Ask what the deed needs, do it, and go back to the attempt."""
        attempt = get_object_or_404(Attempt.objects.select_related("exam", "learner"), pk=attempt_id)
        form = deed.form(request.POST if request.method == "POST" else None)
        if form.is_valid():
            with told_on(form):
                messages.success(request, deed.act(attempt, person_of(request), form.cleaned_data))
                return redirect(reverse("admin:assessments_attempt_change", args=[attempt.pk]))
        heading = f"{deed.title}: {attempt.learner}, {attempt}"
        return self._ask(request, form, heading, deed.title, deed.words)

    @needs("assessments.schedule_attempt")
    def schedule_view(self, request: HttpRequest) -> HttpResponse:
        """Plan a sitting for one person."""
        form = ScheduleForm(request.POST or None)
        if form.is_valid():
            with told_on(form):
                planned = schedule_attempt(by=person_of(request), **form.cleaned_data)
                messages.success(request, PLANNED)
                return redirect(reverse("admin:assessments_attempt_change", args=[planned.pk]))
        words = "It asks neither for tries left nor for the pause between them. An accommodation counts as ever."
        return self._ask(request, form, "Plan a sitting", "Plan it", words)

    @needs("assessments.add_timeadjustment")
    def outage_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for the interval, show whom it reaches, then give each of them its length."""
        form = OutageForm(request.POST or None)
        if form.is_valid() and "change" not in request.POST:
            with told_on(form):
                return self._make_good(request, form) if "confirmed" in request.POST else self._preview(request, form)
        words = "Everyone who sat an exam then and still sits it gets its length. You see who before anything happens."
        return self._ask(request, form, "Make an outage good", "Show whom it reaches", words)

    def _make_good(self, request: HttpRequest, form: OutageForm) -> HttpResponse:
        outage = compensate_outage(by=person_of(request), **form.cleaned_data)
        given = sorted(outage.adjustments.values_list("seconds", flat=True))
        span = " to ".join(dict.fromkeys([in_minutes(given[0]), in_minutes(given[-1])]))
        told = f"{len(given)} attempt{'' if len(given) == 1 else 's'} got {span} minutes more."
        messages.success(request, told)
        return redirect(reverse("admin:assessments_attempt_changelist"))

    def _preview(self, request: HttpRequest, form: OutageForm) -> HttpResponse:
        data = form.cleaned_data
        refuse_if(why_not_compensate(**data, now=database_now()))
        preview = outage_preview(data["began_at"], data["ended_at"])
        reached = [(one, in_minutes(seconds)) for one, seconds in preview.reached]
        context = {"form": form, "preview": preview, "reached": reached}
        context |= self.admin_site.each_context(request)
        return render(request, "admin/assessments/attempt/outage.html", context)

    def _ask(self, request: HttpRequest, form: Any, heading: str, deed: str, words: str) -> HttpResponse:
        context = {"form": form, "heading": heading, "deed": deed, "words": words}
        context |= self.admin_site.each_context(request)
        return render(request, "admin/assessments/attempt/deed.html", context)


def in_minutes(seconds: int) -> str:
    """Seconds as "18" or "7:30" minutes."""
    return f"{seconds // 60}:{seconds % 60:02}" if seconds % 60 else f"{seconds // 60}"
