"""Scoring a whole attempt: one append-only run, one transaction."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from assessments.models import Attempt, AttemptItem, AttemptState, ItemScore, ScoringRun
from assessments.rules.exams import is_passed
from assessments.rules.scoring import counted, mark_of
from assessments.signals import attempt_graded
from courses.lib.compiled import Compiled
from courses.lib.inserts import append, append_one
from courses.lib.prepared import Prepared

GRADED = Prepared(
    "make_run_current",
    "UPDATE assessments_attempt SET state = 'graded', current_run_id = $2 WHERE id = $1",
    ("attempt", "run"),
)


def scorable_items(attempt: Attempt) -> list[AttemptItem]:
    """The attempt's items with what scoring reads: version, key and current answer. One query."""
    return items_to_score(attempt=attempt)


@Compiled
def items_to_score(attempt: Any) -> QuerySet[Any]:
    """An attempt's items in their order, with what scoring reads and nothing of what was shown."""
    return (
        AttemptItem.objects.filter(attempt=attempt)
        .select_related("version__answer_key__correction", "current_event")
        .only(
            "attempt", "position", "question", "max_mark", "voided", "current_event", "version__kind", "version__rule",
            "version__answer_key__version", "version__answer_key__answers", "version__answer_key__correction",
        )
        .order_by("position")
    )  # fmt: skip


@transaction.atomic
def score_attempt(*, attempt: Attempt, items: Sequence[AttemptItem], reason: str, now: datetime) -> ScoringRun:
    """Score every item that isn't voided, make the run current and tell who listens, of practice nobody.

    The attempt's row is locked. `items`: from `scorable_items`. The pass mark is that of the attempt's own exam version.
    Three statements.
    """
    scores = [ItemScore(item=item, mark=mark_of(item), max_mark=item.max_mark) for item in counted(items)]
    score = sum((one.mark for one in scores), Decimal(0))
    maximum = sum((one.max_mark for one in scores), Decimal(0))
    run = ScoringRun(
        attempt=attempt,
        score=score,
        max_score=maximum,
        passed=is_passed(score, maximum, attempt.exam_version.pass_percent),
        reason=reason,
        made_at=now,
    )
    append_one(run)
    for one in scores:
        one.run = run
    append(scores)
    first = attempt.current_run_id is None
    attempt.state, attempt.current_run = AttemptState.GRADED, run
    with connection.cursor() as cursor:
        GRADED.execute(cursor, {"attempt": attempt.pk, "run": run.pk})
    if attempt.scored:
        attempt_graded.send(sender=Attempt, attempt=attempt, passed=run.passed, first_time_graded=first)
    return run
