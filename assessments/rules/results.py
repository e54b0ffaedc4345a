"""What a learner reads of an ended sitting."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from assessments.models import Attempt, Practical, RegradeChange
from assessments.rules.exams import percent_of, profile_words, why_not_start
from assessments.rules.scoring import CourseProfile, profile_of
from courses.lib.people import Person
from courses.lib.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Result:
    """Score, percent (rounded down), points needed and missing, minutes used and left, profile, and the next try's lock.

    `profile_by`: what the profile goes by, "" where there is nothing to tell apart.
    `opens`: the practicals that a pass opens. `corrections`: what was changed since.
    """

    score: Decimal
    maximum: Decimal
    percent: Decimal
    passed: bool
    needed: Decimal
    missing: Decimal
    minutes_used: int
    minutes_left: int
    profile: Sequence[CourseProfile]
    profile_by: str
    retake: Refusal | None
    opens: Sequence[Practical]
    corrections: Iterable[RegradeChange]


def result_of(learner: Person, attempt: Attempt, now: datetime) -> Result | None:
    """The result of a closed attempt; None while it waits to be scored. Five queries at most.

    `corrections`: what was changed since, with date and reason; a pass that waits for a decision isn't among them.
    """
    run = attempt.current_run
    if run is None or attempt.started_at is None or attempt.closed_at is None or attempt.deadline_at is None:
        return None
    profile = profile_of(attempt)
    needed = attempt.exam_version.pass_percent * run.max_score / 100
    return Result(
        score=plain(run.score),
        maximum=plain(run.max_score),
        percent=plain(percent_of(run.score, run.max_score)),
        passed=run.passed,
        needed=plain(needed),
        missing=plain(max(needed - run.score, Decimal(0))),
        minutes_used=int((attempt.closed_at - attempt.started_at).total_seconds() // 60),
        minutes_left=int((attempt.deadline_at - attempt.closed_at).total_seconds() // 60),
        profile=profile,
        profile_by=profile_words(
            has_courses=any(row.by == "course" for row in profile), has_topics=any(row.by == "topic" for row in profile)
        ),
        retake=None if run.passed else why_not_start(learner, attempt.exam, now),
        opens=list(Practical.objects.visible_to(learner).filter(exam=attempt.exam_id)) if run.passed else [],
        corrections=attempt.regrade_changes.filter(run__isnull=False).select_related("regrade", "run").order_by("pk"),
    )


def plain(number: Decimal) -> Decimal:
    """A decimal without trailing zeros, never with an exponent: 32 rather than 32.0000 or 3.2E+1."""
    return Decimal(f"{number.normalize():f}")
