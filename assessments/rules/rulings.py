"""What may stand in a ruling book, and how graders read it.

Source: rules.md 5.21.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import JSONObject

from assessments.models import Criterion, Recording, RecordingState, Rubric, Ruling, SubmissionState
from courses.lib.refusals import Refusal

LONGEST_CLIP_MS = 180_000
RETIRED = Refusal("retired", "This ruling was retired or replaced since. Open the one in force.")
NO_SUCH_CRITERION = Refusal("no-criterion", "This rubric has no such criterion. Choose one of its own, or the whole.")
LEVEL_OF_NOTHING = Refusal("level-without-criterion", "A level belongs to a criterion. Choose one, or leave it empty.")
HALF_A_CLIP = Refusal("half-a-clip", "A clip needs its recording, its beginning and its end. Give all three, or none.")
NO_CONSENT = Refusal("no-consent", "Write how and when the learner agreed that graders learn from this stretch.")
OTHER_RUBRIC = Refusal("other-rubric", "This recording was not marked with this rubric.")
NOT_USABLE = Refusal("not-usable", "A clip is of a recording that is ready, still kept, and of work that was decided.")
NOT_IN_IT = Refusal(
    "not-in-it", "The clip ends after its beginning, within the recording, three minutes later at most."
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
    """Why a stretch can't be named: no consent, another rubric, not decided, gone, or not within the recording."""
    recording, submission = clip.recording, clip.recording.submission
    if not clip.consent.strip():
        return NO_CONSENT
    if submission.rubric_version.rubric_id != rubric.pk:
        return OTHER_RUBRIC
    is_usable = recording.state == RecordingState.READY and not recording.is_gone
    if not is_usable or submission.state != SubmissionState.DECIDED:
        return NOT_USABLE
    is_within = clip.start_ms < clip.end_ms <= (recording.duration_ms or 0)
    return None if is_within and clip.end_ms - clip.start_ms <= LONGEST_CLIP_MS else NOT_IN_IT


def in_force(rubric: Any) -> QuerySet[Ruling]:
    """The rulings of a rubric that count, the newest first; `rubric` may be an outer reference."""
    return Ruling.objects.in_force().filter(rubric=rubric).order_by("-decided_on", "-pk")


def as_json(rulings: QuerySet[Ruling]) -> QuerySet[Any]:
    """What a desk shows of rulings, to be asked for within another query: never a recording, never who."""
    return rulings.values(
        data=JSONObject(
            criterion="criterion", situation="situation", ruling="ruling", level="level", decided_on="decided_on"
        )
    )


@dataclass(frozen=True, slots=True)
class Chapter:
    """The rulings about one criterion, the newest first; about the whole where `name` says so."""

    name: str
    rulings: tuple[Ruling, ...]


def book_of(rubric: Rubric) -> list[Chapter]:
    """A rubric's book in the order of its newest sheet, the whole first, then what earlier wordings had. Two queries."""
    rulings = tuple(in_force(rubric))
    criteria = Criterion.objects.filter(rubric_version__rubric=rubric).order_by("-rubric_version__number", "position")
    names: dict[str, str] = {"": "The whole work"}
    for slug, name in criteria.values_list("slug", "name"):
        names.setdefault(slug, name)
    chapters = (Chapter(name, tuple(one for one in rulings if one.criterion == slug)) for slug, name in names.items())
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
