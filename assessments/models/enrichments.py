"""What is found out about a recording beside its checks. It helps who watches and never stands in the way of grading."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from courses.lib.states import Transitions


class EnrichmentKind(models.TextChoices):
    """Voice: where somebody speaks. Slides: where the picture changes, with small pictures. Transcript: captions by a machine.
    Transcode: a second copy to play, for pictures that many browsers can't show."""

    VOICE = "voice", gettext_lazy("voice and silence")
    SLIDES = "slides", gettext_lazy("picture changes")
    TRANSCRIPT = "transcript", gettext_lazy("transcript")
    TRANSCODE = "transcode", gettext_lazy("copy in H.264")


class EnrichmentState(models.TextChoices):
    """Where the work stands. Skipped: it can't be done here, with the reason in `code`. Failed: three tries broke."""

    QUEUED = "queued", gettext_lazy("queued")
    RUNNING = "running", gettext_lazy("running")
    DONE = "done", gettext_lazy("done")
    SKIPPED = "skipped", gettext_lazy("skipped")
    FAILED = "failed", gettext_lazy("failed")


ENRICHMENT_TRANSITIONS: Transitions = {
    EnrichmentState.QUEUED: frozenset({EnrichmentState.RUNNING, EnrichmentState.SKIPPED}),
    EnrichmentState.RUNNING: frozenset({EnrichmentState.DONE, EnrichmentState.QUEUED, EnrichmentState.FAILED}),
    EnrichmentState.DONE: frozenset({EnrichmentState.QUEUED}),
    EnrichmentState.SKIPPED: frozenset({EnrichmentState.QUEUED}),
    EnrichmentState.FAILED: frozenset({EnrichmentState.QUEUED}),
}


class Enrichment(models.Model):
    """One kind of further work on one main recording. `data` is what was found, by kind:

    voice: heard_ms, voiced_ms, longest_talk_ms, silences [[from, to] in ms], gap_ms; slides: marks [ms], step_ms, pictures;
    transcript: words, questions, model; transcode: size in bytes. What was said is kept in files alone, beside the recording.
    No personal data beyond how a person speaks and shows.
    """

    recording = models.ForeignKey("assessments.Recording", models.PROTECT, related_name="enrichments")
    kind = models.CharField(max_length=10, choices=EnrichmentKind)
    state = models.CharField(max_length=8, choices=EnrichmentState, default=EnrichmentState.QUEUED)
    state_since = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    code = models.CharField(
        max_length=40, blank=True, help_text=gettext_lazy("Why it was skipped, failed or is tried again.")
    )
    data = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["recording", "kind"]
        indexes = [
            models.Index(
                fields=["state", "state_since"],
                condition=Q(state__in=(EnrichmentState.QUEUED, EnrichmentState.RUNNING)),
                name="enrichment_to_do",
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["recording", "kind"], name="enrichment_once_per_kind"),
            models.CheckConstraint(
                condition=~Q(state__in=(EnrichmentState.SKIPPED, EnrichmentState.FAILED)) | ~Q(code=""),
                name="enrichment_not_done_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_state_display()}"
