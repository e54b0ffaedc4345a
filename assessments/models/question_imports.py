"""Files of questions on their way into a bank."""

from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from courses.lib.states import Transitions


class ImportState(models.TextChoices):
    """Where an import stands. Refused: nothing of the file can be taken. Failed: our fault, after several tries."""

    UPLOADED = "uploaded", gettext_lazy("uploaded")
    PARSING = "parsing", gettext_lazy("being read")
    PARSED = "parsed", gettext_lazy("read, waits for a decision")
    ACCEPTING = "accepting", gettext_lazy("being written")
    ACCEPTED = "accepted", gettext_lazy("accepted")
    REFUSED = "refused", gettext_lazy("refused")
    FAILED = "failed", gettext_lazy("failed")


IMPORT_TRANSITIONS: Transitions = {
    ImportState.UPLOADED: frozenset({ImportState.PARSING}),
    ImportState.PARSING: frozenset({ImportState.PARSED, ImportState.REFUSED, ImportState.UPLOADED, ImportState.FAILED}),
    ImportState.PARSED: frozenset({ImportState.ACCEPTING}),
    ImportState.ACCEPTING: frozenset({ImportState.ACCEPTED, ImportState.REFUSED, ImportState.FAILED}),
    ImportState.ACCEPTED: frozenset(),
    ImportState.REFUSED: frozenset(),
    ImportState.FAILED: frozenset(),
}


class QuestionImport(models.Model):
    """One file that staff uploaded, what is in it, and what became of it.

    `report` is what `manage.py import_questions --json` prints; `tries` counts readings and writings that were begun. The
    file goes when it was accepted or refused. Personal data: who uploaded and who accepted.
    """

    bank_slug = models.SlugField(
        gettext_lazy("bank"), max_length=80, help_text=gettext_lazy("Its slug. A new bank is made when you accept.")
    )
    file = models.FileField(upload_to="question-imports/", blank=True)
    name = models.CharField(gettext_lazy("file"), max_length=200)
    format = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.UPLOADED)
    state_since = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    report: Any = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_by=None, accepted_at=None)
                | Q(accepted_by__isnull=False, accepted_at__isnull=False),
                name="question_import_acceptance_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["accepting", "accepted"]) | Q(accepted_at__isnull=False),
                name="question_import_accepted_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} into {self.bank_slug}"
