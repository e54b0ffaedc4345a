"""Whether an exam's blueprint can be filled from its bank."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from assessments.models import AttemptItem, BlueprintCell, Exam, Question
from assessments.models.exams import ExamVersion
from assessments.rules.banks import content_hash
from assessments.rules.draws import Candidate, Cell, draw
from courses.lib.compiled import Compiled
from courses.lib.people import Person
from courses.lib.refusals import Refusal

COMFORT = 3
"""How many times its count a cell should hold, so that a retake asks something else."""


@dataclass(frozen=True, slots=True)
class Stock:
    """A cell, its words, and how many questions the bank holds for it."""

    words: str
    count: int
    held: int


def pool_of(bank_id: int, learner: Person | None = None, *, practice: bool = False) -> list[Candidate]:
    """Every question of the bank that may be drawn, for a learner with what they had before. One query.

    `practice`: the questions kept for practice instead of those of exams.
    """
    ask = practice_candidates if practice else exam_candidates
    return [Candidate(*(*row[:-1], frozenset(row[-1]))) for row in ask(bank=bank_id, learner=learner)]


@Compiled
def exam_candidates(bank: Any, learner: Any) -> QuerySet[Any]:
    """The rows of candidates for an exam, in the order of `Candidate`'s fields."""
    return _candidates(Question.objects.drawable(), bank, learner)


@Compiled
def practice_candidates(bank: Any, learner: Any) -> QuerySet[Any]:
    """The same of the questions kept for practice."""
    return _candidates(Question.objects.for_practice(), bank, learner)


def _candidates(questions: QuerySet[Any], bank: Any, learner: Any) -> QuerySet[Any]:
    seen = AttemptItem.objects.filter(attempt__learner_id=learner.pk if learner else None).values("question_id")
    enemies = Question.enemies.through.objects.filter(from_question_id=OuterRef("pk")).values("to_question_id")
    rows = questions.filter(bank_id=bank).annotate(seen=Q(pk__in=seen), foes=ArraySubquery(enemies))
    return rows.values_list(
        "pk", "current_version_id", "objective__course_id", "objective_id", "difficulty", "topic", "seen",
        "recent_exposures", "foes",
    )  # fmt: skip


def cell_of(row: BlueprintCell) -> Cell:
    """A stored cell as the draw reads it."""
    return Cell(row.count, row.course_id, row.objective_id, row.difficulty, row.topic, row.question_id)


def stock_of(rows: Sequence[BlueprintCell], pool: Sequence[Candidate]) -> list[Stock]:
    """What the bank holds for each cell."""
    return [Stock(str(row), row.count, sum(one.fits(cell_of(row)) for one in pool)) for row in rows]


def why_not_publish(rows: Sequence[BlueprintCell], pool: Sequence[Candidate]) -> Refusal | None:
    """Why an exam with these cells can't be published: no cell, a short one, or cells that need the same questions.

    Source: rules.md 3.4.
    """
    if not rows:
        return Refusal("no-cells", _("Say first how many questions of what the exam draws."))
    for stock in stock_of(rows, pool):
        if stock.held < stock.count:
            return Refusal(
                "cell-short",
                _("“%(words)s” can't be filled: the bank holds %(held)s.") % {"words": stock.words, "held": stock.held},
            )
    if draw([cell_of(row) for row in rows], pool, "check") is None:
        return Refusal(
            "cells-overlap", _("Some cells need the same questions. The bank holds too few to fill all of them.")
        )
    return None


def why_not_publish_again(exam: Exam, version: ExamVersion) -> Refusal | None:
    """Why an older version doesn't come back: whoever sat the newer one would be measured by other limits."""
    if exam.current_version_id != version.pk:
        return Refusal("version-superseded", _("A newer version stands. Write a new one with these limits instead."))
    return None


def warnings_for(rows: Sequence[BlueprintCell], pool: Sequence[Candidate]) -> list[str]:
    """A sentence for each cell that holds less than three times its count: retakes repeat questions."""
    return [
        f"“{stock.words}” holds {stock.held} questions; {stock.count * COMFORT} let a retake ask something else."
        for stock in stock_of(rows, pool)
        if stock.held < stock.count * COMFORT
    ]


def version_hash(version: ExamVersion, rows: Sequence[BlueprintCell]) -> str:
    """What two exam versions share when they ask and allow the same."""
    cells = [
        [row.count, row.course_id, row.objective_id, row.difficulty, *([row.topic] if row.topic else [])]
        + ([row.question_id] if row.question_id else [])
        for row in rows
    ]
    limits = [
        version.minutes,
        f"{version.pass_percent:.2f}",
        version.waits_hours,
        version.max_attempts,
        version.within_days,
    ]
    return content_hash([limits, cells])
