"""Proposed rules in the administration: upload, see what differs and whom it touches, publish exactly that or discard it."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accreditation.actions.loading import Mistakes, propose_programs
from accreditation.actions.proposals import approve_proposal, ask_for_preview, discard_proposal, publish_proposal
from accreditation.models import Effect, Grandfather, Outcome, Proposal
from accreditation.rules.programs import local_day
from accreditation.rules.proposals import both_rules, difference, why_not_approve, why_not_change, why_not_go_live
from accreditation.rules.reasons import day_in_words
from accreditation.views.who import user_of
from courses.admin.deeds import Deed, DeedsAdmin, Way
from courses.admin.readonly import ReadOnlyAdmin, each_or_say_why
from courses.admin.refusals import RefusedFormAdmin
from courses.lib.cells import csv_file, disarmed
from courses.lib.policy import needs

UPLOAD = "admin/accreditation/proposal/upload.html"
SHOWN = 50
COLUMNS = (
    "name", "address", "organisation", "program", "what changes", "standing now", "until", "standing then", "until then",
    "tier now", "tier then",
)  # fmt: skip


class ProgramFileForm(forms.Form):
    """One program file."""

    file = forms.FileField(
        label=gettext_lazy("Program file (YAML)"),
        help_text=gettext_lazy("It holds programs alone; of them the rules are read."),
    )


class ProposalForm(forms.ModelForm):
    """What a preview is asked for."""

    grandfather = forms.ChoiceField(
        label=gettext_lazy("Who holds it on that day"),
        choices=Grandfather.choices,
        widget=forms.RadioSelect,
        required=True,
    )

    class Meta:
        model = Proposal
        fields = ("goes_live_on", "grandfather")


@admin.register(Proposal)
class ProposalAdmin(RefusedFormAdmin, DeedsAdmin):
    """Rules that are not live yet, and those that went live this way."""

    form = ProposalForm
    change_form_template = "admin/accreditation/proposal/change_form.html"
    list_display = ("version", "state", "goes_live_on", "proposed_by", "proposed_at", "previewed_at", "published_at")
    list_filter = ("state", "program")
    search_fields = ("program__title", "program__slug")
    fields = ("program", "version", "replaces", "state", "goes_live_on", "grandfather", "proposed_by", "previewed_at")
    actions = ("publish", "approve", "discard")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Proposal]:
        """With what the page of a row names."""
        rows = super().get_queryset(request)
        return rows.select_related(
            "program__current_version", "version__program", "replaces__program", "proposed_by", "approved_by"
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Day and choice, while it is proposed; the rest never."""
        fixed = ("program", "version", "replaces", "state", "proposed_by", "previewed_at")
        return fixed if obj is None or why_not_change(obj) is None else (*fixed, "goes_live_on", "grandfather")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What went live or was discarded is only looked at."""
        return super().has_change_permission(request, obj) and (obj is None or why_not_change(obj) is None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The record stays: it is discarded instead."""
        return False

    def deeds_of(self, request: HttpRequest, row: Proposal) -> Sequence[Deed]:
        """Publish and discard."""
        if why_not_change(row):
            return []
        worse = sum(row.counts.get(one, 0) for one in (Outcome.LOSES, Outcome.EARLIER))
        notes = [f"{worse:,} who lose something are told at once."] if worse else []
        refusal = why_not_go_live(row, row.program, local_day(row.program, timezone.now()))
        later = why_not_approve(row, row.program, local_day(row.program, timezone.now()))
        return [
            Deed("publish", "Publish: exactly this list comes true", refusal, notes),
            Deed("approve", "Approve: it goes live by itself on its day", later, notes),
            Deed("discard", "Discard: the rules in force stay"),
        ]

    def ways_of(self, request: HttpRequest, row: Proposal) -> Sequence[Way]:
        """To everybody it touches."""
        people = f"{reverse('admin:accreditation_effect_changelist')}?proposal__id__exact={row.pk}"
        address = reverse("admin:accreditation_proposal_csv", args=[row.pk])
        return [
            Way("Everybody it touches, with search and filters", people, "accreditation.view_effect"),
            Way("The list as CSV", address, "accreditation.view_effect"),
            Way("The program", reverse("admin:accreditation_program_change", args=[row.program_id])),
        ]

    def notes_of(self, request: HttpRequest, row: Proposal) -> Sequence[str]:
        """While the list is made."""
        if row.preview_due_at:
            return ["The list is being made. Reload this page in a minute."]
        if row.approved_by and why_not_change(row) is None:
            return [
                f"Approved by {row.approved_by}: it goes live by itself on {day_in_words(row.goes_live_on)}, if the list holds."
            ]
        return []

    def get_urls(self) -> list[URLPattern]:
        """With the list as a file."""
        view = self.admin_site.admin_view(self.csv_view)
        return [path("<int:pk>/csv/", view, name="accreditation_proposal_csv"), *super().get_urls()]

    @needs("accreditation.view_effect")
    def csv_view(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """Everybody it touches, streamed."""
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        return csv_file(_cells(row), f"{row.program.slug}-{row.version.number}.csv")

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Upload a file; its mistakes are named with their lines and nothing is written then."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ProgramFileForm(request.POST or None, request.FILES or None)
        mistakes: list[str] = []
        if request.method == "POST" and form.is_valid():
            try:
                first = _propose(form.cleaned_data["file"], request)[0]
            except Mistakes as found:
                mistakes = [f"Line {one.line}: {one.message}" for one in found.problems]
            else:
                messages.success(request, _("Proposed, not live. The list of everybody it touches is being made."))
                return redirect("admin:accreditation_proposal_change", first.pk)
        context = self.admin_site.each_context(request)
        context |= {"title": "Propose rules", "form": form, "mistakes": mistakes}
        return render(request, UPLOAD, context, status=422 if mistakes or form.errors else 200)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """With what differs, how many it touches, and the first of them."""
        row = kwargs.get("obj")
        if row is not None:
            context["difference"] = difference(*both_rules(row))
            context["totals"] = [(one.label, row.counts.get(one, 0)) for one in Outcome if one != Outcome.TIER]
            context["totals"].append(("stays as it is", row.counts.get("unchanged", 0)))
            effects = row.effects.select_related("learner__organisation", "program")
            others = row.effects.exclude(program=row.program_id).values_list("program__title")
            context["others"] = others.annotate(people=Count("pk")).order_by("program__title")
            context["tiers"] = row.effects.exclude(tier_before=F("tier_after")).count()
            context |= {"effects": effects[:SHOWN], "may_preview": why_not_change(row) is None}
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Proposal, form: Any, change: bool) -> None:
        """Another day or choice asks for another list."""
        said = form.cleaned_data
        ask_for_preview(
            proposal=obj, goes_live_on=said["goes_live_on"], grandfather=said["grandfather"], by=user_of(request)
        )

    @admin.action(description=gettext_lazy("Publish"), permissions=["change"])
    def publish(self, request: HttpRequest, rows: QuerySet[Proposal]) -> None:
        """Let these rules go live; each that can't says why."""
        each_or_say_why(self, request, rows, lambda row: publish_proposal(proposal=row, by=user_of(request)))

    @admin.action(description=gettext_lazy("Approve for its day"), permissions=["change"])
    def approve(self, request: HttpRequest, rows: QuerySet[Proposal]) -> None:
        """Let these go live by themselves on their day; each that can't says why."""
        each_or_say_why(self, request, rows, lambda row: approve_proposal(proposal=row, by=user_of(request)))

    @admin.action(description=gettext_lazy("Discard"), permissions=["change"])
    def discard(self, request: HttpRequest, rows: QuerySet[Proposal]) -> None:
        """Take these back; each that can't be says why."""
        each_or_say_why(self, request, rows, lambda row: discard_proposal(proposal=row, by=user_of(request)))


def _propose(file: Any, request: HttpRequest) -> list[Proposal]:
    """The reader of program files reads from the disk."""
    with tempfile.TemporaryDirectory() as folder:
        stored = Path(folder) / "program.yaml"
        stored.write_bytes(b"".join(file.chunks()))
        return propose_programs(paths=[stored], by=user_of(request))


def _cells(proposal: Proposal) -> Iterator[list[str]]:
    yield list(COLUMNS)
    for one in proposal.effects.select_related("learner__organisation", "program").iterator():
        person = (one.learner.name, one.learner.email, str(one.learner.organisation or ""), one.program.title)
        now = (one.get_state_before_display(), str(one.until_before or ""))
        then = (one.get_state_after_display(), str(one.until_after or ""))
        tiers = (one.tier_before, one.tier_after)
        yield [disarmed(cell) for cell in (*person, one.get_outcome_display(), *now, *then, *tiers)]


@admin.register(Effect)
class EffectAdmin(ReadOnlyAdmin):
    """Whom proposed rules touch."""

    list_display = (
        "learner", "program", "outcome", "state_before", "until_before", "state_after", "until_after", "tier_before",
        "tier_after", "proposal",
    )  # fmt: skip
    list_filter = ("outcome", "program", "learner__role", "learner__organisation")
    list_select_related = ("learner", "program", "proposal__version__program")
    search_fields = ("learner__name", "learner__email")
