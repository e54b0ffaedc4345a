"""What belongs to a recording that is made in the browser: that everybody agreed, and where its parts begin."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy


class RecordingConsent(models.Model):
    """That everybody in a recording agreed to it, written down before its first byte: append-only.

    Personal data: who said so, the names of the others, and when.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey("assessments.Submission", models.PROTECT, related_name="recording_consents")
    place = models.PositiveSmallIntegerField(default=1)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    others = models.CharField(
        max_length=200, blank=True, help_text=gettext_lazy("Who else agreed; empty where nobody else is in it.")
    )
    wording = models.TextField(help_text=gettext_lazy("What was agreed to, as it was shown."))
    given_at = models.DateTimeField()

    class Meta:
        ordering = ["-given_at"]
        constraints = [models.CheckConstraint(condition=~Q(wording=""), name="recordingconsent_has_its_wording")]

    def __str__(self) -> str:
        return f"{self.submission}: {self.others or 'alone'}"


class PartMark(models.Model):
    """The moment at which a part of the session begins, marked while it was recorded: append-only. No personal data."""

    recording = models.ForeignKey("assessments.Recording", models.PROTECT, related_name="part_marks")
    name = models.CharField(max_length=200)
    at_ms = models.PositiveIntegerField(help_text=gettext_lazy("Milliseconds from the start of the recording."))
    marked_at = models.DateTimeField()

    class Meta:
        ordering = ["recording", "at_ms", "pk"]
        constraints = [models.UniqueConstraint(fields=["recording", "name"], name="partmark_once_per_part")]

    def __str__(self) -> str:
        return f"{self.name} at {self.at_ms} ms"
