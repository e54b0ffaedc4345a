"""What may be done beside a recording, how long it may take, and what staff and graders read about it."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from assessments import media_extras, storage
from assessments.media import limits_for
from assessments.models import Enrichment, EnrichmentKind, EnrichmentState, Recording, RecordingState
from courses.lib.refusals import Refusal

SECONDS_AT_LEAST = 120
SECONDS_A_MINUTE = {
    EnrichmentKind.VOICE: 2,
    EnrichmentKind.SLIDES: 6,
    EnrichmentKind.TRANSCRIPT: 12,
    EnrichmentKind.TRANSCODE: 120,
}
"""Processor seconds for a minute of recording: more than twice what was measured."""
ALWAYS_WANTED = (EnrichmentKind.VOICE, EnrichmentKind.SLIDES, EnrichmentKind.TRANSCRIPT)
MODEL_BYTES = 4 << 30
"""Memory of a child that holds a speech model: 2.4 GB were seen; the others never took a tenth of that."""
LONGEST_SECONDS = 7_200
REASONS = {
    "library-missing": "No transcript: this installation has no speech recognition.",
    "model-missing": "No transcript: this installation has no speech model.",
    "file-gone": "The file to play is no longer kept.",
    "unreadable": "The file could not be read for this.",
    "tries-used-up": "It broke three times. The recording itself is not affected; staff can run it again.",
}


def limits_of(kind: EnrichmentKind, recording: Recording) -> dict[str, int]:
    """The child's limits for this work: processor seconds by the length of the recording, the rest by its size."""
    minutes = (recording.duration_ms or 0) / 60_000
    seconds = min(LONGEST_SECONDS, SECONDS_AT_LEAST + round(SECONDS_A_MINUTE[kind] * minutes))
    memory = {"AS": MODEL_BYTES} if kind == EnrichmentKind.TRANSCRIPT else {}
    return limits_for(recording.size or 0) | {"CPU": seconds} | memory


def why_skip(row: Enrichment) -> str:
    """The code of what makes this work impossible here, empty where it can begin."""
    if row.recording.is_gone or not storage.has_play_file(row.recording):
        return "file-gone"
    if row.kind == EnrichmentKind.TRANSCRIPT:
        word = media_extras.transcriber_word()
        return "" if word == "ok" else word
    return ""


def why_not_enrich_again(recording: Recording, rows: Collection[Enrichment]) -> Refusal | None:
    """Why this work can't be asked for again: no ready main recording, its file is gone, or all of it waits already."""
    if recording.state != RecordingState.READY or recording.main_id is not None:
        return Refusal("wrong-state", _("Only a recording that is ready, and no camera track, is looked at further."))
    if recording.is_gone or not storage.has_play_file(recording):
        return Refusal("file-gone", REASONS["file-gone"])
    on_their_way = (EnrichmentState.QUEUED, EnrichmentState.RUNNING)
    if len(rows) >= len(ALWAYS_WANTED) and all(row.state in on_their_way for row in rows):
        return Refusal("on-its-way", _("All of this is on its way already."))
    return None


def reason_of(row: Enrichment) -> str:
    """Why this work wasn't done, in a sentence; empty where it was, or is on its way."""
    return REASONS.get(row.code, "") if row.state in (EnrichmentState.SKIPPED, EnrichmentState.FAILED) else ""
