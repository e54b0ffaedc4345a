"""Whether a work is decided now or read once more: what the rows say, put to the rule of `rules/allocation`.

Source: rules.md 5.11, 5.15.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from assessments.models import (
    GraderProfile,
    Review,
    ReviewKind,
    ReviewPolicy,
    ReviewTask,
    RubricBeliefs,
    SubmissionVersion,
)
from assessments.models.rubrics import HIGHEST_LEVEL, LOWEST_LEVEL
from assessments.rules.allocation import (
    NEW_GRADER_READINGS,
    START_PRICE,
    Beliefs,
    Case,
    Given,
    Scale,
    Wish,
    further_reading,
)
from assessments.rules.duty import is_on_duty
from assessments.rules.flags import flags_of
from assessments.rules.graders import free_for, rosters_of
from assessments.rules.policies import budget_of, policy_now

OFFERED_FOR = timedelta(hours=24)
SOON = timedelta(days=2)
DRAWS = 10_000


def wish_for(version: SubmissionVersion, readings: Sequence[Review], now: datetime) -> Wish | None:
    """Why, and by whom, a work should be read again after these readings; None when it is decided now.

    Never for what was marked live: nothing of it is kept that another could read. `version` with submission, practical,
    rubric version, brief and learner. At most nine queries.
    """
    if version.submission.practical.session and _was_live(readings):
        return None
    candidates = candidates_for(version, now)
    if not candidates:
        return None
    policy = policy_now()
    row = RubricBeliefs.objects.filter(rubric=version.submission.rubric_version.rubric_id).first()
    beliefs = Beliefs.from_data(row.data) if row else Beliefs()
    price = row.price if row else START_PRICE
    budget = budget_of(policy, now, version.submission.rubric_version.rubric_id)
    return further_reading(_case_of(version, readings, policy), candidates, beliefs=beliefs, price=price, budget=budget)


def _was_live(readings: Sequence[Review]) -> bool:
    return any(one.task.wanted_grader_id is not None for one in readings)


def candidates_for(version: SubmissionVersion, now: datetime) -> list[int]:
    """Graders who could read it within two days; all who could at any time where none of them is on duty. Four queries."""
    rosters = rosters_of(free_for(version, now))
    return [pk for pk, roster in rosters.items() if is_on_duty(roster, now, SOON)] or list(rosters)


def _case_of(version: SubmissionVersion, readings: Sequence[Review], policy: ReviewPolicy) -> Case:
    first = readings[0]
    submission = version.submission
    return Case(
        scale=scale_of(submission.rubric_version),
        readings=tuple(Given(one.grader_id, one.total) for one in readings),
        is_monitor=is_drawn(first.task, policy.monitor_percent),
        is_new_grader=is_new(first),
        is_flagged=bool(flags_of(version)),
        is_last_attempt=submission.number + 1 >= submission.practical.max_attempts,
    )


def scale_of(rubric_version: Any) -> Scale:
    """The scale of a rubric version. One query."""
    return Scale(rubric_version.criteria.count(), LOWEST_LEVEL, HIGHEST_LEVEL, rubric_version.pass_points)


def is_drawn(task: ReviewTask, monitor_percent: int) -> bool:
    """Whether this work is of the random sample: drawn by its shuffle when it was queued, whatever its marks came to be."""
    return task.shuffle % DRAWS < monitor_percent * DRAWS // 100


def is_new(reading: Review) -> bool:
    """Whether a reading is among the first twenty of a grader who hasn't marked elsewhere. Two queries at most."""
    earlier = Review.objects.filter(grader=reading.grader_id, sent_at__lte=reading.sent_at).exclude(
        kind=ReviewKind.GOLD
    )
    if earlier.count() > NEW_GRADER_READINGS:
        return False
    return not GraderProfile.objects.filter(grader=reading.grader_id, is_experienced=True).exists()


def readings_of(version: SubmissionVersion) -> list[Review]:
    """The readings that count, in the order in which they came. One query."""
    return list(version.reviews.exclude(kind=ReviewKind.GOLD).select_related("task").order_by(F("sent_at"), "pk"))
