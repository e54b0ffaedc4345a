"""Asking for statistics of graders and computing them. A row waits; a task or the sweep computes it, never a request."""

import logging
from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from assessments.actions.computing import due_computations, put_off
from assessments.models import GraderFigures, ReviewStatistics
from assessments.rules.review_statistics import Reviewed, is_due, review_statistics_of
from assessments.signals import review_statistics_wanted
from courses.lib.people import Person

KEPT = 90
log = logging.getLogger(__name__)


@transaction.atomic
def ask_for_review_statistics(*, by: Person | None, now: datetime) -> ReviewStatistics:
    """Queue a computation and return its row; one that waits already is asked for anew, with all its tries.

    `by` is None at night. One that is being computed at this moment is returned as it is, without waiting for it.
    """
    asked = {"requested_at": now, "requested_by_id": by.pk if by else None, "due_at": now, "tries": 0}
    free = ReviewStatistics.objects.waiting().select_for_update(skip_locked=True)
    if not ReviewStatistics.objects.filter(pk__in=list(free.values_list("pk", flat=True))).update(**asked):
        ReviewStatistics.objects.bulk_create([ReviewStatistics(**asked)], ignore_conflicts=True)
    row = ReviewStatistics.objects.latest("requested_at", "pk")
    review_statistics_wanted.send(sender=ReviewStatistics, statistics=row)
    return row


def ask_for_nightly_review_statistics(*, now: datetime) -> bool:
    """Queue a computation once a night; whether it was due."""
    due = is_due(now)
    if due:
        ask_for_review_statistics(by=None, now=now)
    return due


def review_statistics_to_compute(*, now: datetime) -> list[int]:
    """The row that waits, if it is due. One that failed eight times waits until somebody asks again."""
    return due_computations(ReviewStatistics.objects.waiting(), now)


def compute_review_statistics_now(*, now: datetime) -> ReviewStatistics:
    """Ask and compute in one go, for the demo and tests; never in a request."""
    row = ask_for_review_statistics(by=None, now=now)
    compute_review_statistics(statistics_id=row.pk, now=now)
    row.refresh_from_db()
    return row


def compute_review_statistics(*, statistics_id: int, now: datetime) -> bool:
    """Compute one waiting row; whether it was there to compute. Twice, or at the same moment, computes once.

    A failure is written to the row, which is due again after 2, 4, 8 … minutes.
    """
    try:
        with transaction.atomic():
            waiting = ReviewStatistics.objects.waiting().select_for_update(of=("self",), skip_locked=True)
            row = waiting.filter(pk=statistics_id).first()
            if row is None:
                return False
            _store(row, review_statistics_of(now), now)
    except Exception as problem:  # whatever it is, the row says it and is tried again
        log.exception("statistics of graders were not computed", extra={"statistics": statistics_id})
        put_off(ReviewStatistics.objects.waiting().filter(pk=statistics_id), problem, now)
    return True


def _store(row: ReviewStatistics, found: Reviewed, now: datetime) -> None:
    """The figures, a row for each grader, and no more than the newest 90 computations."""
    row.since, row.readings, row.figures, row.computed_at, row.problem = (
        found.since,
        found.readings,
        found.figures,
        now,
        "",
    )
    row.save(update_fields=["since", "readings", "figures", "computed_at", "problem"])
    GraderFigures.objects.bulk_create(
        GraderFigures(
            statistics=row,
            grader_id=one.grader,
            n=one.readings,
            flags=[flag.name for flag in one.flags],
            figures=asdict(one),
        )
        for one in found.graders
    )
    kept = ReviewStatistics.objects.computed()[:KEPT].values_list("pk", flat=True)
    ReviewStatistics.objects.computed().exclude(pk__in=list(kept)).delete()
