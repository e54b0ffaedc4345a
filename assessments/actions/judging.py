"""Comparative judgement: opening and closing a set, asking a judge, and keeping what they say."""

import random
from collections.abc import Collection, Sequence

from django.db import transaction

from assessments.actions.conflicts import declare_conflict
from assessments.models import Comparison, ConflictKind, JudgedWork, JudgingSet, Rubric, SubmissionVersion
from assessments.rules.comparisons import JUDGED, open_pair, why_not_judge
from assessments.rules.judging import next_pair, why_not_compare, why_not_open
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import refuse_if


@transaction.atomic
def open_judging(
    *, title: str, rubric: Rubric, works: Sequence[tuple[SubmissionVersion, str]], judges: Collection[int], by: Person
) -> JudgingSet:
    """Open a set; `works` are versions, each with how its learner agreed; `judges` are ids of people.

    Raises `Refused`: number-of-works, no-judges, other-rubric, not-decided, gone.
    """
    refuse_if(why_not_open(len(works), len(judges)))
    for version, _ in works:
        refuse_if(why_not_compare(version, rubric))
    judging = JudgingSet.objects.create(title=title, rubric=rubric, opened_at=database_now(), opened_by_id=by.pk)
    judging.judges.set(judges)
    JudgedWork.objects.bulk_create(JudgedWork(judging=judging, version=one, consent=how) for one, how in works)
    return judging


@transaction.atomic
def close_judging(*, judging: JudgingSet, by: Person) -> JudgingSet:
    """End a set: nothing more is asked, and what was judged counts. Nothing changes where it is closed."""
    locked = JudgingSet.objects.select_for_update().get(pk=judging.pk)
    if locked.closed_at is None:
        locked.closed_at = database_now()
        locked.save()
    return locked


@transaction.atomic
def ask_pair(*, judging: JudgingSet, by: Person) -> Comparison | None:
    """The pair that waits for this judge, or a new one; None when nothing is left to ask them.

    One that they may no longer see is put aside. Lock order: set, comparison.
    """
    locked = JudgingSet.objects.select_for_update().get(pk=judging.pk)
    if locked.closed_at is not None:
        return None
    waiting = open_pair(locked, by)
    if waiting is not None and why_not_judge(waiting, by) is None:
        return waiting
    if waiting is not None:
        _put_aside(waiting)
    pair = next_pair(locked, by, random.SystemRandom())
    if pair is None:
        return None
    facts = {"judging": locked, "judge_id": by.pk, "asked_at": database_now()}
    return Comparison.objects.create(first_id=pair[0], second_id=pair[1], **facts)


@transaction.atomic
def judge_pair(*, comparison: Comparison, takes_first: bool, by: Person) -> Comparison:
    """Keep which of two works is the better one; saying the same again changes nothing.

    Raises `Refused`: judged, passed, closed, not-shown.
    """
    locked = _locked(comparison)
    better = locked.first_id if takes_first else locked.second_id
    if locked.judged_at is not None:
        refuse_if(None if locked.better_id == better else JUDGED)
        return locked
    refuse_if(why_not_judge(locked, by))
    locked.better_id, locked.judged_at = better, database_now()
    locked.save()
    return locked


@transaction.atomic
def pass_pair(*, comparison: Comparison, knows_first: bool, by: Person) -> Comparison:
    """Put a pair aside because the judge knows who made one of its works: a conflict that stands from now on.

    Raises `Refused`: judged, passed, closed, not-shown.
    """
    locked = _locked(comparison)
    refuse_if(why_not_judge(locked, by))
    known = locked.first if knows_first else locked.second
    _put_aside(locked)
    learner = known.version.submission.learner_id
    declare_conflict(grader_id=by.pk, learner_id=learner, kind=ConflictKind.DECLARED, source="comparison", by=by)
    return locked


def _put_aside(comparison: Comparison) -> None:
    comparison.passed_at = database_now()
    comparison.save()


def _locked(comparison: Comparison) -> Comparison:
    """The comparison with its set locked first."""
    JudgingSet.objects.select_for_update().get(pk=comparison.judging_id)
    rows = Comparison.objects.select_for_update(of=("self",)).select_related("judging", "first", "second")
    return rows.get(pk=comparison.pk)
