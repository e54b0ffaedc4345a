"""What may stand in a ruling book, and how graders read it.

Source: rules.md 5.21.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet, Window
from django.db.models.functions import JSONObject, RowNumber
from django.utils.translation import gettext_noop

from assessments.models import Criterion, Recording, RecordingState, Rubric, Ruling, RulingClip, SubmissionState
from assessments.rules import ruling_clips
from assessments.rules.ruling_clips import has_to_be_redacted, is_going
from courses.lib.people import Person
from courses.lib.refusals import Refusal

LONGEST_CLIP_MS = 180_000
MOST_AT_DESK = 5
"""Rulings of one criterion that a desk shows, the newest; the book has all, so that no desk grows with it."""
RETIRED = Refusal("retired", gettext_noop("This ruling was retired or replaced since. Open the one in force."))
NO_SUCH_CRITERION = Refusal(
    "no-criterion", gettext_noop("This rubric has no such criterion. Choose one of its own, or the whole.")
)
LEVEL_OF_NOTHING = Refusal(
    "level-without-criterion", gettext_noop("A level belongs to a criterion. Choose one, or leave it empty.")
)
HALF_A_CLIP = Refusal(
    "half-a-clip", gettext_noop("A clip needs its recording, its beginning and its end. Give all three, or none.")
)
NO_CONSENT = Refusal(
    "no-consent", gettext_noop("Write how and when the learner agreed that graders learn from this stretch.")
)
OTHER_RUBRIC = Refusal("other-rubric", gettext_noop("This recording was not marked with this rubric."))
NOT_USABLE = Refusal(
    "not-usable",
    gettext_noop("A clip is of a recording that is ready, still kept, no camera track, and of work that was decided."),
)
NOT_REDACTED = Refusal(
    "not-redacted", gettext_noop("Names or figures have still to be taken out of this recording, so no clip yet.")
)
NOT_IN_IT = Refusal(
    "not-in-it", gettext_noop("The clip ends after its beginning, within the recording, three minutes later at most.")
)


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of a recording, in milliseconds, and how its learner agreed."""

    recording: Recording
    start_ms: int
    end_ms: int
    consent: str


@dataclass(frozen=True, slots=True)
class Wording:
    """A ruling as its author gives it. `criterion`: a slug, empty for the whole."""

    criterion: str
    situation: str
    ruling: str
    level: int | None = None
    clip: Clip | None = None


def why_not_rule(rubric: Rubric, wording: Wording) -> Refusal | None:
    """Why this can't be added to a rubric's book. Two queries at most."""
    slugs = Criterion.objects.filter(rubric_version__rubric=rubric, slug=wording.criterion)
    if wording.criterion and not slugs.exists():
        return NO_SUCH_CRITERION
    if wording.level is not None and not wording.criterion:
        return LEVEL_OF_NOTHING
    return why_not_show(rubric, wording.clip) if wording.clip else None


def why_not_show(rubric: Rubric, clip: Clip) -> Refusal | None:
    """Why a stretch can't be named: no consent, another rubric, not decided, gone, not redacted, or not within the recording.

    Two queries beside the recording's own rows.
    """
    recording, submission = clip.recording, clip.recording.submission
    if not clip.consent.strip():
        return NO_CONSENT
    if submission.rubric_version.rubric_id != rubric.pk:
        return OTHER_RUBRIC
    is_usable = recording.state == RecordingState.READY and recording.main_id is None and not is_going(recording)
    if not is_usable or submission.state != SubmissionState.DECIDED:
        return NOT_USABLE
    if has_to_be_redacted(recording):
        return NOT_REDACTED
    is_within = clip.start_ms < clip.end_ms <= (recording.duration_ms or 0)
    return None if is_within and clip.end_ms - clip.start_ms <= LONGEST_CLIP_MS else NOT_IN_IT


def in_force(rubric: Any) -> QuerySet[Ruling]:
    """The rulings of a rubric that count, the newest first; `rubric` may be an outer reference."""
    return Ruling.objects.in_force().filter(rubric=rubric).order_by("-decided_on", "-pk")


def as_json(rulings: QuerySet[Ruling], reader: Person) -> QuerySet[Any]:
    """What a desk shows of rulings, to be asked for within another query: never a recording, never who.

    The newest few of each criterion, each with `count`, how many there are of it, and the clip that this reader may know of.
    """
    newest = Window(RowNumber(), partition_by="criterion", order_by=("-decided_on", "-pk"))
    counted = rulings.annotate(place=newest, count=Window(Count("*"), partition_by="criterion"))
    facts = ("criterion", "situation", "ruling", "level", "decided_on", "count")
    clip = ruling_clips.as_json(RulingClip.objects.shown_to(reader))
    shown = counted.annotate(shown_clip=clip).filter(place__lte=MOST_AT_DESK)
    return shown.values(data=JSONObject(**{one: one for one in facts}, clip="shown_clip"))


def read_json(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """A ruling of `as_json` with its date as one, and its clip."""
    clip = ruling_clips.shown_of(data["clip"])
    return {**data, "decided_on": date.fromisoformat(data["decided_on"]), "clip": clip}


@dataclass(frozen=True, slots=True)
class Chapter:
    """The rulings about one criterion, the newest first; about the whole where `slug` is empty."""

    slug: str
    name: str
    rulings: tuple[Ruling, ...]


def book_of(rubric: Rubric, reader: Person) -> list[Chapter]:
    """A rubric's book in the order of its newest sheet, the whole first, then what earlier wordings had. Two queries.

    Each ruling carries `shown_clip`, the clip that this reader may know of.
    """
    clip = ruling_clips.as_json(RulingClip.objects.shown_to(reader))
    rulings = tuple(in_force(rubric).annotate(shown_clip=clip))
    for one in rulings:
        one.shown_clip = ruling_clips.shown_of(one.shown_clip)
    criteria = Criterion.objects.filter(rubric_version__rubric=rubric).order_by("-rubric_version__number", "position")
    names: dict[str, str] = {"": "The whole work"}
    for slug, name in criteria.values_list("slug", "name"):
        names.setdefault(slug, name)
    chapters = (
        Chapter(slug, name, tuple(one for one in rulings if one.criterion == slug)) for slug, name in names.items()
    )
    return [chapter for chapter in chapters if chapter.rulings]


def books() -> QuerySet[Rubric]:
    """Rubrics that work is marked with, by title."""
    return Rubric.objects.filter(Q(versions__practicals__isnull=False) | Q(rulings__isnull=False)).distinct()


def about(rulings: Sequence[Mapping[str, Any]], criterion: str) -> tuple[Mapping[str, Any], ...]:
    """Those of a desk's rulings that are about this criterion, empty for the whole."""
    return tuple(one for one in rulings if one["criterion"] == criterion)


def criteria_by_rubric() -> Iterable[tuple[str, list[tuple[str, str]]]]:
    """Every criterion that a ruling may be about, as choices grouped by rubric. One query."""
    rows = Criterion.objects.order_by("rubric_version__rubric__title", "-rubric_version__number", "position")
    groups: dict[str, dict[str, str]] = {}
    for title, slug, name in rows.values_list("rubric_version__rubric__title", "slug", "name"):
        groups.setdefault(title, {}).setdefault(slug, name)
    return [(title, list(names.items())) for title, names in groups.items()]
