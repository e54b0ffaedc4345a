"""Scoring a whole attempt: one append-only run, one transaction."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from assessments.models import Attempt, AttemptItem, AttemptState, ItemScore, ScoringRun
from assessments.rules.exams import is_passed
from assessments.rules.scoring import counted, mark_of
from assessments.signals import attempt_graded


def scorable_items(attempt: Attempt) -> list[AttemptItem]:
    """The attempt's items with what scoring reads: version, key and current answer. One query."""
    return list(attempt.items.select_related("version__answer_key__correction", "current_event").order_by("position"))


@transaction.atomic
def score_attempt(*, attempt: Attempt, items: Sequence[AttemptItem], reason: str, now: datetime) -> ScoringRun:
    """Score every item that isn't voided, make the run current and tell who listens, of practice nobody.

    The attempt's row is locked. `items`: from `scorable_items`. The pass mark is that of the attempt's own exam version.
    Three statements.
    """
    scores = [ItemScore(item=item, mark=mark_of(item), max_mark=item.max_mark) for item in counted(items)]
    score = sum((one.mark for one in scores), Decimal(0))
    maximum = sum((one.max_mark for one in scores), Decimal(0))
    run = ScoringRun.objects.create(
        attempt=attempt,
        score=score,
        max_score=maximum,
        passed=is_passed(score, maximum, attempt.exam_version.pass_percent),
        reason=reason,
        made_at=now,
    )
    for one in scores:
        one.run = run
    ItemScore.objects.bulk_create(scores)
    first = attempt.current_run_id is None
    attempt.state, attempt.current_run = AttemptState.GRADED, run
    attempt.save(update_fields=["state", "current_run"])
    if attempt.scored:
        attempt_graded.send(sender=Attempt, attempt=attempt, passed=run.passed, first_time_graded=first)
    return run
