"""What a grader heard of a recording while they held its work."""

from django.conf import settings
from django.db import models


class Listening(models.Model):
    """The stretches of one recording that a grader played at 1.5 times its speed at most: `spans` is [[from, to] in ms].

    Personal data: how a grader works.
    """

    task = models.ForeignKey("assessments.ReviewTask", models.PROTECT, related_name="listenings")
    grader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recording = models.ForeignKey("assessments.Recording", models.PROTECT, related_name="+")
    spans = models.JSONField(default=list)
    noted_at = models.DateTimeField()

    class Meta:
        ordering = ["task", "recording"]
        constraints = [
            models.UniqueConstraint(fields=["task", "grader", "recording"], name="listening_one_per_recording")
        ]

    def __str__(self) -> str:
        return f"heard of {self.recording_id}"
