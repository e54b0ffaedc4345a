"""Corrections of questions in the administration: asked for, read, applied; and the passes that wait for a decision."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.actions.regrades import apply_regrade, decide_pass, drop_regrade, propose_regrade
from assessments.forms.regrades import CorrectionForm, PassForm
from assessments.models import QuestionVersion, Regrade, RegradeChange, RegradeState
from assessments.rules.exams import percent_of
from assessments.rules.regrades import lines_with, unmatched_answers
from courses.admin.readonly import ReadOnlyAdmin
from courses.lib.people import person_of
from courses.lib.policy import needs
from courses.lib.telling import do_or_say_why, told_on

GAIN = Q(changes__score_after__gt=F("changes__score_before"))
PASS = Q(changes__passed_before=False, changes__passed_after=True)
LOSS = Q(changes__passed_before=True, changes__passed_after=False)


PEOPLE_SHOWN = 200
"""So many stand on the page of a correction, lost passes first; all of them in their own list."""


@dataclass(frozen=True, slots=True)
class PersonChanged:
    """One person of a correction: the way to the row, whole percent rounded as everywhere, and the result in words."""

    change: RegradeChange
    before: Decimal
    after: Decimal
    result: str


def in_percent(change: RegradeChange) -> PersonChanged:
    """What a correction changes for one person, as shares of the exam's marks. `change` with its attempt."""
    before = percent_of(change.score_before, change.maximum_before)
    after = percent_of(change.score_after, change.maximum_after)
    return PersonChanged(change, before, after, result_in_words(change))


def result_in_words(change: RegradeChange) -> str:
    """Passed or not, before and after."""
    words = {True: "passed", False: "not passed"}
    if change.passed_before == change.passed_after:
        return f"{words[change.passed_after]}, as before"
    return f"{words[change.passed_before]} → {words[change.passed_after]}"


@admin.register(Regrade)
class RegradeAdmin(ReadOnlyAdmin):
    """Corrections, each with whom it changes. They begin on a question's page."""

    change_form_template = "admin/assessments/regrade/change_form.html"
    list_display = ("question", "effect", "state", "attempts", "now_pass", "lose_pass", "reason", "made_by", "made_at")
    list_filter = ("state", "effect", "version__question__bank")
    search_fields = ("version__question__external_id", "version__question__title", "reason")
    fields = readonly_fields = (
        "question", "asked", "effect", "lines", "reason", "state", "figures", "made_by", "made_at", "applied_by", "applied_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Regrade]:
        """With its question, its people and how many it changes in which way."""
        rows = super().get_queryset(request).select_related("version__question__bank", "made_by", "applied_by")
        return rows.annotate(
            changed=Count("changes"),
            gained=Count("changes", filter=GAIN),
            passing=Count("changes", filter=PASS),
            losing=Count("changes", filter=LOSS),
        )

    @admin.display(description=gettext_lazy("question"))
    def question(self, regrade: Regrade) -> str:
        """Which question, and which of its wordings."""
        return f"{regrade.version.question} (version {regrade.version.number})"

    @admin.display(description=gettext_lazy("what was asked"))
    def asked(self, regrade: Regrade) -> str:
        """The wording."""
        return regrade.version.text

    @admin.display(description=gettext_lazy("attempts"), ordering="changed")
    def attempts(self, regrade: Any) -> int:
        """How many attempts get another mark."""
        return regrade.changed

    @admin.display(description=gettext_lazy("pass now"), ordering="passing")
    def now_pass(self, regrade: Any) -> int:
        """How many pass that didn't."""
        return regrade.passing

    @admin.display(description=gettext_lazy("lose a pass"), ordering="losing")
    def lose_pass(self, regrade: Any) -> int:
        """How many passes are at stake."""
        return regrade.losing

    @admin.display(description=gettext_lazy("what it changes"))
    def figures(self, regrade: Any) -> SafeString:
        """The counts in a sentence, and the way to everybody."""
        if regrade.state == RegradeState.COUNTING:
            return format_html("{}", "It is being counted. Load this page again in a moment.")
        sentence = (
            f"Attempts that get another mark: {regrade.changed}, a higher one: {regrade.gained}. New passes: {regrade.passing}. "
            f"Passes at stake, each waits for a decision: {regrade.losing}."
        )
        address = f"{reverse('admin:assessments_regradechange_changelist')}?regrade__id__exact={regrade.pk}"
        return format_html('{} <a href="{}">See everybody</a>', sentence, address)

    def get_urls(self) -> list[URLPattern]:
        """With asking for a correction, applying and dropping it."""
        deeds = [
            path("ask/<int:version_id>/", self.ask_view, name="assessments_regrade_ask"),
            path("<int:regrade_id>/apply/", self.apply_view, name="assessments_regrade_apply"),
            path("<int:regrade_id>/drop/", self.drop_view, name="assessments_regrade_drop"),
        ]
        return deeds + super().get_urls()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the deeds that are open now."""
        regrade: Any = self.get_object(request, object_id)
        may = request.user.has_perm("assessments.add_regrade")
        rows = regrade.changes.select_related("attempt__learner", "attempt__exam") if regrade else []
        deeds = {
            "people": [in_percent(one) for one in rows[:PEOPLE_SHOWN]],
            "people_shown": PEOPLE_SHOWN,
            "may_apply": may and regrade and regrade.state == RegradeState.COUNTED,
            "may_drop": may and regrade and regrade.state in (RegradeState.COUNTING, RegradeState.COUNTED),
        }
        return super().change_view(request, object_id, form_url, (extra_context or {}) | deeds)

    @needs("assessments.add_regrade")
    def ask_view(self, request: HttpRequest, version_id: int) -> HttpResponse:
        """Say what is wrong with a question; nothing changes before the count was read."""
        versions = QuestionVersion.objects.select_related("question__bank", "answer_key__correction")
        version = get_object_or_404(versions.prefetch_related("options"), pk=version_id)
        unmatched = unmatched_answers(version) if not version.options.all() else []
        accepted = request.GET.getlist("accept")
        form = CorrectionForm(request.POST or None, initial={"lines": lines_with(version, accepted)}, version=version)
        if form.is_valid():
            with told_on(form):
                regrade = propose_regrade(version=version, by=person_of(request), **form.asked())
                return redirect(reverse("admin:assessments_regrade_change", args=[regrade.pk]))
        context = {"version": version, "form": form, "unmatched": unmatched, "accepted": accepted}
        return render(request, "admin/assessments/regrade/ask.html", context | self.admin_site.each_context(request))

    @needs("assessments.add_regrade")
    def apply_view(self, request: HttpRequest, regrade_id: int) -> HttpResponse:
        """Apply what was counted."""
        return self._deed(
            request, regrade_id, apply_regrade, "It is being applied. Those whose result changes are told."
        )

    @needs("assessments.add_regrade")
    def drop_view(self, request: HttpRequest, regrade_id: int) -> HttpResponse:
        """Leave everything as it is."""
        return self._deed(request, regrade_id, drop_regrade, "Nothing was changed.")

    def _deed(self, request: HttpRequest, regrade_id: int, deed: Any, words: str) -> HttpResponse:
        regrade = get_object_or_404(Regrade, pk=regrade_id)
        if request.method == "POST":
            do_or_say_why(request, lambda: deed(regrade=regrade, by=person_of(request)), words)
        return redirect(reverse("admin:assessments_regrade_change", args=[regrade_id]))


@admin.register(RegradeChange)
class RegradeChangeAdmin(ReadOnlyAdmin):
    """Whom a correction changes, and the passes that wait for a decision."""

    change_form_template = "admin/assessments/regradechange/change_form.html"
    list_display = ("learner", "exam", "mark", "score", "result", "outcome", "decided_by", "regrade")
    list_select_related = ("attempt__learner", "attempt__exam", "regrade__version__question", "decided_by")
    list_filter = ("outcome", "passed_after", "regrade__state")
    search_fields = ("attempt__learner__email", "attempt__learner__name", "attempt__exam__title")
    show_full_result_count = False
    fields = readonly_fields = (
        "learner", "exam", "regrade", "mark", "score", "result", "outcome", "decided_by", "decided_at", "reason",
    )  # fmt: skip

    @admin.display(ordering="attempt__learner__name")
    def learner(self, change: RegradeChange) -> str:
        """Whose attempt it is."""
        return str(change.attempt.learner)

    @admin.display(ordering="attempt__exam__title")
    def exam(self, change: RegradeChange) -> str:
        """Which try at which exam."""
        return f"{change.attempt.exam}, try {change.attempt.number}"

    @admin.display(description=gettext_lazy("mark of the question"))
    def mark(self, change: RegradeChange) -> str:
        """Before and after; a dash where the question doesn't count."""
        return f"{_plain(change.mark_before)} → {_plain(change.mark_after)}"

    @admin.display(ordering="score_after")
    def score(self, change: RegradeChange) -> str:
        """The whole attempt, before and after."""
        before = f"{_plain(change.score_before)} of {_plain(change.maximum_before)}"
        return f"{before} → {_plain(change.score_after)} of {_plain(change.maximum_after)}"

    @admin.display(ordering="passed_after")
    def result(self, change: RegradeChange) -> str:
        """Passed or not, before and after."""
        return result_in_words(change)

    def get_urls(self) -> list[URLPattern]:
        """With the decision."""
        deed = path("<int:change_id>/decide/", self.decide_view, name="assessments_regradechange_decide")
        return [deed, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the decision where one is open."""
        change: Any = self.get_object(request, object_id)
        may = change and change.outcome == "open" and request.user.has_perm("assessments.decide_result")
        return super().change_view(request, object_id, form_url, (extra_context or {}) | {"may_decide": may})

    @needs("assessments.decide_result")
    def decide_view(self, request: HttpRequest, change_id: int) -> HttpResponse:
        """Let a pass stand or withdraw it, with a reason."""
        rows = RegradeChange.objects.select_related("attempt__learner", "attempt__exam", "regrade")
        change = get_object_or_404(rows, pk=change_id)
        form = PassForm(request.POST or None)
        if form.is_valid():
            with told_on(form):
                decide_pass(change=change, by=person_of(request), **form.cleaned_data)
                messages.success(request, _("The decision is kept with your name."))
                return redirect(reverse("admin:assessments_regradechange_change", args=[change_id]))
        context = {"change": change, "form": form} | self.admin_site.each_context(request)
        return render(request, "admin/assessments/regradechange/decide.html", context)


def _plain(number: Any) -> str:
    return "–" if number is None else f"{number.normalize():f}"
