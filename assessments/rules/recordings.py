"""What a recording must be, who may watch it, and the sentences that say so."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext, gettext_noop

from assessments import storage
from assessments.media import Facts, media_library_word
from assessments.models import Lease, Practical, Recording, RecordingState, Submission
from assessments.models.recordings import INCOMPLETE_STATES, RECORDING_TRANSITIONS, WAITING_STATES
from assessments.rules.comparisons import compares
from assessments.rules.retention import sentence_gone
from courses.lib.people import Person
from courses.lib.refusals import Refusal
from courses.lib.states import why_not_move
from courses.lib.words import in_readers_language

SHORTER_SECONDS, LONGER_SECONDS = 30, 120
NEEDS_TRANSCODE = frozenset({"hevc", "av1", "libdav1d"})
VIDEO_CODECS = frozenset({"h264", "vp8", "vp9", "libvpx", "libvpx-vp9"}) | NEEDS_TRANSCODE
AUDIO_CODECS = frozenset({"aac", "mp3", "mp3float", "opus", "libopus", "vorbis", "libvorbis"})
IN_WEBM_VIDEO = VIDEO_CODECS - {"h264", "hevc"}
IN_WEBM_AUDIO = frozenset({"opus", "libopus", "vorbis", "libvorbis"})
IN_MP4_VIDEO = VIDEO_CODECS - {"vp8", "libvpx"}
IN_MP4_AUDIO = AUDIO_CODECS - {"vorbis", "libvorbis"}
PLAYABLE_PIXELS = frozenset({"yuv420p", "yuvj420p", "yuv420p10le"})
SMALLEST, LARGEST = (320, 180), (3840, 2160)
MIN_FRAME_RATE = 5
MIN_SOUND_SHARE = 0.95
MIN_VOLUME_DB = -50
MAX_GAP_SECONDS, NOTED_GAP_SECONDS = 60, 5
MIN_VOICE_SHARE, NOTED_VOICE_SHARE = 0.20, 0.35
MAX_TRIES = 3


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a file can't be used, and what its owner can do. No personal data."""

    code: str
    text: str
    way_on: str

    @property
    def sentence(self) -> str:
        """What is wrong, in the reader's language."""
        return in_readers_language(self.text)

    @property
    def advice(self) -> str:
        """What to do, in the reader's language."""
        return in_readers_language(self.way_on)


REJECTIONS: dict[str, Rejection] = {
    one.code: one
    for one in (
        Rejection(
            "unreadable",
            gettext_noop("This file isn't a recording that we can read."),
            gettext_noop(
                "Choose the MP4, MOV or WebM file itself. If it stops in your own player too, export it again."
            ),
        ),
        Rejection(
            "no-picture",
            gettext_noop("Your recording has no picture."),
            gettext_noop("Record the screen or the camera together with your voice."),
        ),
        Rejection(
            "no-sound",
            gettext_noop("Your recording has no sound."),
            gettext_noop("Check the microphone with a short test, then record again."),
        ),
        Rejection(
            "codec",
            gettext_noop("Browsers can't play the format inside this file."),
            gettext_noop(
                "Export it as MP4 with H.264 and AAC. On an iPhone, choose Settings, Camera, Formats, Most Compatible."
            ),
        ),
        Rejection(
            "picture-size",
            gettext_noop("The picture is too small or too large."),
            gettext_noop("Record between 320 × 180 and 3840 × 2160; 1280 × 720 is right for most screens."),
        ),
        Rejection(
            "frame-rate",
            gettext_noop("The picture stands still for long times: fewer than 5 pictures a second."),
            gettext_noop("Record at 10 pictures a second or more."),
        ),
        Rejection(
            "sound-incomplete",
            gettext_noop("The sound is missing for a part of the recording."),
            gettext_noop("Check that the microphone stayed on to the end, then export or record again."),
        ),
        Rejection(
            "too-quiet",
            gettext_noop("Nothing can be heard in your recording."),
            gettext_noop("Check that the right microphone was on, then record again. A short test first saves time."),
        ),
        Rejection(
            "no-voice",
            gettext_noop(
                "There is sound, but hardly anybody speaks: voice was found in less than a fifth of the time."
            ),
            gettext_noop(
                "Listen to the file. If you hear noise or music but not yourself, choose the right microphone and record again."
            ),
        ),
        Rejection(
            "too-short",
            gettext_noop("Your recording is shorter than this practical asks for."),
            gettext_noop("Choose the complete recording; if it was cut, export it again."),
        ),
        Rejection(
            "too-long",
            gettext_noop("Your recording is longer than this practical allows."),
            gettext_noop("Cut what was before and after the session, and export it again."),
        ),
        Rejection(
            "parts-apart",
            gettext_noop("Picture and sound end more than a minute apart."),
            gettext_noop("Export the recording again, so that both run to the end."),
        ),
    )
}


def why_not_accept(facts: Facts, practical: Practical, recording: Recording | None = None) -> str | None:
    """The code of the first check that the file fails, None when it passes all. Source: rules.md 6.3, 6.12, 6.15."""
    checks = _checks_of(recording)
    return next((code for code, fails in CHECKS.items() if code in checks and fails(facts, practical)), None)


def _checks_of(recording: Recording | None) -> Collection[str]:
    """Every check for a file. A screen that stands still sends one picture a second, so that a recording made here is
    not asked for more; a camera track must only be playable."""
    if recording is None or not recording.in_browser:
        return CHECKS
    return TRACK_CHECKS if recording.main_id else CHECKS.keys() - {"frame-rate"}


def _plays_nowhere(facts: Facts, practical: Practical) -> bool:
    return not play_name(facts)


def _has_wrong_size(facts: Facts, practical: Practical) -> bool:
    short, long = sorted((facts.width, facts.height))
    return short < SMALLEST[1] or long < SMALLEST[0] or short > LARGEST[1] or long > LARGEST[0]


CHECKS: dict[str, Callable[[Facts, Practical], bool]] = {
    "no-picture": lambda facts, _: not facts.video_codec or not facts.video_frames,
    "no-sound": lambda facts, _: not facts.audio_codec or facts.audio_seconds <= 0,
    "codec": _plays_nowhere,
    "picture-size": _has_wrong_size,
    "too-short": lambda facts, practical: facts.seconds < practical.min_minutes * 60 - SHORTER_SECONDS,
    "too-long": lambda facts, practical: facts.seconds > practical.max_minutes * 60 + LONGER_SECONDS,
    "parts-apart": lambda facts, _: facts.gap_seconds > MAX_GAP_SECONDS,
    "sound-incomplete": lambda facts, _: facts.audio_seconds < MIN_SOUND_SHARE * facts.seconds,
    "too-quiet": lambda facts, _: facts.mean_volume_db <= MIN_VOLUME_DB,
    "no-voice": lambda facts, _: facts.voice is not None and facts.voice.share < MIN_VOICE_SHARE,
    "frame-rate": lambda facts, _: facts.frame_rate < MIN_FRAME_RATE,
}
"""The checks in their order: what the learner most likely got wrong comes before what follows from it."""
TRACK_CHECKS = frozenset({"no-picture", "codec"})


def needs_transcode(facts: Facts) -> bool:
    """Whether many browsers can't show this picture, so that a second copy in H.264 is made. Source: rules.md 6.18."""
    return facts.video_codec in NEEDS_TRANSCODE


def play_name(facts: Facts) -> str:
    """The name of the file to play that these tracks fit into without re-encoding; empty where there is none.

    A picture without sound (a camera track) fits wherever its picture does.
    """
    if facts.pixel_format not in PLAYABLE_PIXELS:
        return ""
    if facts.video_codec in IN_WEBM_VIDEO and facts.audio_codec in IN_WEBM_AUDIO | {""}:
        return "play.webm"
    if facts.video_codec in IN_MP4_VIDEO and facts.audio_codec in IN_MP4_AUDIO | {""}:
        return "play.mp4"
    return ""


@dataclass(frozen=True, slots=True)
class RecordingLimits:
    """What a practical allows, as its page shows it before a file is chosen. Size in bytes."""

    min_minutes: int
    max_minutes: int
    max_bytes: int


def limits_of(practical: Practical) -> RecordingLimits:
    """The limits of a practical's recording."""
    return RecordingLimits(practical.min_minutes, practical.max_minutes, practical.max_bytes)


def current_recordings(submission: Submission) -> dict[int, Recording]:
    """The recordings that a submission stands on, by place: the latest of each that was not given up. One query."""
    kept = submission.recordings.main().kept().order_by("place", "-created_at").distinct("place")
    return {one.place: one for one in kept.select_related("upload")}


@dataclass(frozen=True, slots=True)
class Place:
    """One of the recordings that a practical asks for: its number, and what stands there now."""

    number: int
    recording: Recording | None


def places_of(submission: Submission) -> list[Place]:
    """Every recording that the practical of a submission asks for, sent or not. One query."""
    current = current_recordings(submission)
    return [Place(number, current.get(number)) for number in range(1, submission.practical.recordings_required + 1)]


def why_not_use(recording: Recording | None) -> Refusal | None:
    """Why a submission can't be handed in with this recording yet; None when it is checked and ready."""
    if recording is None or recording.state == RecordingState.DISCARDED:
        return Refusal(
            "recording-missing", gettext("Opens when your recording is uploaded and checked: length, picture, sound.")
        )
    if recording.is_gone:
        return Refusal(
            "recording-gone", gettext("%(recording)s Send another one.") % {"recording": sentence_gone(recording)}
        )
    if recording.state == RecordingState.READY:
        return None
    return Refusal(f"recording-{recording.state}", sentence_about(recording))


def sentence_about(recording: Recording) -> str:
    """Where a recording stands, in one sentence for its owner."""
    if recording.is_gone:
        return sentence_gone(recording)
    if recording.state == RecordingState.REJECTED:
        rejection = rejection_of(recording)
        return rejection.sentence if rejection else gettext("This recording can't be used. Choose another file.")
    if recording.state == RecordingState.RECEIVED and media_library_word() != "ok":
        return gettext(
            "Every byte has come and is safe. Checks are not possible here at the moment; yours runs as soon as they are."
        )
    if recording.state == RecordingState.FAILED and recording.events.filter(code="file-missing").exists():
        return gettext(
            "The file is missing from our storage, and that is our fault. Send it again; this one does not count."
        )
    return in_readers_language(SENTENCES[recording.state])


SENTENCES: dict[str, str] = {
    RecordingState.UPLOADING: gettext_noop("The file isn't complete yet."),
    RecordingState.RECORDING: gettext_noop("It is being recorded in the browser."),
    RecordingState.INTERRUPTED: gettext_noop("The recording in the browser was interrupted. What came is safe."),
    RecordingState.RECEIVED: gettext_noop(
        "Every byte has come. The checks begin in a moment; you may close this page."
    ),
    RecordingState.CHECKING: gettext_noop("We are checking length, picture and sound. You may close this page."),
    RecordingState.PREPARING: gettext_noop(
        "The checks are passed. We are preparing it for playing; you may close this page."
    ),
    RecordingState.READY: gettext_noop("Your recording is checked and ready."),
    RecordingState.FAILED: gettext_noop(
        "We could not check this file, and that is our fault. It is kept, and we look into it."
    ),
    RecordingState.DISCARDED: gettext_noop("This upload was ended before the file was complete."),
}


def rejection_of(recording: Recording) -> Rejection | None:
    """Sentence and advice for a rejected recording; None for any other."""
    return REJECTIONS.get(recording.rejection_code)


def why_not_check_again(recording: Recording) -> Refusal | None:
    """Why the checks can't run once more: only rejected and failed recordings whose file is still kept."""
    if recording.state == RecordingState.READY:
        return Refusal("wrong-state", gettext("It passed its checks; there is nothing to run again."))
    refusal = why_not_move(RECORDING_TRANSITIONS, old=recording.state, new=RecordingState.RECEIVED)
    if refusal or recording.state in WAITING_STATES or recording.state in INCOMPLETE_STATES:
        return refusal or Refusal("wrong-state", gettext("This recording is on its way already."))
    if recording.is_gone or not storage.has_original(recording):
        return Refusal("original-gone", gettext("The file as it was sent is no longer kept."))
    return None


def is_waiting(recording: Recording) -> bool:
    """Whether the checks still have to end, so that a page should ask again."""
    return recording.state in WAITING_STATES


def is_unfinished_in_browser(recording: Recording) -> bool:
    """Whether it is recorded in the browser and not complete: its learner goes on, uses it or discards it there."""
    return recording.in_browser and recording.state in INCOMPLETE_STATES


def may_watch(user: Person, recording: Recording, now: datetime) -> bool:
    """Whether this person may have the bytes: the learner, who may view all recordings, or who reads or compares it.

    A grader holds a live lease on a task whose version was handed in with this recording; a judge has it in the pair that
    waits for them. One query beside permissions, more for judges.
    """
    if recording.submission.learner_id == user.pk or user.has_perm("assessments.view_recording"):
        return True
    if recording.state != RecordingState.READY or not user.has_perm("assessments.grade"):
        return False
    leases = Lease.objects.holding(now).filter(grader_id=user.pk)
    reads = leases.filter(task__submission_version__recordings=recording.main_id or recording.pk).exists()
    return reads or compares(user, recording)
