"""What graders see of a ruling's clip, when it may be cut, and why it could not be.

Source: rules.md 5.21, 5.23 to 5.25.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils.translation import gettext_noop

from assessments import media_extras, storage
from assessments.media import limits_for, wall_of
from assessments.models import (
    ClipState,
    Comment,
    Enrichment,
    EnrichmentKind,
    EnrichmentState,
    Purge,
    PurgeRule,
    Recording,
    RecordingDisclosure,
    Redaction,
    Ruling,
    RulingClip,
)
from assessments.models.ruling_clips import CLIPS_WITH_WORK
from courses.lib.people import Person
from courses.lib.refusals import Refusal

MAX_TRIES = 3
SECONDS_AT_LEAST, SECONDS_A_MINUTE = 120, 60
"""Processor seconds: ten times what a minute of 720p took."""
LARGEST_BYTES = 512 << 20
GRACE = timedelta(minutes=1)
LATER = timedelta(minutes=5)
HELD_LATER = timedelta(hours=1)
AT_ONCE = 5
MOST_MOMENTS = 20
NOT_FAILED = Refusal("not-failed", gettext_noop("This clip didn't fail; there is nothing to try again."))
NO_CLIP = Refusal("no-clip", gettext_noop("This ruling names no stretch of a recording."))
NO_LONGER = Refusal("retired", gettext_noop("This ruling was retired or replaced since, and its clip goes with it."))
REASONS = {
    "file-gone": "The recording's file is missing from our storage. Field Enablement can look into it, then try again.",
    "unreadable": "No picture could be read in this stretch. Replace the ruling and choose another beginning and end.",
    "tries-used-up": "It broke three times, and that is our fault. The recording is not affected; try it again.",
    "not-redacted": "Names or figures have still to be taken out of this recording, so that nobody may hear it yet.",
    "try-failed": "It broke and is tried again in a few minutes.",
    "storage-away": "The storage doesn't answer at the moment. It is tried again by itself.",
    "recording-going": "The recording is about to be deleted.",
    "retired": "Its ruling was retired or replaced.",
}


@dataclass(frozen=True, slots=True)
class ShownClip:
    """A clip as a page shows it. `since`: of its state. No recording and no learner."""

    pk: UUID
    state: str
    duration_ms: int
    has_words: bool
    since: datetime


def as_json(clips: QuerySet[RulingClip]) -> Subquery:
    """The clip of each ruling of an outer query, among these, as `shown_of` takes it; null where there is none."""
    heard = Enrichment.objects.filter(
        recording=OuterRef("ruling__recording"), kind=EnrichmentKind.TRANSCRIPT, state=EnrichmentState.DONE
    )
    mine = clips.filter(ruling=OuterRef("pk")).order_by()
    facts = {
        "pk": "pk",
        "state": "state",
        "duration_ms": "duration_ms",
        "has_words": Exists(heard),
        "since": "state_since",
    }
    return Subquery(mine.values(data=JSONObject(**facts))[:1])


def shown_of(data: Mapping[str, Any] | None) -> ShownClip | None:
    """What `as_json` found."""
    if data is None:
        return None
    since, length = datetime.fromisoformat(data["since"]), data["duration_ms"] or 0
    return ShownClip(UUID(data["pk"]), data["state"], length, data["has_words"], since)


def clip_shown(ruling: Ruling, reader: Person) -> ShownClip | None:
    """What this reader may know of the clip of one ruling. One query."""
    rows = Ruling.objects.filter(pk=ruling.pk).annotate(shown_clip=as_json(RulingClip.objects.shown_to(reader)))
    return shown_of(rows.values_list("shown_clip", flat=True).get())


def playable(user: Person) -> QuerySet[RulingClip]:
    """Clips whose bytes this person may have now, with their recordings."""
    ready = RulingClip.objects.visible_to(user).filter(state=ClipState.READY)
    return ready.select_related("ruling__recording")


def captions_of(clip: RulingClip) -> str:
    """What a machine heard in a clip, as WebVTT; no cue where it heard nothing. Reads the recording's transcript."""
    ruling = clip.ruling
    assert ruling.recording is not None  # a clip that is playable has one
    lines = media_extras.lines_of(storage.small_file(storage.transcript_path(ruling.recording))) or []
    return media_extras.captions_of(media_extras.lines_within(lines, ruling.start_ms or 0, ruling.end_ms or 0))


def is_going(recording: Recording) -> bool:
    """Whether a recording is deleted, or somebody wants it to be, whatever that waits for. One query."""
    waiting = Purge.objects.filter(recording=recording, done_at__isnull=True).exclude(rule=PurgeRule.ORIGINAL)
    return recording.is_gone or waiting.exists()


def own_moments(recording: Recording, reader: Person) -> QuerySet[Comment]:
    """The moments at which this person commented on a recording at their desk, in its order, twenty at most."""
    own = Comment.objects.filter(recording=recording, grader_id=reader.pk, start_ms__isnull=False)
    return own.order_by("start_ms", "saved_at")[:MOST_MOMENTS]


def has_to_be_redacted(recording: Recording) -> bool:
    """Whether something has still to be taken out of a recording. One query."""
    told = RecordingDisclosure.objects.filter(submission=recording.submission_id, place=recording.place)
    return told.filter(redaction=Redaction.TO_DO).exists()


def why_not_cut(recording: Recording) -> str:
    """The code of what makes a clip impossible, empty where it can be cut. One query, and a look into the storage."""
    if has_to_be_redacted(recording):
        return "not-redacted"
    return "" if storage.has_play_file(recording) else "file-gone"


def why_not_cut_again(clip: RulingClip) -> Refusal | None:
    """Why a clip can't be tried again: it didn't fail, or its ruling no longer counts."""
    if clip.ruling.retired_at is not None:
        return NO_LONGER
    return None if clip.state == ClipState.FAILED else NOT_FAILED


def limits_of(ruling: Ruling) -> dict[str, int]:
    """The child's limits for a clip: processor seconds by its length, half a gibibyte of output, the rest as always."""
    minutes = ((ruling.end_ms or 0) - (ruling.start_ms or 0)) / 60_000
    seconds = SECONDS_AT_LEAST + round(SECONDS_A_MINUTE * minutes)
    return limits_for(0) | {"CPU": seconds, "FSIZE": LARGEST_BYTES}


def patience_with(ruling: Ruling) -> timedelta:
    """How long a worker may hold a clip: as long as the child may run, and a minute."""
    return timedelta(seconds=wall_of(limits_of(ruling))) + GRACE


def clips_to_do(now: datetime) -> QuerySet[RulingClip]:
    """Clips whose work is due, the oldest first."""
    return RulingClip.objects.filter(state__in=CLIPS_WITH_WORK, due_at__lte=now).order_by("due_at")


def rulings_without_clip() -> QuerySet[Ruling]:
    """Rulings that count and name a stretch of which no clip was ever asked for."""
    return Ruling.objects.in_force().filter(recording__isnull=False, clip__isnull=True)


def sentence_about(clip: RulingClip) -> str:
    """Where a clip stands, in words for who leads the book."""
    if clip.state == ClipState.DELETED and clip.code in PurgeRule.values:
        return f"It was deleted with its recording, because {PurgeRule(clip.code).label}. The words of the ruling stay."
    said = SENTENCES[ClipState(clip.state)]
    return " ".join(filter(None, (said, REASONS.get(clip.code, ""))))


SENTENCES: dict[ClipState, str] = {
    ClipState.QUEUED: "It waits to be cut from the recording, which takes a minute or two.",
    ClipState.RUNNING: "It is being cut from the recording at this moment.",
    ClipState.READY: "Graders of this rubric can watch it.",
    ClipState.FAILED: "It could not be cut.",
    ClipState.DELETING: "It is being deleted; nobody can watch it any more.",
    ClipState.DELETED: "It was deleted.",
}
