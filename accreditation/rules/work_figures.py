"""Figures of the work at hand: the queue and its promises, pass rates, questions, criteria, content, and what went wrong.

Each is a handful of set-based statements, and every number names the list behind it. Source: rules.md 13.36 to 13.39.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Avg, Count, F, Min, OuterRef, Q, QuerySet, Subquery

from accreditation.models import MailState, Notice
from accreditation.rules.coverage import coverage
from accreditation.rules.funnels import two_times_thirty
from assessments.models import (
    Appeal,
    Attempt,
    AttemptState,
    Criterion,
    Decision,
    Exam,
    ExamStatistics,
    ItemStatistics,
    Mark,
    QuestionImport,
    ReviewTask,
    Submission,
    SubmissionState,
)
from assessments.models.question_imports import ImportState
from assessments.rules.statistics.agreement import wilson
from assessments.rules.statistics.readings import ABOUT_EXPOSURE
from courses.models import Asset, ContentState, Source

FEWEST = 20
"""A rate of fewer is not told: its interval would be as wide as half the scale."""
AGES = (1, 2, 3, 4, 5, 7, 14)
"""Days of waiting that the columns of the queue end at; the last column is open."""
CRITERION_MARKS = 30
LOW_MARK, HIGH_MARK = 1.75, 4.75
"""Means of 1 to 5 outside of which a criterion tells hardly anybody apart."""


def moment(day: date) -> datetime:
    """The first moment of a day, in UTC."""
    return datetime.combine(day, time.min, UTC)


def queue(now: datetime) -> dict[str, Any]:
    """How long work has waited, and whether promised dates were kept. Three queries.

    `{"waiting", "late", "oldest" (moment or None), "ages": [[from days, to days or None, count]], "kept": [[kept, decided] of
    the last 30 days and of the 30 before]}`.
    """
    edges = [(low, high) for low, high in zip((0, *AGES), (*AGES, None), strict=True)]
    rows = ReviewTask.objects.waiting()
    ages = {f"age_{place}": Count("pk", filter=_aged(now, *edge)) for place, edge in enumerate(edges)}
    found = rows.aggregate(
        all=Count("pk"), late=Count("pk", filter=Q(due_at__lt=now)), oldest=Min("created_at"), **ages
    )
    return {
        "at": now.isoformat(),
        "waiting": found["all"],
        "late": found["late"],
        "oldest": found["oldest"].isoformat() if found["oldest"] else None,
        "ages": [[low, high, found[f"age_{place}"]] for place, (low, high) in enumerate(edges)],
        "kept": [_kept(*days) for days in two_times_thirty(now)],
    }


def _aged(now: datetime, low: int, high: int | None) -> Q:
    wanted = Q(created_at__lte=now - timedelta(days=low)) if low else Q()
    return wanted & Q(created_at__gt=now - timedelta(days=high)) if high else wanted


def promised_within(first: date, last: date) -> QuerySet[Submission]:
    """What was decided between these days, both included, of work that had a promised date."""
    rows = Submission.objects.filter(state=SubmissionState.DECIDED, promised_at__isnull=False)
    return rows.filter(decided_at__gte=moment(first), decided_at__lt=moment(last + timedelta(days=1)))


def _kept(first: date, last: date) -> list[int]:
    found = promised_within(first, last).aggregate(
        kept=Count("pk", filter=Q(decided_at__lte=F("promised_at"))), all=Count("pk")
    )
    return [found["kept"], found["all"]]


def rate(hits: int, n: int) -> dict[str, Any]:
    """A share as pages show it: whole percent with its 95 % interval by Wilson; none of fewer than 20."""
    interval = wilson(hits, n) if n >= FEWEST else None
    if interval is None:
        return {"n": n, "hits": hits, "percent": None, "low": None, "high": None}
    low, high = (round(100 * end) for end in interval)
    return {"n": n, "hits": hits, "percent": round(100 * hits / n), "low": low, "high": high}


def exams(now: datetime) -> dict[str, Any]:
    """First tries of each exam that were scored within 30 days and the 30 before. Two queries."""
    passed = Q(current_run__passed=True)
    rows = Attempt.objects.filter(scored=True, state=AttemptState.GRADED, number=1).order_by()
    return {"rows": _rates(rows, "exam", "closed_at", passed, now)}


def practicals(now: datetime) -> dict[str, Any]:
    """First tries of each practical that were decided within 30 days and the 30 before. Two queries."""
    newest = Decision.objects.filter(submission=OuterRef("pk")).order_by("-decided_at", "-pk")
    rows = Submission.objects.filter(state=SubmissionState.DECIDED, number=1).order_by()
    rows = rows.annotate(passed=Subquery(newest.values("passed")[:1]))
    return {"rows": _rates(rows, "practical", "decided_at", Q(passed=True), now)}


def _rates(rows: Any, of: str, at: str, passed: Q, now: datetime) -> list[dict[str, Any]]:
    found: dict[Any, dict[str, Any]] = {}
    for name, (first, last) in zip(("now", "before"), two_times_thirty(now), strict=True):
        within = rows.filter(**{f"{at}__gte": moment(first), f"{at}__lt": moment(last + timedelta(days=1))})
        counted = within.values_list(of, f"{of}__slug", f"{of}__title").annotate(
            n=Count("pk"), hits=Count("pk", filter=passed)
        )
        for key, slug, title, n, hits in counted:
            row = found.setdefault(key, {"pk": key, "slug": slug, "title": title})
            row[name] = rate(hits, n)
    for row in found.values():
        row.setdefault("now", rate(0, 0))
        row.setdefault("before", rate(0, 0))
    return sorted(found.values(), key=lambda row: (-row["now"]["n"], row["title"]))


def odd_questions() -> QuerySet[ItemStatistics]:
    """Questions of the newest figures of each exam with a flag about the question itself, by exam."""
    newest = ExamStatistics.objects.computed().filter(exam=OuterRef("exam")).values("pk")[:1]
    latest = ExamStatistics.objects.filter(pk=Subquery(newest))
    rows = ItemStatistics.objects.filter(statistics__in=latest.values("pk")).exclude(flags=[])
    rows = rows.exclude(flags__contained_by=list(ABOUT_EXPOSURE))
    return rows.order_by("statistics__exam__title", "version__question__external_id", "pk")


def questions(now: datetime) -> dict[str, Any]:
    """How many questions of each exam need a look. Two queries."""
    counted = odd_questions().order_by().values_list("statistics__exam__slug", "statistics__exam__title")
    rows = [[slug, title, count] for slug, title, count in counted.annotate(count=Count("pk"))]
    without = Exam.objects.published().exclude(statistics__computed_at__isnull=False).count()
    return {"rows": sorted(rows, key=lambda row: (-row[2], row[1])), "without": without}


def odd_criteria() -> QuerySet[Criterion]:
    """Criteria of published practicals on which nearly everybody gets the same end of the scale, from 30 marks on.

    Each with `mean` (1 to 5) and `n`.
    """
    rows = Criterion.objects.filter(rubric_version__practicals__state=ContentState.PUBLISHED)
    counted = Mark.objects.filter(criterion=OuterRef("pk")).order_by().values("criterion")
    mean, n = counted.annotate(mean=Avg("points")).values("mean"), counted.annotate(n=Count("pk")).values("n")
    rows = rows.annotate(mean=Subquery(mean), n=Subquery(n)).filter(n__gte=CRITERION_MARKS)
    rows = rows.filter(Q(mean__lt=LOW_MARK) | Q(mean__gt=HIGH_MARK)).select_related("rubric_version__rubric")
    return rows.order_by("rubric_version__rubric__title", "position", "pk").distinct()


def criteria(now: datetime) -> dict[str, Any]:
    """How many criteria need a look. One query."""
    return {"odd": odd_criteria().count()}


def content(now: datetime) -> dict[str, Any]:
    """Sources past their check and library items past their review date. Two queries."""
    today = now.astimezone(UTC).date()
    return {
        "today": today.isoformat(),
        "sources": Source.objects.with_newest().filter(due_on__lte=today).count(),
        "assets": Asset.objects.filter(state=ContentState.PUBLISHED, review_on__lt=today).count(),
    }


def gaps(now: datetime) -> dict[str, Any]:
    """How many competencies there are, how many have a gap, and the first ten of them. Fifteen queries."""
    found = coverage(now.astimezone(UTC).date())
    rows = [row for row in found.rows if row.has_gaps_in]
    first = [[row.competency.slug, row.competency.name, list(row.has_gaps_in)] for row in rows[:10]]
    return {"competencies": len(found.rows), "with_gaps": len(rows), "first": first}


def appeals(now: datetime) -> dict[str, Any]:
    """Appeals without an answer, and those past their promised date. One query."""
    return Appeal.objects.open().aggregate(open=Count("pk"), late=Count("pk", filter=Q(promised_at__lt=now)))


def imports(now: datetime) -> dict[str, Any]:
    """Imports of questions that wait for a decision, and that failed. One query."""
    return QuestionImport.objects.aggregate(
        waiting=Count("pk", filter=Q(state=ImportState.PARSED)), failed=Count("pk", filter=Q(state=ImportState.FAILED))
    )


def mails(now: datetime) -> dict[str, Any]:
    """Mails that were given up after eight tries. One query."""
    return {"failed": Notice.objects.filter(mail_state=MailState.FAILED).count()}
