"""Learning from past marks where further readings pay; each night, by rubric."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction

from assessments.models import Mark, ReviewKind, Rubric, RubricBeliefs, RubricVersion
from assessments.rules.allocation import (
    BUDGET_DAYS,
    MarkTable,
    PastReading,
    Scale,
    learn,
    past_values_of,
    price_of,
    table_of,
)
from assessments.rules.further import scale_of
from assessments.rules.policies import budget_of, policy_now
from courses.lib.clock import database_now

LEARNED_FROM = timedelta(days=365)
STALE = timedelta(hours=20)


def learn_from_marks() -> int:
    """Renew the beliefs of every rubric with marks whose beliefs are of yesterday; how many. May run at any time."""
    now = database_now()
    marked = Rubric.objects.filter(versions__submissions__versions__reviews__sent_at__gt=now - LEARNED_FROM)
    due = marked.exclude(beliefs__computed_at__gt=now - STALE).distinct()
    return sum(learn_rubric(rubric=rubric, now=now) for rubric in due)


@transaction.atomic
def learn_rubric(*, rubric: Rubric, now: datetime) -> bool:
    """Learn what the marks of a year say of graders and levels with one rubric, and what a further mark costs.

    Marks of versions with another number of criteria than the newest are left out. Four queries.
    """
    newest = RubricVersion.objects.filter(rubric=rubric).order_by("-number").first()
    if newest is None:
        return False
    scale, since = scale_of(newest), now - timedelta(days=BUDGET_DAYS)
    rows = list(_readings(rubric, scale, now))
    beliefs = learn(table_of(one for one, _ in rows))
    recent = {one.submission for one, sent_at in rows if sent_at > since}
    table: MarkTable = table_of(one for one, _ in rows if one.submission in recent)
    price = price_of(past_values_of(table, beliefs, scale), budget_of(policy_now(), now, rubric.pk))
    values = {"data": beliefs.as_data(), "price": price, "computed_at": now}
    RubricBeliefs.objects.update_or_create(rubric=rubric, defaults=values)
    return True


def _readings(rubric: Rubric, scale: Scale, now: datetime) -> Iterator[tuple[PastReading, datetime]]:
    """The readings of a year in the order in which they were sent, each with its moment."""
    marks = (
        Mark.objects.filter(
            review__submission_version__submission__rubric_version__rubric=rubric,
            review__sent_at__gt=now - LEARNED_FROM,
        )
        .exclude(review__kind=ReviewKind.GOLD)
        .order_by("review__sent_at", "review", "criterion__position")
        .values_list("review", "review__submission_version", "review__grader", "review__sent_at", "points")
    )
    readings: dict[int, tuple[int, int, datetime, list[int]]] = {}
    for review, version, grader, sent_at, points in marks:
        readings.setdefault(review, (version, grader, sent_at, []))[3].append(points)
    for version, grader, sent_at, given in readings.values():
        if len(given) == scale.criteria:
            yield PastReading(version, grader, tuple(given)), sent_at
