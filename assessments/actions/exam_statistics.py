"""Asking for statistics and computing them. A row waits; a task or the sweep computes it, never a request."""

import logging
from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from assessments.actions.computing import due_computations, put_off
from assessments.models import Exam, ExamStatistics, ItemStatistics
from assessments.rules.exam_statistics import Computed, exams_due, statistics_of
from assessments.signals import statistics_wanted
from courses.lib.people import Person

KEPT = 30
log = logging.getLogger(__name__)


@transaction.atomic
def ask_for_statistics(*, exam: Exam, by: Person | None, now: datetime) -> ExamStatistics:
    """Queue a computation and return its row; one that waits already is asked for anew, with all its tries.

    `by` is None at night. One that is being computed at this moment is returned as it is, without waiting for it.
    """
    asked = {"requested_at": now, "requested_by_id": by.pk if by else None, "due_at": now, "tries": 0}
    free = ExamStatistics.objects.waiting().filter(exam=exam).select_for_update(skip_locked=True)
    if not ExamStatistics.objects.filter(pk__in=list(free.values_list("pk", flat=True))).update(**asked):
        ExamStatistics.objects.bulk_create([ExamStatistics(exam=exam, **asked)], ignore_conflicts=True)
    row = ExamStatistics.objects.filter(exam=exam).latest("requested_at", "pk")
    statistics_wanted.send(sender=ExamStatistics, statistics=row)
    return row


def ask_for_nightly_statistics(*, now: datetime) -> int:
    """Queue every exam that is due; how many."""
    due = list(exams_due(now))
    for exam in due:
        ask_for_statistics(exam=exam, by=None, now=now)
    return len(due)


def statistics_to_compute(*, now: datetime) -> list[int]:
    """Rows that wait and are due, oldest first. A row that failed eight times waits until somebody asks again."""
    return due_computations(ExamStatistics.objects.waiting(), now)


def compute_exam_statistics(*, exam: Exam, now: datetime) -> ExamStatistics:
    """Ask and compute in one go, for commands and tests; never in a request, since it may take ten seconds."""
    row = ask_for_statistics(exam=exam, by=None, now=now)
    compute_statistics(statistics_id=row.pk, now=now)
    row.refresh_from_db()
    return row


def compute_statistics(*, statistics_id: int, now: datetime) -> bool:
    """Compute one waiting row; whether it was there to compute. Twice, or at the same moment, computes once.

    A failure is written to the row, which is due again after 2, 4, 8 … minutes.
    """
    try:
        with transaction.atomic():
            waiting = ExamStatistics.objects.waiting().select_for_update(of=("self",), skip_locked=True)
            row = waiting.select_related("exam__current_version").filter(pk=statistics_id).first()
            if row is None:
                return False
            _store(row, statistics_of(row.exam, now), now)
    except Exception as problem:  # whatever it is, the row says it and is tried again
        log.exception("statistics were not computed", extra={"statistics": statistics_id})
        put_off(ExamStatistics.objects.waiting().filter(pk=statistics_id), problem, now)
    return True


def _store(row: ExamStatistics, computed: Computed, now: datetime) -> None:
    """The figures, a row for each question, and no more than 30 computations of an exam."""
    row.persons, row.figures, row.computed_at, row.problem = computed.persons, computed.figures, now, ""
    row.save(update_fields=["persons", "figures", "computed_at", "problem"])
    ItemStatistics.objects.bulk_create(
        ItemStatistics(
            statistics=row,
            version_id=one.version,
            n=one.item.n,
            facility=one.item.facility,
            item_total_corrected=one.item.item_total_corrected,
            exposure=one.exposure,
            flags=one.flags,
            figures=asdict(one.item),
            options=[asdict(option) for option in one.options],
        )
        for one in computed.rows
    )
    kept = ExamStatistics.objects.computed().filter(exam_id=row.exam_id)[:KEPT].values_list("pk", flat=True)
    ExamStatistics.objects.computed().filter(exam_id=row.exam_id).exclude(pk__in=list(kept)).delete()
