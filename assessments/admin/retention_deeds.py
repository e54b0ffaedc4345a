"""What staff may do about the keeping of one recording: each deed is a page that asks for its reason, and one line here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.actions.retention import lift_hold, place_hold, withdraw_consent
from assessments.forms.retention import WhyForm
from assessments.models import Recording
from assessments.rules.retention import held_by, why_not_withdraw_consent
from courses.admin.deeds import Deed, DeedsAdmin
from courses.lib.people import Person, person_of
from courses.lib.refusals import Refusal
from courses.lib.telling import told_on


@dataclass(frozen=True, slots=True)
class RetentionDeed:
    """A deed: the right it needs, its title, what it does in words, the deed itself, and the sentence afterwards."""

    permission: str
    title: str
    words: str
    act: Callable[[Recording, str, Person], Any]
    told: str


DEEDS = {
    "place_hold": RetentionDeed(
        "assessments.add_legalhold", "Put this try under legal hold",
        "Nothing of this try is deleted until the hold is lifted: recordings, camera tracks and files.",
        lambda row, reason, by: place_hold(submission=row.submission, reason=reason, by=by),
        "The try is under legal hold. Nothing of it is deleted.",
    ),
    "lift_hold": RetentionDeed(
        "assessments.change_legalhold", "Lift the legal hold",
        "What is past its time is deleted within the hour.",
        lambda row, reason, by: lift_hold(submission=row.submission, reason=reason, by=by),
        "The legal hold is lifted. What is past its time is deleted within the hour.",
    ),
    "withdraw_consent": RetentionDeed(
        "assessments.add_purge", "Delete: consent was taken back",
        "The recording, its camera track and everything made from them are deleted for good. A grader who watches at this "
        "moment ends first. Marks, comments and the result stay.",
        lambda row, reason, by: withdraw_consent(recording=row, reason=reason, by=by),
        "It is deleted within a minute, or when the grader who watches it has ended.",
    ),
}  # fmt: skip


class RetentionDeedsAdmin(DeedsAdmin):
    """Legal hold and deletion at once, on the page of a recording. Each asks for its reason on a page of its own."""

    actions: Sequence[Any] = ("place_hold", "lift_hold", "withdraw_consent")

    def retention_deeds_of(self, row: Recording) -> list[Deed]:
        """Hold or lift, and deletion, with why each isn't open."""
        held = held_by(row.submission_id)
        hold = Deed("lift_hold", "Lift the legal hold…") if held else Deed("place_hold", "Legal hold…")
        refusal = Refusal("legal-hold", _("It is under legal hold.")) if held else why_not_withdraw_consent(row)
        return [hold, Deed("withdraw_consent", "Delete: consent was taken back…", refusal)]

    def get_urls(self) -> list[URLPattern]:
        """With the page that asks for the reason."""
        view = self.admin_site.admin_view(self.reason_view)
        own = path("<uuid:recording_id>/keeping/<slug:name>/", view, name="assessments_recording_keeping")
        return [own, *super().get_urls()]

    def reason_view(self, request: HttpRequest, recording_id: UUID, name: str) -> HttpResponse:
        """Ask for the reason, then do the deed."""
        deed = DEEDS.get(name)
        if deed is None or not request.user.has_perm(deed.permission):
            raise Http404
        recording = get_object_or_404(Recording.objects.select_related("submission__practical"), pk=recording_id)
        form = WhyForm(request.POST or None)
        if form.is_valid():
            with told_on(form):
                deed.act(recording, form.cleaned_data["reason"], person_of(request))
                messages.success(request, deed.told)
                return redirect(self.page_of(recording))
        context = {"form": form, "recording": recording, "deed": deed, **self.admin_site.each_context(request)}
        return render(request, "admin/assessments/recording/keeping.html", context)

    def _ask(self, request: HttpRequest, queryset: QuerySet[Recording], name: str) -> HttpResponse | None:
        rows = list(queryset[:2])
        if len(rows) != 1:
            self.message_user(request, "Choose one: each asks for its reason.", messages.WARNING)
            return None
        return redirect(reverse("admin:assessments_recording_keeping", args=[rows[0].pk, name]))

    def has_hold_permission(self, request: HttpRequest) -> bool:
        """Who may keep what would go."""
        return request.user.has_perm("assessments.add_legalhold")

    def has_lift_permission(self, request: HttpRequest) -> bool:
        """Who may let it go again."""
        return request.user.has_perm("assessments.change_legalhold")

    def has_purge_permission(self, request: HttpRequest) -> bool:
        """Who may delete at once."""
        return request.user.has_perm("assessments.add_purge")

    @admin.action(description=gettext_lazy("Put under legal hold…"), permissions=["hold"])
    def place_hold(self, request: HttpRequest, queryset: QuerySet[Recording]) -> HttpResponse | None:
        """Ask why."""
        return self._ask(request, queryset, "place_hold")

    @admin.action(description=gettext_lazy("Lift the legal hold…"), permissions=["lift"])
    def lift_hold(self, request: HttpRequest, queryset: QuerySet[Recording]) -> HttpResponse | None:
        """Ask why."""
        return self._ask(request, queryset, "lift_hold")

    @admin.action(description=gettext_lazy("Delete: consent was taken back…"), permissions=["purge"])
    def withdraw_consent(self, request: HttpRequest, queryset: QuerySet[Recording]) -> HttpResponse | None:
        """Ask why."""
        return self._ask(request, queryset, "withdraw_consent")
