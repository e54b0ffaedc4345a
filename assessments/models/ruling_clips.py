"""The clip of a ruling: the stretch of a recording as a film of its own, which graders watch beside the words."""

import uuid

from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy

from assessments.models.conflicts import clashes
from assessments.models.practicals import Practical, SubmissionVersion
from assessments.models.retention import GONE_STATES, Purge, PurgeRule
from assessments.models.reviews import Lease
from courses.lib.people import Person
from courses.lib.states import Transitions


class ClipState(models.TextChoices):
    """Where the clip of a ruling stands. Failed: three tries broke, or it can't be cut, with the reason in `code`. Being deleted:
    its ruling no longer counts. Deleted: nothing of it is kept, neither the file nor where it came from."""

    QUEUED = "queued", gettext_lazy("waiting to be cut")
    RUNNING = "running", gettext_lazy("being cut")
    READY = "ready", gettext_lazy("ready")
    FAILED = "failed", gettext_lazy("failed")
    DELETING = "deleting", gettext_lazy("being deleted")
    DELETED = "deleted", gettext_lazy("deleted")


CLIPS_WITH_WORK = (ClipState.QUEUED, ClipState.RUNNING, ClipState.DELETING)
CLIP_TRANSITIONS: Transitions = {
    ClipState.QUEUED: frozenset({ClipState.RUNNING, ClipState.FAILED, ClipState.DELETING, ClipState.DELETED}),
    ClipState.RUNNING: frozenset(
        {ClipState.READY, ClipState.QUEUED, ClipState.FAILED, ClipState.DELETING, ClipState.DELETED}
    ),
    ClipState.READY: frozenset({ClipState.DELETING, ClipState.DELETED}),
    ClipState.FAILED: frozenset({ClipState.QUEUED, ClipState.DELETING, ClipState.DELETED}),
    ClipState.DELETING: frozenset({ClipState.DELETED}),
    ClipState.DELETED: frozenset(),
}


class RulingClipQuerySet(models.QuerySet):
    """Clips by who may watch them and by whether they are about to go."""

    def staying(self) -> "RulingClipQuerySet":
        """Those whose ruling counts and whose recording nobody wants removed."""
        asked = Purge.objects.filter(recording=OuterRef("ruling__recording"), done_at__isnull=True)
        there = self.filter(ruling__retired_at__isnull=True, ruling__recording__isnull=False)
        there = there.exclude(ruling__recording__stored__in=GONE_STATES)
        return there.filter(~Exists(asked.exclude(rule=PurgeRule.ORIGINAL)))

    def visible_to(self, user: Person) -> "RulingClipQuerySet":
        """Clips that stay, of rubrics whose practicals this person reads, without conflict with who is heard: rules.md 5.25.

        Leads need no practical of theirs. Who may watch every recording is asked for no conflict. Nobody sees one of a
        learner whose work lies on their desk: it would tell an earlier level.
        """
        if not user.has_perm("assessments.grade"):
            return self.none()
        learner = "ruling__recording__submission__learner"
        on_the_desk = Lease.objects.live().filter(grader=user.pk, task__submission__learner=OuterRef(learner))
        rows = self.staying().filter(~Exists(on_the_desk))
        if not user.has_perm("assessments.lead_reviews"):
            rows = rows.filter(Exists(_read_by(user)))
        if user.has_perm("assessments.view_recording"):
            return rows
        sent = SubmissionVersion.objects.filter(recordings=OuterRef("ruling__recording")).order_by("handed_in_at")
        rows = rows.annotate(handed_in_at=Subquery(sent.values("handed_in_at")[:1]))
        return rows.exclude(clashes(user, learner, OuterRef("handed_in_at")))

    def shown_to(self, user: Person) -> "RulingClipQuerySet":
        """Those that a page may tell of: visible ones, and deleted ones, which belong to nobody any more."""
        visible = RulingClip.objects.visible_to(user)
        return self.filter(Q(state=ClipState.DELETED) | Q(pk__in=visible.values("pk")))


def _read_by(user: Person) -> models.QuerySet[Practical]:
    """Practicals with the rubric of a ruling that this grader reads: those of every grader, and of their own pools."""
    practicals = Practical.objects.filter(rubric_version__rubric=OuterRef("ruling__rubric"))
    return practicals.filter(Q(reviewer_pool__isnull=True) | Q(reviewer_pool__members=user.pk))


class RulingClip(models.Model):
    """The film of a ruling's stretch. It lies in its recording's folder and never outlives it.

    `due_at`: when the work on it is next looked at: cutting it, taking it from a worker that died, deleting it. `code`: why
    it failed, is tried again, or was deleted. Personal data: voice, picture and screen of a learner, for three minutes at most.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ruling = models.OneToOneField("assessments.Ruling", models.PROTECT, related_name="clip")
    state = models.CharField(max_length=8, choices=ClipState, default=ClipState.QUEUED)
    state_since = models.DateTimeField()
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    code = models.CharField(max_length=40, blank=True)
    path = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(null=True, blank=True, help_text=gettext_lazy("Bytes."))
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects = RulingClipQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["due_at"], condition=Q(state__in=CLIPS_WITH_WORK), name="ruling_clip_to_do")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=ClipState.READY, size__isnull=False, duration_ms__isnull=False)
                & Q(size__gt=0, duration_ms__gt=0)
                & ~Q(path="")
                & ~Q(sha256="")
                | ~Q(state=ClipState.READY) & Q(path="", sha256="", size__isnull=True, duration_ms__isnull=True),
                name="ruling_clip_ready_alone_has_a_file",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=(ClipState.FAILED, ClipState.DELETING, ClipState.DELETED)) | ~Q(code=""),
                name="ruling_clip_not_there_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"clip, {self.get_state_display()}"
