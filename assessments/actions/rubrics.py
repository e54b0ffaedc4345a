"""Authoring rubrics, briefs and practicals: what `load_program` and the administration call."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict, Unpack

from django.db import transaction
from django.utils import timezone

from assessments.actions.history import save_as
from assessments.models import Brief, BriefPool, Criterion, Exam, Level, Practical, ReviewerPool, Rubric, RubricVersion
from assessments.rules.rubrics import WRITTEN_MEANWHILE, rubric_alignments, why_not_use_wording
from courses.actions.audit import record_event
from courses.lib.people import Person
from courses.lib.refusals import Refused, refuse_if
from courses.lib.states import why_not_move
from courses.models import (
    Asset,
    CompanySize,
    Competency,
    ContentState,
    Lesson,
    Persona,
    Product,
    SourceRevision,
    UseCase,
    Vertical,
)
from courses.models.content import TRANSITIONS


class CriterionText(TypedDict):
    """A row of a rubric as authored: five `levels`, and four `raises` that lead from one to the next.

    `source`: the revision that it is checked against; where it isn't said, that of the wording before.
    """

    slug: str
    area: str
    name: str
    levels: list[str]
    raises: list[str]
    source: NotRequired[SourceRevision | None]


class BriefText(TypedDict, total=False):
    """A brief as authored; only `customer` must be there."""

    customer: str
    situation: str
    industry: str
    size: CompanySize | None
    size_text: str
    region: str
    tools: str
    pain_points: list[str]
    people: str
    persona: Persona | None
    use_case: UseCase | None
    product: Product | None
    vertical: Vertical | None
    is_complex: bool
    hidden_notes: str


class PracticalText(TypedDict, total=False):
    """A practical as authored. Minutes are the recording's; what is left out keeps its default or its last value."""

    title: str
    summary: str
    kind: str
    exam: Exam
    rubric_version: RubricVersion
    brief_pool: BriefPool | None
    instructions: str
    parts: list[dict[str, str]]
    recordings_required: int
    min_minutes: int
    max_minutes: int
    max_bytes: int
    calls: list[Lesson]
    assets: list[Asset] | None
    worksheet: list[dict[str, Any]]
    links_required: int
    files_required: int
    takes_evidence: bool
    evidence_prompt: str
    disclosure: str
    session: str
    self_assessment: bool
    reviewer_pool: ReviewerPool | None
    screen_required: bool
    notes_required: bool
    notes_prompt: str
    max_attempts: int
    cool_down_hours: int
    marks_required: int
    review_days: int
    supervision: str


TEXTS = ("customer", "situation", "industry", "size_text", "region", "tools", "people", "hidden_notes")
BLANK_BRIEF: dict[str, Any] = {
    **dict.fromkeys(TEXTS, ""), "pain_points": [], "size": None, "persona": None, "use_case": None
}  # fmt: skip

LATER_WORDS = ("product", "is_complex", "vertical")


def _hash(content: Any) -> str:
    plain = json.dumps(content, sort_keys=True, default=lambda row: row.pk, ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()


@transaction.atomic
def author_rubric(
    *,
    slug: str,
    title: str,
    pass_points: int,
    criteria: list[CriterionText],
    impression_first: bool = False,
    after: int | None = None,
    by: Person | None,
) -> RubricVersion:
    """The version of the rubric that says this: the newest one where nothing changed, otherwise a new one.

    `after`: the number of the wording that it was written from, 0 for none; `Refused` when another was written since.
    Raises ValueError when a criterion has not five levels and four raises, or the pass mark can't be reached.
    """
    _check_rubric(pass_points, criteria)
    rubric, _ = Rubric.objects.select_for_update().get_or_create(slug=slug, defaults={"title": title})
    latest = rubric.versions.order_by("-number").first()
    if after is not None and after != (latest.number if latest else 0):
        raise Refused(WRITTEN_MEANWHILE)
    if rubric.title != title:
        rubric.title = title
        save_as(rubric, by)
    sources = _sources(criteria, latest)
    words = [{name: value for name, value in row.items() if name != "source"} for row in criteria]
    said = [pass_points, words, *([True] if impression_first else []), *([sources] if sources else [])]
    content_hash = _hash(said)
    if latest is not None and latest.content_hash == content_hash:
        return latest
    version = rubric.versions.create(
        number=latest.number + 1 if latest else 1,
        pass_points=pass_points,
        impression_first=impression_first,
        content_hash=content_hash,
        published_at=timezone.now(),
    )
    shown = dict(rubric_alignments(rubric))
    for position, row in enumerate(criteria):
        slug = row["slug"]
        _add_criterion(version, position, row, source=sources.get(slug), shows=shown.get(slug))
    return version


def _sources(criteria: list[CriterionText], latest: RubricVersion | None) -> dict[str, int]:
    """The revision that each criterion is checked against, by slug; criteria without one are left out."""
    before: dict[str, int | None] = dict(latest.criteria.values_list("slug", "source_revision_id")) if latest else {}
    for row in criteria:
        if "source" in row:
            before[row["slug"]] = row["source"].pk if row["source"] else None
    return {row["slug"]: pk for row in criteria if (pk := before.get(row["slug"]))}


@transaction.atomic
def align_criteria(*, rubric: Rubric, to: Mapping[str, Competency | None], by: Person | None) -> int:
    """Say what the criteria of these names show, in every wording; how many names got another competency.

    Nothing that was marked or read changes by it. Names that the rubric hasn't are passed over. Source: rules.md 7.74.
    """
    rubric = Rubric.objects.select_for_update().get(pk=rubric.pk)
    rows = Criterion.objects.filter(rubric_version__rubric=rubric)
    wanted = {slug: one.pk if one else None for slug, one in to.items()}
    stands = rows.order_by().values_list("slug", "competency").distinct()
    changed = {slug for slug, competency in stands if slug in wanted and wanted[slug] != competency}
    for slug in changed:
        rows.filter(slug=slug).update(competency=wanted[slug])
    if changed:
        record_event(event="rubric aligned", by=by, subject=f"assessments.rubric:{rubric.pk}", criteria=len(changed))
    return len(changed)


@transaction.atomic
def use_wording(*, practical: Practical, version: RubricVersion, by: Person) -> Practical:
    """Give new tries of a practical this wording of its rubric; open tries keep theirs. Source: rules.md 4.11.

    Raises `Refused` where it is another rubric's, or in use already.
    """
    practical = Practical.objects.select_for_update(of=("self",)).select_related("rubric_version").get(pk=practical.pk)
    refuse_if(why_not_use_wording(practical, version))
    practical.rubric_version = version
    return save_as(practical, by)


def _check_rubric(pass_points: int, criteria: list[CriterionText]) -> None:
    for row in criteria:
        if len(row["levels"]) != 5 or len(row["raises"]) != 4:
            raise ValueError(f"Criterion {row['slug']} needs five levels and four raises.")
    if not 1 <= pass_points <= 5 * len(criteria):
        raise ValueError(f"The pass mark {pass_points} lies outside 1 to {5 * len(criteria)}.")


def _add_criterion(
    version: RubricVersion, position: int, row: CriterionText, *, source: int | None, shows: int | None
) -> None:
    """A criterion that stood before shows what it showed."""
    criterion = Criterion.objects.create(
        rubric_version=version,
        slug=row["slug"],
        area=row["area"],
        name=row["name"],
        position=position,
        source_revision_id=source,
        competency_id=shows,
    )
    raises = [*row["raises"], ""]
    Level.objects.bulk_create(
        Level(criterion=criterion, number=number, text=text, raise_text=raises[number - 1])
        for number, text in enumerate(row["levels"], start=1)
    )


@transaction.atomic
def author_brief_pool(*, slug: str, title: str, by: Person | None) -> BriefPool:
    """The pool of this name; its title follows."""
    pool, _ = BriefPool.objects.select_for_update().get_or_create(slug=slug, defaults={"title": title})
    if pool.title != title:
        pool.title = title
        save_as(pool, by)
    return pool


@transaction.atomic
def author_brief(*, pool: BriefPool, slug: str, by: Person | None, **text: Unpack[BriefText]) -> Brief:
    """The brief that says this: the drawable one where nothing changed, otherwise a new version in its place.

    Tries that were opened with an older wording keep it.
    """
    BriefPool.objects.select_for_update().get(pk=pool.pk)
    said = {name: text.get(name, default) for name, default in BLANK_BRIEF.items()}
    later = {name: value for name in LATER_WORDS if (value := text.get(name))}  # so that older briefs hash as they did
    content_hash = _hash(said | later)
    latest = Brief.objects.filter(pool=pool, slug=slug).order_by("-version").first()
    if latest is not None and latest.content_hash == content_hash and latest.retired_at is None:
        return latest
    if latest is not None and latest.retired_at is None:
        retire_brief(brief=latest, by=by)
    brief = Brief(pool=pool, slug=slug, version=latest.version + 1 if latest else 1, content_hash=content_hash, **text)
    return save_as(brief, by)


@transaction.atomic
def retire_brief(*, brief: Brief, by: Person | None) -> Brief:
    """Stop drawing a brief; tries that have it keep it."""
    brief.retired_at = brief.retired_at or timezone.now()
    return save_as(brief, by)


@transaction.atomic
def author_practical(*, slug: str, by: Person | None, **text: Unpack[PracticalText]) -> Practical:
    """The practical that says this; a new one is published, a withdrawn one stays so. Nothing changed: no write.

    Tries that are open keep the brief and the rubric version that they were opened with.
    """
    calls, assets = text.pop("calls", None), text.pop("assets", None)
    practical = Practical.objects.select_for_update().filter(slug=slug).first()
    if practical is None:
        practical = save_as(Practical(slug=slug, state=ContentState.PUBLISHED, **text), by)
    changed = {name: value for name, value in text.items() if getattr(practical, name) != value}
    for name, value in changed.items():
        setattr(practical, name, value)
    if changed:
        save_as(practical, by)
    if calls is not None and set(calls) != set(practical.calls.all()):
        practical.calls.set(calls)
    if assets is not None and set(assets) != set(practical.assets.all()):
        practical.assets.set(assets)
    return practical


@transaction.atomic
def move_practical(*, practical: Practical, to: str, by: Person) -> Practical:
    """Publish or withdraw a practical. Raises `Refused` when its state has no such step."""
    practical = Practical.objects.select_for_update().get(pk=practical.pk)
    refuse_if(why_not_move(TRANSITIONS, old=practical.state, new=to))
    practical.state = to
    return save_as(practical, by)
