"""Statistics of graders put together from what they sent, and when they are due."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import Count, F, Q, QuerySet, Sum

from assessments.models import (
    AppealOrigin,
    AskedBecause,
    Decision,
    GoldResult,
    Lease,
    Mark,
    Recording,
    Review,
    ReviewKind,
    ReviewStatistics,
    Submission,
    SubmissionState,
)
from assessments.models.practicals import EDITABLE_STATES
from assessments.rules.nights import last_night
from assessments.rules.statistics.agreement import Share
from assessments.rules.statistics.graders.figures import GraderFigures, grader_figures, pool_figures
from assessments.rules.statistics.graders.readings import Readings
from assessments.rules.statistics.scores import Codes
from assessments.rules.statistics.tables import Bools, Floats

WINDOW = timedelta(days=180)
MONITORED = (AskedBecause.HANDED_IN, AskedBecause.MONITOR)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Everything that one computation stores."""

    since: date
    readings: int
    figures: dict[str, Any]
    graders: list[GraderFigures]


def review_statistics_of(now: datetime) -> Reviewed:
    """The figures of the last 180 days. Twelve queries. Appeals are of doubtful work, so they stay out of agreement."""
    since = now - WINDOW
    sent = Review.objects.filter(sent_at__gte=since, sent_at__lt=now)
    readings = read_readings(sent.exclude(kind__in=(ReviewKind.GOLD, ReviewKind.APPEAL)))
    gold = read_readings(sent.filter(kind=ReviewKind.GOLD))
    figures = asdict(pool_figures(readings, gold))
    figures |= {
        "hours": list(_hours(sent)),
        "promises": asdict(promises_kept(since, now)),
        "appeals": asdict(appeals_granted(since, now)),
        "wrong_side": asdict(wrong_side_of_gold(since, now)),
    }
    return Reviewed(since.date(), len(readings.work), figures, grader_figures(readings))


def read_readings(reviews: QuerySet[Review]) -> Readings:
    """The table of some readings, oldest first. Four queries."""
    rows = list(
        reviews.order_by("sent_at", "pk").select_related("task", "submission_version__submission__rubric_version")
    )
    graders = sorted({row.grader_id for row in rows})
    held, recorded = _seconds_held(reviews), _seconds_recorded(reviews)
    return Readings(
        graders=tuple(graders),
        grader=_places([row.grader_id for row in rows], graders),
        work=_coded(row.submission_version_id for row in rows),
        practical=_coded(row.submission_version.submission.practical_id for row in rows),
        marks=_marks(reviews, [row.pk for row in rows]),
        passes=np.array(
            [row.total >= row.submission_version.submission.rubric_version.pass_points for row in rows], dtype=np.bool_
        ),
        seconds=_found(held, [(row.task_id, row.grader_id) for row in rows]),
        length=_found(recorded, [row.submission_version_id for row in rows]),
        heard=np.array([row.heard_percent for row in rows], dtype=np.float64),
        drawn=_drawn(rows),
    )


def _places(values: list[int], names: list[int]) -> Codes:
    places = {name: place for place, name in enumerate(names)}
    return np.array([places[value] for value in values], dtype=np.int64)


def _coded(values: Iterable[Hashable]) -> Codes:
    """Distinct values as whole numbers in the order in which they come."""
    places: dict[Hashable, int] = {}
    return np.array([places.setdefault(value, len(places)) for value in values], dtype=np.int64)


def _marks(reviews: QuerySet[Review], pks: list[int]) -> Floats:
    """Readings × criteria in their order; NaN beyond a rubric's last."""
    found: dict[int, list[int]] = {}
    rows = Mark.objects.filter(review__in=reviews.order_by().values("pk")).order_by("criterion__position")
    for review, points in rows.values_list("review_id", "points"):
        found.setdefault(review, []).append(points)
    table = np.full((len(pks), max((len(marks) for marks in found.values()), default=1)), np.nan)
    for place, pk in enumerate(pks):
        table[place, : len(found[pk])] = found[pk]
    return table


def _seconds_held(reviews: QuerySet[Review]) -> dict[Hashable, float]:
    """(task, grader) -> seconds under all of the grader's leases on it."""
    leases = Lease.objects.filter(task__in=reviews.order_by().values("task"), released_at__isnull=False).order_by()
    spent = leases.values_list("task_id", "grader_id").annotate(spent=Sum(F("released_at") - F("taken_at")))
    return {(task, grader): time.total_seconds() for task, grader, time in spent}


def _seconds_recorded(reviews: QuerySet[Review]) -> dict[Hashable, float]:
    """Work -> seconds of what was shown with it."""
    shown = Recording.objects.filter(versions__in=reviews.order_by().values("submission_version")).order_by()
    lengths = shown.values_list("versions").annotate(total=Sum("duration_ms"))
    return {work: total / 1000 for work, total in lengths if total}


def _found(figures: Mapping[Hashable, float], keys: Iterable[Hashable]) -> Floats:
    return np.array([figures.get(key, np.nan) for key in keys], dtype=np.float64)


def _drawn(rows: list[Review]) -> Bools:
    """First and random readings of works that were drawn at random: what was asked for later knew of the marks."""
    works = {row.submission_version_id for row in rows if row.task.asked_because == AskedBecause.MONITOR}
    return np.array(
        [row.submission_version_id in works and row.task.asked_because in MONITORED for row in rows], dtype=np.bool_
    )


def _hours(sent: QuerySet[Review]) -> Iterator[dict[str, Any]]:
    """For each reason why marks were asked for: readings and hours that they took, most hours first."""
    ended = Lease.objects.filter(task__in=sent.order_by().values("task"), released_at__isnull=False).order_by()
    spent = ended.values_list("task__asked_because").annotate(
        tasks=Count("task", distinct=True), spent=Sum(F("released_at") - F("taken_at"))
    )
    for because, tasks, time in sorted(spent, key=lambda row: row[2], reverse=True):
        yield {"because": because, "readings": tasks, "hours": time.total_seconds() / 3600}


def promises_kept(since: datetime, now: datetime) -> Share:
    """Of promises that were due in the window, those whose decision came in time. One query. Source: rules.md 5.10."""
    with_graders = Submission.objects.exclude(state__in=(*EDITABLE_STATES, SubmissionState.WITHDRAWN))
    due = with_graders.filter(promised_at__gte=since, promised_at__lt=now)
    kept = Count("pk", filter=Q(decided_at__lte=F("promised_at")))
    found = due.aggregate(kept=kept, n=Count("pk"))
    return Share(found["kept"], found["n"])


def appeals_granted(since: datetime, now: datetime) -> Share:
    """Of the appeals answered in the window, those that turned the result round, either way. One query. Source: rules.md 5.16."""
    by_learners = Decision.objects.filter(appeal__origin=AppealOrigin.LEARNER)
    answers = by_learners.filter(decided_at__gte=since, decided_at__lt=now)
    turned = Count("pk", filter=~Q(passed=F("appeal__against__passed")))
    found = answers.aggregate(turned=turned, n=Count("pk"))
    return Share(found["turned"], found["n"])


def wrong_side_of_gold(since: datetime, now: datetime) -> Share:
    """Of the readings of gold in the window, those on the other side of the pass mark than the panel. One query."""
    passes, panel_passes = Q(total__gte=F("pass_points")), Q(panel_total__gte=F("pass_points"))
    wrong = Count("pk", filter=(passes & ~panel_passes) | (~passes & panel_passes))
    found = GoldResult.objects.filter(scored_at__gte=since, scored_at__lt=now).aggregate(wrong=wrong, n=Count("pk"))
    return Share(found["wrong"], found["n"])


def is_due(now: datetime) -> bool:
    """Whether nobody has asked since last night's hour, and something was sent within the window. Two queries."""
    if ReviewStatistics.objects.filter(requested_at__gte=last_night(now)).exists():
        return False
    return Review.objects.filter(sent_at__gte=now - WINDOW).exists()
