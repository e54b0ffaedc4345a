"""What a try is proved with beside recordings and notes: links, files, and what its speakers agreed to."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from assessments.models.retention import GONE_STATES, StoredState


class Disclosure(models.TextChoices):
    """Whose agreement a recording needs before anybody reviews it."""

    NONE = "none", gettext_lazy("nobody else is heard")
    PARTNER = "partner", gettext_lazy("the partner of a role-play")
    CUSTOMERS = "customers", gettext_lazy("real customers")


class LawfulBasis(models.TextChoices):
    """Why a conversation with real people may be kept and read. Source: GDPR article 6(1)."""

    CONSENT = "consent", gettext_lazy("every speaker consented")
    CONTRACT = "contract", gettext_lazy("our contract with the customer allows it")
    INTEREST = "interest", gettext_lazy("legitimate interest, weighed and written down")


class Redaction(models.TextChoices):
    """What became of names, figures and other data in a recording that its reader does not need."""

    NOT_NEEDED = "not_needed", gettext_lazy("nothing in it needs to be taken out")
    DONE = "done", gettext_lazy("taken out")
    TO_DO = "to_do", gettext_lazy("still to be taken out")


class SubmissionLink(models.Model):
    """A link that shows work outside, in a sandbox for example. Personal data: what the learner wrote."""

    submission = models.ForeignKey("assessments.Submission", models.CASCADE, related_name="links")
    url = models.URLField(gettext_lazy("address"), max_length=500)
    title = models.CharField(gettext_lazy("what it shows"), max_length=200)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["submission", "url"], name="submission_link_once")]

    def __str__(self) -> str:
        return self.title


class SubmissionFileQuerySet(models.QuerySet):
    """Files by whether they still belong to their try."""

    def kept(self) -> "SubmissionFileQuerySet":
        """Files that their learner did not take out again."""
        return self.filter(removed_at__isnull=True)


class SubmissionFile(models.Model):
    """A file that proves work. It is never opened here, only handed out; what was handed in stays with its version.

    Personal data: whatever the learner put into it, and its name.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey("assessments.Submission", models.PROTECT, related_name="files")
    name = models.CharField(max_length=200)
    size = models.PositiveIntegerField(help_text=gettext_lazy("Bytes."))
    sha256 = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    scanned_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text=gettext_lazy("When no malware was found; empty where nobody looked."),
    )
    removed_at = models.DateTimeField(null=True, blank=True)
    stored = models.CharField(
        max_length=8, choices=StoredState, default=StoredState.KEPT, db_default=StoredState.KEPT, editable=False
    )

    objects = SubmissionFileQuerySet.as_manager()

    class Meta:
        ordering = ["sent_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "sha256"], condition=Q(removed_at__isnull=True), name="submission_file_once"
            ),
            models.CheckConstraint(condition=Q(size__gte=1), name="submission_file_has_bytes"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def blind_name(self) -> str:
        """What it is called for those who don't know whose it is: people put their own names into names of files."""
        return f"file-{str(self.pk)[:4]}.{self.name.rpartition('.')[2].lower()}"

    @property
    def is_gone(self) -> bool:
        """Whether its bytes were deleted, or are being deleted."""
        return self.stored in GONE_STATES


class RecordingDisclosure(models.Model):
    """What the learner declares about the people in one recording of a try, before it may be handed in.

    `speakers` is a list of {"name", "agreed_on"}: the date is ISO 8601, empty where the person has not agreed.
    Personal data: names of people outside, and what they agreed to.
    """

    submission = models.ForeignKey("assessments.Submission", models.PROTECT, related_name="disclosures")
    place = models.PositiveSmallIntegerField()
    basis = models.CharField(gettext_lazy("lawful basis"), max_length=10, choices=LawfulBasis)
    speakers = models.JSONField(default=list, blank=True)
    redaction = models.CharField(max_length=10, choices=Redaction)
    purge_on = models.DateField(
        gettext_lazy("purge on"), help_text=gettext_lazy("The recording is deleted on this day at the latest.")
    )
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    declared_at = models.DateTimeField()

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["submission", "place"], name="disclosure_one_per_recording"),
            models.CheckConstraint(condition=Q(place__gte=1), name="disclosure_place_from_one"),
        ]

    def __str__(self) -> str:
        return f"Recording {self.place}: {self.get_basis_display()}"
