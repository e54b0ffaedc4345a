"""How long bytes are kept: what is to be removed and why, what was removed, and what must not be touched."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from courses.lib.states import Transitions


class StoredState(models.TextChoices):
    """What is left of a recording or file. Archived: the original is gone, the file to play stays."""

    KEPT = "kept", gettext_lazy("kept")
    ARCHIVED = "archived", gettext_lazy("archived")
    PURGING = "purging", gettext_lazy("being deleted")
    PURGED = "purged", gettext_lazy("deleted")


GONE_STATES = (StoredState.PURGING, StoredState.PURGED)
STORED_TRANSITIONS: Transitions = {
    StoredState.KEPT: frozenset({StoredState.ARCHIVED, StoredState.PURGING}),
    StoredState.ARCHIVED: frozenset({StoredState.PURGING}),
    StoredState.PURGING: frozenset({StoredState.PURGED}),
    StoredState.PURGED: frozenset(),
}


class PurgeRule(models.TextChoices):
    """Why bytes are removed; the words go on after "because"."""

    CONSENT = "consent", gettext_lazy("somebody who is heard took back their consent")
    PURGE_DAY = "purge_day", gettext_lazy("the day came that was agreed with the people in it")
    REJECTED = "rejected", gettext_lazy("it could not be used, and the time to look at it again is over")
    UNUSED = "unused", gettext_lazy("it was not handed in")
    ORIGINAL = "original", gettext_lazy("the result is final; the version to play is kept")
    RETENTION = "retention", gettext_lazy("the time for which results keep their recordings is over")


PROMISED_RULES = (PurgeRule.CONSENT, PurgeRule.PURGE_DAY)
"""Promised to people outside: these wait for a reader and a legal hold, never for a queue."""


class Purge(models.Model):
    """One wish to remove the bytes of a recording or of a file, carried out by a sweep.

    `found` lists what was there, as {name, bytes, sha256}; it is written before the first byte goes, so that a purge
    that was killed goes on from it. Personal data: who asked, and their reason.
    """

    recording = models.ForeignKey("assessments.Recording", models.PROTECT, null=True, blank=True, related_name="purges")
    file = models.ForeignKey("assessments.SubmissionFile", models.PROTECT, null=True, blank=True, related_name="purges")
    rule = models.CharField(max_length=10, choices=PurgeRule)
    reason = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField()
    found = models.JSONField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        indexes = [models.Index(fields=["asked_at"], condition=Q(done_at__isnull=True), name="purge_open_by_age")]
        constraints = [
            models.CheckConstraint(
                condition=Q(recording__isnull=False, file__isnull=True) | Q(recording__isnull=True, file__isnull=False),
                name="purge_of_one_thing",
            ),
            models.CheckConstraint(
                condition=~Q(rule=PurgeRule.CONSENT) | (Q(by__isnull=False) & ~Q(reason="")),
                name="purge_for_consent_says_who_and_why",
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(found__isnull=False), name="purge_done_says_what_was_there"
            ),
            models.UniqueConstraint(fields=["recording", "rule"], name="purge_once_for_recording_and_rule"),
            models.UniqueConstraint(fields=["file", "rule"], name="purge_once_for_file_and_rule"),
        ]

    def __str__(self) -> str:
        return f"{self.recording or self.file}: {self.get_rule_display()}"


class PurgeReceipt(models.Model):
    """What was removed, when and why: append-only, and complete by itself. Scores, comments and decisions stay.

    `removed` is a list of {name, bytes, sha256}; names are ours. Personal data: who asked, and their reason.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purge = models.OneToOneField(Purge, models.PROTECT, related_name="receipt")
    recording = models.ForeignKey(
        "assessments.Recording", models.PROTECT, null=True, blank=True, related_name="purge_receipts"
    )
    file = models.ForeignKey(
        "assessments.SubmissionFile", models.PROTECT, null=True, blank=True, related_name="purge_receipts"
    )
    rule = models.CharField(max_length=10, choices=PurgeRule)
    reason = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    removed = models.JSONField(default=list)
    purged_at = models.DateTimeField()

    class Meta:
        ordering = ["-purged_at"]

    def __str__(self) -> str:
        return f"{len(self.removed)} files, {self.purged_at:%Y-%m-%d}"


class LegalHold(models.Model):
    """Nothing of this try is removed, by any rule, until the hold is lifted. Personal data: who placed it, and why."""

    submission = models.ForeignKey("assessments.Submission", models.PROTECT, related_name="legal_holds")
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    placed_at = models.DateTimeField()
    reason = models.CharField(max_length=500)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-placed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["submission"], condition=Q(lifted_at__isnull=True), name="legal_hold_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True, lifted_reason="")
                | (Q(lifted_at__isnull=False, lifted_by__isnull=False) & ~Q(lifted_reason="")),
                name="legal_hold_lifted_says_who_and_why",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="legal_hold_says_why"),
        ]

    def __str__(self) -> str:
        return f"Legal hold of {self.placed_at:%Y-%m-%d}"
