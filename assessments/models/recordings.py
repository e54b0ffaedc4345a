"""The media of a submission: uploads on their way, recordings with their checks, and what happened to them."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from assessments.models.retention import GONE_STATES, StoredState
from courses.lib.people import Person
from courses.lib.states import Transitions


class RecordingState(models.TextChoices):
    """Where a recording stands. Recording: in the browser, its length is not known yet; interrupted: nothing came of it for a
    minute. Discarded: its upload was ended or ran out before every byte had come."""

    UPLOADING = "uploading", gettext_lazy("uploading")
    RECORDING = "recording", gettext_lazy("recording")
    INTERRUPTED = "interrupted", gettext_lazy("interrupted")
    RECEIVED = "received", gettext_lazy("received")
    CHECKING = "checking", gettext_lazy("checking")
    PREPARING = "preparing", gettext_lazy("preparing")
    READY = "ready", gettext_lazy("ready")
    REJECTED = "rejected", gettext_lazy("rejected")
    FAILED = "failed", gettext_lazy("failed")
    DISCARDED = "discarded", gettext_lazy("discarded")


WORKING_STATES = (RecordingState.CHECKING, RecordingState.PREPARING)
WAITING_STATES = (RecordingState.RECEIVED, *WORKING_STATES)
INCOMPLETE_STATES = (RecordingState.UPLOADING, RecordingState.RECORDING, RecordingState.INTERRUPTED)
RECORDING_TRANSITIONS: Transitions = {
    RecordingState.UPLOADING: frozenset(
        {RecordingState.INTERRUPTED, RecordingState.RECEIVED, RecordingState.DISCARDED}
    ),
    RecordingState.RECORDING: frozenset(
        {RecordingState.UPLOADING, RecordingState.INTERRUPTED, RecordingState.DISCARDED}
    ),
    RecordingState.INTERRUPTED: frozenset(
        {RecordingState.UPLOADING, RecordingState.RECORDING, RecordingState.DISCARDED}
    ),
    RecordingState.RECEIVED: frozenset({RecordingState.CHECKING}),
    RecordingState.CHECKING: frozenset(
        {RecordingState.PREPARING, RecordingState.REJECTED, RecordingState.RECEIVED, RecordingState.FAILED}
    ),
    RecordingState.PREPARING: frozenset({RecordingState.READY, RecordingState.RECEIVED, RecordingState.FAILED}),
    RecordingState.READY: frozenset(),
    RecordingState.REJECTED: frozenset({RecordingState.RECEIVED}),
    RecordingState.FAILED: frozenset({RecordingState.RECEIVED}),
    RecordingState.DISCARDED: frozenset(),
}


class RecordingQuerySet(models.QuerySet):
    """Recordings by what became of them; who may watch one is a rule (`may_watch`)."""

    def main(self) -> "RecordingQuerySet":
        """Recordings of their own right, without the camera tracks beside them."""
        return self.filter(main__isnull=True)

    def kept(self) -> "RecordingQuerySet":
        """Recordings whose upload was not given up."""
        return self.exclude(state=RecordingState.DISCARDED)


class Recording(models.Model):
    """One media file of a submission, bound to it when its upload begins and never moved.

    Paths are relative to the storage root. `tries` counts checks that were begun, `counts` says whether the file
    counts against the complete uploads of its place. A camera track is a recording of its own that names its `main`.
    Personal data: voice, picture and screen of a learner and of whom they speak with; the file's own name.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey("assessments.Submission", models.PROTECT, related_name="recordings")
    place = models.PositiveSmallIntegerField(
        default=1, help_text=gettext_lazy("Which of the recordings asked for it is, from 1.")
    )
    main = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tracks",
        help_text=gettext_lazy("What this camera track shows."),
    )
    consent = models.OneToOneField(
        "assessments.RecordingConsent", models.PROTECT, null=True, blank=True, related_name="recording",
        help_text=gettext_lazy("What was agreed before it was recorded in the browser."),
    )  # fmt: skip
    offset_ms = models.IntegerField(
        null=True, blank=True, help_text=gettext_lazy("A camera track's start after that of its main.")
    )
    state = models.CharField(max_length=12, choices=RecordingState, default=RecordingState.UPLOADING)
    state_since = models.DateTimeField()
    rejection_code = models.CharField(max_length=40, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    counts = models.BooleanField(gettext_lazy("counts as an upload"), default=True)
    original_name = models.CharField(max_length=255, blank=True)
    size = models.PositiveBigIntegerField(null=True, blank=True, help_text=gettext_lazy("Bytes."))
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    frame_rate = models.FloatField(null=True, blank=True)
    mean_volume_db = models.FloatField(gettext_lazy("mean volume (dB)"), null=True, blank=True)
    video_codec = models.CharField(max_length=20, blank=True)
    audio_codec = models.CharField(max_length=20, blank=True)
    content_type = models.CharField(max_length=20, blank=True)
    play_path = models.CharField(max_length=200, blank=True)
    poster_path = models.CharField(max_length=200, blank=True)
    stored = models.CharField(
        max_length=8, choices=StoredState, default=StoredState.KEPT, db_default=StoredState.KEPT, editable=False
    )
    same_file_as = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()

    objects = RecordingQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["state", "state_since"], name="recording_by_state")]
        constraints = [
            models.CheckConstraint(
                condition=(Q(state=RecordingState.REJECTED) & ~Q(rejection_code=""))
                | (~Q(state=RecordingState.REJECTED) & Q(rejection_code="")),
                name="recording_rejected_names_its_code",
            ),
            models.CheckConstraint(
                condition=~Q(state=RecordingState.READY)
                | (Q(size__gt=0, duration_ms__gt=0) & ~Q(play_path="") & ~Q(poster_path="") & ~Q(sha256="")),
                name="recording_ready_has_its_files",
            ),
            models.CheckConstraint(condition=Q(place__gte=1), name="recording_place_from_one"),
            models.UniqueConstraint(
                fields=["main"], condition=~Q(state=RecordingState.DISCARDED), name="recording_one_camera_track"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=(RecordingState.RECORDING, RecordingState.INTERRUPTED))
                | Q(consent__isnull=False)
                | Q(main__isnull=False),
                name="recording_in_the_browser_has_consent",
            ),
            models.CheckConstraint(
                condition=Q(offset_ms__isnull=True) | Q(main__isnull=False), name="recording_offset_of_a_track_alone"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.original_name or 'recording'} ({self.get_state_display()})"

    @property
    def is_gone(self) -> bool:
        """Whether its bytes were deleted, or are being deleted."""
        return self.stored in GONE_STATES

    @property
    def in_browser(self) -> bool:
        """Whether it is recorded in the browser, alone or as a camera track, and not a file that was chosen."""
        return self.consent_id is not None or self.main_id is not None


class RecordingEvent(models.Model):
    """One step of a recording from state to state: append-only. Personal data: who did it."""

    recording = models.ForeignKey(Recording, models.PROTECT, related_name="events")
    happened_at = models.DateTimeField()
    old = models.CharField(max_length=12, choices=RecordingState, blank=True)
    new = models.CharField(max_length=12, choices=RecordingState)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    code = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["happened_at", "pk"]

    def __str__(self) -> str:
        return f"{self.recording_id}: {self.new}"


class UploadKind(models.TextChoices):
    """What an upload carries: a file that was chosen, a recording while it is made, or the camera beside one."""

    FILE = "file", gettext_lazy("file")
    LIVE = "live", gettext_lazy("recording in the browser")
    TRACK = "track", gettext_lazy("camera track")


class UploadState(models.TextChoices):
    """Where an upload stands."""

    OPEN = "open", gettext_lazy("open")
    COMPLETE = "complete", gettext_lazy("complete")
    EXPIRED = "expired", gettext_lazy("expired")
    DELETED = "deleted", gettext_lazy("deleted")


UPLOAD_TRANSITIONS: Transitions = {
    UploadState.OPEN: frozenset({UploadState.COMPLETE, UploadState.EXPIRED, UploadState.DELETED}),
    UploadState.COMPLETE: frozenset(),
    UploadState.EXPIRED: frozenset(),
    UploadState.DELETED: frozenset(),
}


class UploadQuerySet(models.QuerySet):
    """Uploads by state and owner."""

    def open(self) -> "UploadQuerySet":
        """Uploads that still take bytes."""
        return self.filter(state=UploadState.OPEN)

    def visible_to(self, user: Person) -> "UploadQuerySet":
        """One's own alone: nobody else may add to, read or end an upload."""
        return self.filter(owner=user)


class Upload(models.Model):
    """One resumable upload (tus 1.0). The file on disk is the truth, `offset` a copy; `length` is null until declared.

    Personal data: the owner, and the name of their file in `metadata`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="uploads")
    recording = models.OneToOneField(Recording, models.PROTECT, related_name="upload")
    kind = models.CharField(max_length=5, choices=UploadKind, default=UploadKind.FILE, db_default=UploadKind.FILE)
    length = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=gettext_lazy("Bytes; empty until the client says.")
    )
    offset = models.PositiveBigIntegerField(default=0, help_text=gettext_lazy("Bytes."))
    state = models.CharField(max_length=8, choices=UploadState, default=UploadState.OPEN)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    reminded_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When its owner was told that it waits.")
    )

    objects = UploadQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(state=UploadState.OPEN), name="upload_open_by_expiry"),
            models.Index(fields=["owner", "created_at"], name="upload_by_owner"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(length__isnull=True) | Q(length__gte=1, offset__lte=F("length")),
                name="upload_offset_within_length",
            ),
            models.CheckConstraint(
                condition=~Q(state=UploadState.COMPLETE) | Q(length__isnull=False, offset=F("length")),
                name="upload_complete_has_every_byte",
            ),
            models.UniqueConstraint(
                fields=["owner"],
                condition=Q(kind=UploadKind.LIVE, state=UploadState.OPEN),
                name="upload_one_recording_per_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.get_state_display()})"
