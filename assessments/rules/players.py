"""What stands around a recording for whoever watches it: its line, its moments as a list, neutral facts, and captions.

All of it informs; nothing here is ever scored.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject

from assessments import storage
from assessments.media_extras import Line, lines_of
from assessments.models import Comment, Enrichment, EnrichmentKind, EnrichmentState, PartMark, Recording, RecordingState
from assessments.probing.slides import A_SHEET, COLUMNS, ROWS, THUMB_HEIGHT, THUMB_WIDTH
from assessments.rules.enrichments import REASONS
from assessments.rules.recordings import NOTED_GAP_SECONDS, NOTED_VOICE_SHARE
from assessments.rules.timelines import Timeline, timeline_of

TOLD_SILENCE_MS = 10_000
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Thumb:
    """A small picture: its sheet, and where on it, as the viewBox of a drawing."""

    sheet: int
    view_box: str


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the list of moments: when, what, and a small picture where there is one."""

    at_ms: int
    text: str
    thumb: Thumb | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A neutral figure about a recording, and the moment that shows it."""

    name: str
    value: str
    at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Track:
    """The camera beside a recording, and how many milliseconds after it it begins."""

    recording_id: str
    offset_ms: int


@dataclass(frozen=True, slots=True)
class Player:
    """A recording as it is watched. `pictures` counts small pictures, one each `step_ms`.

    `no_transcript` says why there is none.
    """

    recording: Recording
    timeline: Timeline | None
    moments: tuple[Moment, ...]
    facts: tuple[Fact, ...]
    notices: tuple[str, ...]
    silences: tuple[tuple[int, int], ...]
    transcript: tuple[Line, ...]
    no_transcript: str
    track: Track | None
    pictures: int
    step_ms: int

    @property
    def skips(self) -> str:
        """The silences for the script that jumps over them."""
        return json.dumps(self.silences)

    @property
    def silence_ms(self) -> int:
        """How much of it is silence of over two seconds."""
        return sum(stop - start for start, stop in self.silences)


@dataclass(frozen=True, slots=True)
class Beside:
    """What the database keeps beside a recording: what was found by kind, marked parts, the camera track."""

    found: dict[str, dict[str, Any]]
    not_done: dict[str, str]
    parts: tuple[tuple[int, str], ...]
    track: Track | None


def player_of(
    recording: Recording | None, comments: Sequence[Comment], parts: Sequence[tuple[int, str]] = ()
) -> Player | None:
    """Everything around a recording; None without one. One query, and the files of peaks and words.

    `parts` are beginnings in ms with names that stand in for those marked while recording.
    """
    if recording is None:
        return None
    beside = Beside({}, {}, (), None) if recording.is_gone else beside_of(recording)
    voice, slides = beside.found.get(EnrichmentKind.VOICE, {}), beside.found.get(EnrichmentKind.SLIDES, {})
    transcript = (
        tuple(lines_of(storage.small_file(storage.transcript_path(recording))) or ()) if _has_words(beside) else ()
    )
    silences = tuple((start, stop) for start, stop in voice.get("silences", ()))
    begun = tuple(parts) or beside.parts
    return Player(
        recording=recording,
        timeline=timeline_of(recording, comments, silences=silences, slides=slides.get("marks", ()), parts=begun),
        moments=_moments(recording, comments, begun, silences, slides),
        facts=_facts(beside, silences),
        notices=(*notices_of(voice), *_notices_of_copy(beside)),
        silences=silences,
        transcript=transcript,
        no_transcript=_why_no_words(beside, transcript),
        track=beside.track,
        pictures=slides.get("pictures", 0),
        step_ms=slides.get("step_ms", 1),
    )


def beside_of(recording: Recording) -> Beside:
    """What the database keeps beside a recording, in one query."""
    rows = Recording.objects.filter(pk=recording.pk).values_list(
        _as_list(Enrichment.objects.filter(recording=OuterRef("pk")), "kind", "state", "code", "data"),
        _as_list(PartMark.objects.filter(recording=OuterRef("pk")), "at_ms", "name"),
        _as_list(Recording.objects.filter(main=OuterRef("pk"), state=RecordingState.READY), "id", "offset_ms"),
    )
    work, parts, tracks = rows.get()
    return Beside(
        found={one["kind"]: one["data"] for one in work if one["state"] == EnrichmentState.DONE},
        not_done={one["kind"]: one["code"] or one["state"] for one in work if one["state"] != EnrichmentState.DONE},
        parts=tuple(sorted((one["at_ms"], one["name"]) for one in parts)),
        track=Track(tracks[0]["id"], tracks[0]["offset_ms"] or 0) if tracks else None,
    )


def _as_list(rows: QuerySet[Any], *names: str) -> Any:
    return ArraySubquery(rows.order_by("pk").values(row=JSONObject(**{name: name for name in names})))


def _has_words(beside: Beside) -> bool:
    return EnrichmentKind.TRANSCRIPT in beside.found


def _why_no_words(beside: Beside, transcript: Sequence[Line]) -> str:
    """Why there is no transcript, in a sentence; empty where there is one."""
    if transcript:
        return ""
    if _has_words(beside):
        return "The machine heard no words in this recording."
    code = beside.not_done.get(EnrichmentKind.TRANSCRIPT, "")
    if code in ("", *EnrichmentState.values, "asked-again", "try-failed"):
        return (
            "No transcript yet. It is made in its own time; grading doesn't wait for it." if code else "No transcript."
        )
    return REASONS.get(code, "No transcript.")


def notices_of(voice: dict[str, Any]) -> tuple[str, ...]:
    """What learner and grader should know before they rely on a recording. Source: rules.md 6.16."""
    heard, spoken = voice.get("heard_ms", 0), voice.get("voiced_ms", 0)
    told = []
    if heard and spoken < NOTED_VOICE_SHARE * heard:
        told.append(
            f"Voice was found in {_percent_of(spoken, heard)} of the time alone. Listen whether everybody can be heard."
        )
    if voice.get("gap_ms", 0) > NOTED_GAP_SECONDS * 1000:
        told.append(f"Picture and sound end {voice['gap_ms'] // 1000} seconds apart.")
    return tuple(told)


def _notices_of_copy(beside: Beside) -> tuple[str, ...]:
    """What to do while a picture that many browsers can't show has no copy yet."""
    if EnrichmentKind.TRANSCODE not in beside.not_done:
        return ()
    return (
        "Many browsers can't show this picture yet; you may hear it alone. A copy that they can show is on its way.",
    )


def notices_about(recording: Recording) -> tuple[str, ...]:
    """`notices_of` a ready recording. One query."""
    row = Enrichment.objects.filter(recording=recording, kind=EnrichmentKind.VOICE, state=EnrichmentState.DONE).first()
    return notices_of(row.data) if row else ()


def _moments(
    recording: Recording,
    comments: Sequence[Comment],
    parts: Sequence[tuple[int, str]],
    silences: Sequence[tuple[int, int]],
    slides: dict[str, Any],
) -> tuple[Moment, ...]:
    """Parts, picture changes, silences over ten seconds and comments, in their order."""
    told = [Moment(at, f"Part: {name}", thumb_of(slides, at)) for at, name in parts]
    told += [Moment(at, "The picture changes", thumb_of(slides, at)) for at in slides.get("marks", ())]
    told += [
        Moment(start, f"Silence of {(stop - start) // 1000} seconds")
        for start, stop in silences
        if stop - start > TOLD_SILENCE_MS
    ]
    told += [
        Moment(one.start_ms, f"Comment: {one.text}")
        for one in comments
        if one.start_ms is not None and one.recording_id == recording.pk
    ]
    return tuple(sorted(told, key=lambda moment: moment.at_ms))


def thumb_of(slides: dict[str, Any], at_ms: int) -> Thumb | None:
    """The small picture of the ten seconds of a moment."""
    if not slides.get("pictures"):
        return None
    sheet, at = divmod(min(slides["pictures"] - 1, at_ms // slides["step_ms"]), A_SHEET)
    x, y = at % COLUMNS * THUMB_WIDTH, at // COLUMNS * THUMB_HEIGHT
    return Thumb(sheet, f"{x} {y} {THUMB_WIDTH} {THUMB_HEIGHT}")


def sheets_of(pictures: int) -> int:
    """How many sheets hold so many small pictures."""
    return -(-pictures // (COLUMNS * ROWS))


def _facts(beside: Beside, silences: Sequence[tuple[int, int]]) -> tuple[Fact, ...]:
    """Neutral figures: they say nothing about how good a session is."""
    voice = beside.found.get(EnrichmentKind.VOICE)
    if voice is None or not voice["heard_ms"]:
        return ()
    longest = max(silences, key=lambda span: span[1] - span[0], default=None)
    facts = [
        Fact("Somebody speaks", f"{_percent_of(voice['voiced_ms'], voice['heard_ms'])} of the time"),
        Fact(
            "Longest silence",
            _length(longest[1] - longest[0]) if longest else "under 2 s",
            longest[0] if longest else None,
        ),
        Fact("Longest talk without a pause of 2 s", _length(voice["longest_talk_ms"])),
    ]
    return (*facts, *_facts_of_words(beside.found.get(EnrichmentKind.TRANSCRIPT), voice["voiced_ms"]))


def _facts_of_words(words: dict[str, Any] | None, voiced_ms: int) -> tuple[Fact, ...]:
    if not words or not words["words"] or not voiced_ms:
        return ()
    rate = round(words["words"] * MINUTE_MS / voiced_ms)
    return (
        Fact("Words a minute of talk, by machine", f"about {rate}"),
        Fact("Question marks, by machine", str(words["questions"])),
    )


def _percent_of(part: int, whole: int) -> str:
    return f"{round(100 * part / whole)} %"


def _length(ms: int) -> str:
    return f"{ms // MINUTE_MS}:{ms // 1000 % 60:02}"
