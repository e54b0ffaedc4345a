"""Recordings in the administration: what came, what the checks said, and the two deeds of staff."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from assessments.actions.enrichments import enrich_again
from assessments.actions.recordings import check_again, forgive_recording
from assessments.admin.retention_deeds import RetentionDeedsAdmin
from assessments.models import Enrichment, Recording, RecordingEvent, RecordingState, SubmissionState, Upload
from assessments.rules.enrichments import reason_of, why_not_enrich_again
from assessments.rules.recordings import rejection_of, why_not_check_again
from assessments.rules.retention import sentence_gone
from courses.admin.deeds import Deed, Way
from courses.admin.readonly import ReadOnlyAdmin, ReadOnlyInline, each_or_say_why
from courses.lib.people import person_of


class RecordingEventInline(ReadOnlyInline):
    """Every step, by whom."""

    model = RecordingEvent
    fields = ("happened_at", "old", "new", "code", "by")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[RecordingEvent]:
        """With the people, in the same query."""
        return super().get_queryset(request).select_related("by")


class EnrichmentInline(ReadOnlyInline):
    """Further work on the recording, and why some of it wasn't done."""

    model = Enrichment
    fields = ("kind", "state", "why", "tries", "state_since")
    readonly_fields = fields

    @admin.display(description=gettext_lazy("why"))
    def why(self, row: Enrichment) -> str:
        """The reason in a sentence."""
        return reason_of(row) or "–"


class NamedValuesFilter(admin.AllValuesFieldListFilter):
    """The values that there are; an empty one would be a link without words."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Those that have a name."""
        return (one for one in super().choices(changelist) if one["display"])


@admin.register(Recording)
class RecordingAdmin(RetentionDeedsAdmin, ReadOnlyAdmin):
    """Media of submissions. Their state moves by checks; staff may ask for them again."""

    list_display = (
        "called",
        "learner",
        "practical",
        "state",
        "stored",
        "rejection_code",
        "length",
        "weight",
        "counts",
        "created_at",
    )
    list_select_related = ("submission__practical", "submission__learner")
    list_filter = (
        "state",
        "stored",
        ("rejection_code", NamedValuesFilter),
        "counts",
        ("same_file_as", admin.EmptyFieldListFilter),
        "submission__practical",
        "created_at",
    )
    search_fields = ("id", "original_name", "sha256", "submission__learner__email", "submission__learner__name")
    date_hierarchy = "created_at"
    readonly_fields = ("learner", "reason", "parts", "watch", "stored", "deleted")
    exclude = ("play_path", "poster_path")
    inlines = (EnrichmentInline, RecordingEventInline)
    actions = ("run_checks_again", "look_further_again", "do_not_count", *RetentionDeedsAdmin.actions)

    def deeds_of(self, request: HttpRequest, row: Recording) -> Sequence[Deed]:
        """Checking once more, looking further once more, and giving the upload back."""
        refusal = why_not_enrich_again(row, row.enrichments.all())
        deeds = [
            Deed("run_checks_again", "Run the checks again", why_not_check_again(row)),
            Deed("look_further_again", "Find voice, slides and transcript again", refusal),
        ]
        give_back = [Deed("do_not_count", "Don't count it as an upload")] if row.counts else []
        return [*deeds, *give_back, *self.retention_deeds_of(row)]

    def ways_of(self, request: HttpRequest, row: Recording) -> Sequence[Way]:
        """To a ruling that shows a stretch of it, once its work is decided."""
        if row.submission.state != SubmissionState.DECIDED or row.is_gone or row.main_id is not None:
            return []
        asked = urlencode({"rubric": row.submission.rubric_version.rubric_id, "recording": row.pk})
        link = f"{reverse('admin:assessments_ruling_add')}?{asked}"
        return [Way("Write a ruling about a stretch of it", link, "assessments.add_ruling")]

    @admin.display(description=gettext_lazy("deleted"))
    def deleted(self, recording: Recording) -> str:
        """When and why, where it is."""
        return sentence_gone(recording) if recording.is_gone else "–"

    @admin.display(ordering="submission__learner__name")
    def learner(self, recording: Recording) -> str:
        """Whose it is."""
        return str(recording.submission.learner)

    @admin.display(ordering="submission__practical__title")
    def practical(self, recording: Recording) -> str:
        """What it was made for."""
        return str(recording.submission.practical)

    @admin.display(description=gettext_lazy("recording"), ordering="original_name")
    def called(self, recording: Recording) -> str:
        """The name of its file; what was recorded in the browser has none."""
        return str(recording.original_name or "recorded in the browser")

    @admin.display(description=gettext_lazy("size"), ordering="size")
    def weight(self, recording: Recording) -> str:
        """Its size as people count it."""
        return filesizeformat(recording.size) if recording.size else "–"

    @admin.display(ordering="duration_ms")
    def length(self, recording: Recording) -> str:
        """Minutes and seconds."""
        seconds = (recording.duration_ms or 0) // 1000
        return f"{seconds // 60}:{seconds % 60:02}" if seconds else "–"

    @admin.display(description=gettext_lazy("what the learner reads"))
    def reason(self, recording: Recording) -> str:
        """Sentence and advice of a rejection."""
        rejection = rejection_of(recording)
        return f"{rejection.sentence} {rejection.advice}" if rejection else "–"

    @admin.display(description=gettext_lazy("parts of the session"))
    def parts(self, recording: Recording) -> str:
        """Where each part begins, as it was marked while it was recorded."""
        seconds = [(mark.name, mark.at_ms // 1000) for mark in recording.part_marks.all()]
        return ", ".join(f"{name} {at // 60}:{at % 60:02}" for name, at in seconds) or "–"

    @admin.display(description=gettext_lazy("file"))
    def watch(self, recording: Recording) -> str:
        """The way to the bytes; opening them is written down."""
        if recording.state != RecordingState.READY or recording.is_gone:
            return "–"
        address = reverse("assessments:recording-media", args=[recording.pk])
        return format_html('<a href="{}" target="_blank" rel="noopener">Watch</a>', address)

    def has_check_permission(self, request: HttpRequest) -> bool:
        """Who may move a recording, though nobody edits it."""
        return request.user.has_perm("assessments.change_recording")

    @admin.action(description=gettext_lazy("Run the checks again"), permissions=["check"])
    def run_checks_again(self, request: HttpRequest, queryset: QuerySet[Recording]) -> None:
        """Put rejected and failed recordings through their checks again; says which could not."""
        each_or_say_why(self, request, queryset, lambda row: check_again(recording=row, by=person_of(request)))

    @admin.action(description=gettext_lazy("Find voice, slides and transcript again"), permissions=["check"])
    def look_further_again(self, request: HttpRequest, queryset: QuerySet[Recording]) -> None:
        """Queue the work beside ready recordings once more; says for which it can't be."""
        each_or_say_why(self, request, queryset, lambda row: enrich_again(recording=row, by=person_of(request)))

    @admin.action(description=gettext_lazy("Don't count them as uploads"), permissions=["check"])
    def do_not_count(self, request: HttpRequest, queryset: QuerySet[Recording]) -> None:
        """Let the learners send one more file for each."""
        each_or_say_why(self, request, queryset, lambda row: forgive_recording(recording=row, by=person_of(request)))


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    """Uploads on their way, to see who is stuck where."""

    list_display = ("id", "owner", "kind", "state", "offset", "length", "created_at", "expires_at")
    list_select_related = ("owner",)
    list_filter = ("state", "kind", "created_at")
    search_fields = ("id", "owner__email", "owner__name")
