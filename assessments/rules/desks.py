"""What the grading desk shows. Blindness is decided here: no name, organisation, try number or earlier mark leaves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import JSONObject

from assessments.models import (
    Brief,
    Comment,
    Criterion,
    Impression,
    Lease,
    Level,
    Listening,
    Recording,
    Review,
    ReviewDraft,
    ReviewTask,
)
from assessments.rules.decisions import maximum_of
from assessments.rules.handins import Proof, proof_of, remarks
from assessments.rules.listening import Heard, heard_of
from assessments.rules.players import Player, player_of
from assessments.rules.recorder import part_names
from assessments.rules.reusable import reusable_by
from assessments.rules.reviews import Sheet, sheet_of, total_of, why_not_send
from assessments.rules.rulings import about, as_json, in_force, read_json
from assessments.rules.self_assessments import OwnView, own_views
from assessments.rules.timelines import shown_of
from courses.lib.people import Person
from courses.lib.refusals import Refusal
from courses.models import Lesson

NO_PROOF = Proof((), (), (), ())


@dataclass(frozen=True, slots=True)
class DeskRow:
    """One criterion of the sheet: its levels, what is chosen, and what another tab chose where that differs."""

    criterion: Criterion
    levels: tuple[Level, ...]
    chosen: int | None
    elsewhere: int | None
    rulings: tuple[Mapping[str, Any], ...] = ()

    @property
    def said(self) -> str:
        """The text of the chosen level."""
        return next((level.text for level in self.levels if level.number == self.chosen), "")


@dataclass(frozen=True, slots=True)
class DeskPart:
    """A part of the session, and the moment in ms at which the grader found it to begin; None where it isn't marked."""

    number: int
    name: str
    at_ms: int | None


@dataclass(frozen=True, slots=True)
class Desk:
    """All that a grader may know of a task. `refusal` says why marks can't be sent yet."""

    task: ReviewTask
    practical_title: str
    rubric_title: str
    calls: tuple[Lesson, ...]
    lease: Lease | None
    is_sent: bool
    brief: Brief | None
    notes: str
    proof: Proof
    own_views: tuple[OwnView, ...]
    waits_for_impression: bool
    recordings: tuple[Recording, ...]
    recording: Recording | None
    rows: tuple[DeskRow, ...]
    open_slug: str
    revision: int
    saved_at: datetime | None
    note: str
    total: int
    maximum: int
    scored: int
    comments: tuple[Comment, ...]
    player: Player | None
    parts: tuple[DeskPart, ...]
    heard: Heard
    reusable: tuple[Mapping[str, Any], ...]
    rulings: tuple[Mapping[str, Any], ...]
    refusal: Refusal | None


NOTHING_SHOWN: dict[str, Any] = {
    "brief": None, "notes": "", "proof": NO_PROOF, "own_views": (), "waits_for_impression": False, "recordings": (),
    "recording": None,
}  # fmt: skip
"""What is left of the learner's work without a live lease."""


def desk_of(
    task: ReviewTask, grader: Person, now: datetime, typed: Mapping[str, Any] | None = None, place: int | None = None
) -> Desk:
    """The desk of a task for a grader who holds or held it; `typed` is a draft that could not be stored over another.

    `place` says which of several recordings is shown. Without a live lease nothing of the learner's work leaves, only
    what the grader wrote. Source: rules.md 5.3, 6.5.

    Eight queries at most, whatever the number of criteria, comments, calls and files.
    """
    sheet = sheet_of(task)
    lease = _lease_of(task, grader, now)
    comments = tuple(Comment.objects.filter(task=task, grader_id=grader.pk).as_read())
    draft = _draft_of(task, grader)
    hides_own = task.submission.rubric_version.impression_first and not (draft and draft.has_impression)
    shown = _work_shown(task, sheet, place, lease.remark or "", hides_own=hides_own) if lease else NOTHING_SHOWN
    stored = draft.data if draft else {}
    data = stored if typed is None else typed
    heard = heard_of(lease.heard if lease else (), shown["recordings"], data.get("unheard", ""))
    rulings = _rulings_beside(lease)
    parts = _parts(task, data.get("parts", {})) if len(shown["recordings"]) == 1 else ()
    return Desk(
        task=task,
        practical_title=task.submission.practical.title,
        rubric_title=str(task.submission.rubric_version),
        calls=tuple(task.submission.practical.calls.order_by("course", "position")),
        lease=lease,
        is_sent=lease is None and Review.objects.filter(task=task, grader_id=grader.pk).exists(),
        revision=draft.revision if draft else 0,
        saved_at=draft.saved_at if draft else None,
        note=data.get("note", ""),
        comments=comments,
        player=player_of(shown["recording"], comments, _begun(parts)),
        parts=parts,
        **shown,
        heard=heard,
        reusable=tuple(lease.kept) if lease else (),
        rulings=about(rulings, ""),
        **_marked(sheet, data.get("marks", {}), stored.get("marks", {}), comments, heard, rulings),
    )


def _lease_of(task: ReviewTask, grader: Person, now: datetime) -> Any:
    """The grader's live lease, with what they heard of each recording as `heard`, as `kept` their wordings to use again
    (pk, criterion, text), as `book` the rulings of the rubric, and what the session's customer remarked. One query.
    """
    said = remarks().filter(booking__submission=task.submission_id).values("text")[:1]
    heard = Listening.objects.filter(task=OuterRef("task"), grader=OuterRef("grader")).values("spans")
    kept = reusable_by(grader, task).values(data=JSONObject(pk="pk", criterion="criterion", text="text"))
    book = as_json(in_force(task.submission.rubric_version.rubric_id), grader)
    leases = Lease.objects.holding(now).filter(task=task, grader_id=grader.pk)
    return leases.annotate(
        heard=ArraySubquery(heard), kept=ArraySubquery(kept), book=ArraySubquery(book), remark=Subquery(said)
    ).first()


def _rulings_beside(lease: Any) -> tuple[Mapping[str, Any], ...]:
    """The rulings of the rubric, with their clips; none without a live lease."""
    return tuple(map(read_json, lease.book)) if lease else ()


def _draft_of(task: ReviewTask, grader: Person) -> Any:
    """The grader's draft, and whether their first impression stands beside it: it was taken from a draft. One query."""
    mine = Impression.objects.filter(task=OuterRef("task"), grader=OuterRef("grader"))
    drafts = ReviewDraft.objects.filter(task=task, grader_id=grader.pk)
    return drafts.annotate(has_impression=Exists(mine)).first()


def _work_shown(task: ReviewTask, sheet: Sheet, place: int | None, remark: str, *, hides_own: bool) -> dict[str, Any]:
    """The learner's work as a grader may see it now; `hides_own` while they owe marks of their own first: rules.md 4.10."""
    version = task.submission_version
    hidden = bool(version.self_assessment) and hides_own
    recordings = tuple(sorted(version.recordings.all(), key=lambda one: one.place))
    return {
        "brief": task.submission.brief,
        "notes": version.notes,
        "proof": proof_of(task.submission.practical, version, is_blind=True, remark=remark),
        "own_views": () if hidden else own_views(sheet.criteria, version.self_assessment),
        "waits_for_impression": hidden,
        "recordings": recordings,
        "recording": shown_of(recordings, place),
    }


def _marked(
    sheet: Sheet,
    marks: Mapping[str, int],
    stored: Mapping[str, int],
    comments: tuple[Comment, ...],
    heard: Heard,
    rulings: tuple[Mapping[str, Any], ...],
) -> dict[str, Any]:
    """The sheet as it is marked so far, and why it can't be sent yet."""
    rows = _rows(sheet, marks, stored, rulings)
    return {
        "rows": rows,
        "open_slug": _open_slug(rows),
        "total": total_of(marks),
        "maximum": maximum_of(len(sheet.criteria)),
        "scored": len(marks),
        "refusal": why_not_send(sheet, marks, comments, heard),
    }


def _open_slug(rows: tuple[DeskRow, ...]) -> str:
    """The row to look at: where two tabs differ, else the first without a mark, else the first."""
    differing = [row for row in rows if row.elsewhere is not None]
    unmarked = [row for row in rows if row.chosen is None]
    return [*differing, *unmarked, *rows][0].criterion.slug


def _parts(task: ReviewTask, marked: Mapping[str, int]) -> tuple[DeskPart, ...]:
    """The parts of the practical, with what the grader marked in a recording that is the only one."""
    names = part_names(task.submission.practical)
    return tuple(DeskPart(number, name, marked.get(str(number))) for number, name in enumerate(names))


def _begun(parts: tuple[DeskPart, ...]) -> list[tuple[int, str]]:
    return sorted((part.at_ms, part.name) for part in parts if part.at_ms is not None)


def _rows(
    sheet: Sheet, marks: Mapping[str, int], stored: Mapping[str, int], rulings: tuple[Mapping[str, Any], ...]
) -> tuple[DeskRow, ...]:
    return tuple(
        DeskRow(
            criterion,
            tuple(criterion.levels.all()),
            marks.get(criterion.slug),
            stored.get(criterion.slug) if stored.get(criterion.slug) != marks.get(criterion.slug) else None,
            about(rulings, criterion.slug),
        )
        for criterion in sheet.criteria
    )
