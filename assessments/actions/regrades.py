"""Regrading: count first who changes, then apply in one transaction. A pass is taken away by a named decision only.

Lock order: regrade, then attempts by id.
"""

import logging
import uuid
from collections.abc import Callable, Iterable, Sequence

from django.db import connection, transaction

from assessments.actions.banks import withdraw_question
from assessments.actions.scoring import scorable_items, score_attempt
from assessments.models import (
    AnswerKey,
    Attempt,
    AttemptItem,
    ItemScore,
    QuestionVersion,
    Regrade,
    RegradeChange,
    ScoringRun,
)
from assessments.models.attempts import CLOSED
from assessments.models.regrades import TRANSITIONS, Effect, Outcome, RegradeState
from assessments.rules.kinds import WrittenOption
from assessments.rules.option_lines import write_lines
from assessments.rules.regrades import (
    affected,
    change_of,
    corrected_answers,
    marks_before,
    why_not_apply,
    why_not_correct,
    why_not_decide,
    why_not_propose,
)
from assessments.signals import attempt_graded, regrade_asked
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import refuse_if
from courses.lib.states import why_not_move

log = logging.getLogger(__name__)
CHUNK = 500
COPY_SCORES = """
INSERT INTO assessments_itemscore (run_id, item_id, mark, max_mark)
SELECT pair.fresh, score.item_id, score.mark, score.max_mark
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS pair(old, fresh, item)
JOIN assessments_itemscore score ON score.run_id = pair.old AND score.item_id <> pair.item
"""


@transaction.atomic
def propose_regrade(
    *, version: QuestionVersion, effect: str, reason: str, options: Sequence[WrittenOption] = (), by: Person
) -> Regrade:
    """Ask what a correction would change; it is counted in the background and changes nothing yet.

    `options`: for `Effect.KEY` every line of the question, with what is right from now on. Refused as `why_not_correct`,
    and while another correction of the version is open.
    """
    version = QuestionVersion.objects.select_for_update(of=("self",)).select_related("answer_key").get(pk=version.pk)
    refuse_if(why_not_correct(version, effect, options, reason) or why_not_propose(version))
    is_key = effect == Effect.KEY
    regrade = Regrade.objects.create(
        version=version,
        effect=effect,
        answers=corrected_answers(version, options) if is_key else None,
        lines=write_lines(options) if is_key else "",
        reason=reason.strip(),
        made_by_id=by.pk,
        made_at=database_now(),
    )
    regrade_asked.send(sender=Regrade, regrade=regrade)
    return regrade


@transaction.atomic
def count_regrade(*, regrade_id: int) -> None:
    """Write down every attempt whose mark or result the correction changes. Doing it again counts afresh."""
    regrade = _locked(regrade_id)
    if regrade is None or regrade.state != RegradeState.COUNTING:
        return
    regrade.changes.all().delete()
    for changes in _changes(regrade):
        RegradeChange.objects.bulk_create(changes)
    regrade.state, regrade.counted_at = RegradeState.COUNTED, database_now()
    regrade.save(update_fields=["state", "counted_at"])


def _locked(regrade_id: int) -> Regrade | None:
    """The regrade's row, or None while somebody else works on it."""
    rows = Regrade.objects.select_for_update(of=("self",), skip_locked=True).select_related("version__answer_key")
    return rows.filter(pk=regrade_id).first()


def _changes(regrade: Regrade) -> Iterable[list[RegradeChange]]:
    """What changes, some hundred attempts at a time. Two queries for each portion."""
    after: uuid.UUID | None = None
    while items := list(_portion(regrade, after)):
        before = marks_before(items)
        yield [one for item in items if (one := change_of(regrade, item, before.get(item.pk)))]
        after = items[-1].attempt_id


def _portion(regrade: Regrade, after: uuid.UUID | None) -> Iterable[AttemptItem]:
    items = affected(regrade.version)
    return (items.filter(attempt_id__gt=after) if after else items)[:CHUNK]


@transaction.atomic
def apply_regrade(*, regrade: Regrade, by: Person) -> Regrade:
    """Have the counted correction applied in the background. Refused unless it is counted, or where it changes one's own."""
    regrade = Regrade.objects.select_for_update().get(pk=regrade.pk)
    refuse_if(why_not_move(TRANSITIONS, old=regrade.state, new=RegradeState.APPLYING))
    refuse_if(why_not_apply(regrade, by))
    regrade.state, regrade.applied_by_id = RegradeState.APPLYING, by.pk
    regrade.save(update_fields=["state", "applied_by"])
    regrade_asked.send(sender=Regrade, regrade=regrade)
    return regrade


@transaction.atomic
def drop_regrade(*, regrade: Regrade, by: Person) -> Regrade:
    """Leave everything as it is. Refused once it is being applied."""
    regrade = Regrade.objects.select_for_update().get(pk=regrade.pk)
    refuse_if(why_not_move(TRANSITIONS, old=regrade.state, new=RegradeState.DROPPED))
    regrade.state = RegradeState.DROPPED
    regrade.save(update_fields=["state"])
    return regrade


@transaction.atomic
def carry_out_regrade(*, regrade_id: int) -> None:
    """Apply: the correction holds from now on, and every attempt that it changes gets one scoring run.

    Attempts that are being closed at this moment are waited for; those that close later read the correction themselves.
    A pass that would be lost stays, with its old run, until `decide_pass`. A question that gives its mark to all, or to
    nobody, is drawn no more. Doing it again changes nothing.
    """
    regrade = _locked(regrade_id)
    if regrade is None or regrade.state != RegradeState.APPLYING:
        return
    asked = AttemptItem.objects.filter(version=regrade.version).values("attempt_id")
    list(Attempt.objects.filter(pk__in=asked).locked().order_by("pk").values_list("pk", flat=True))
    AnswerKey.objects.filter(version=regrade.version).update(correction=regrade)
    if regrade.effect != Effect.KEY and regrade.applied_by:
        withdraw_question(question=regrade.version.question, by=regrade.applied_by)
    regrade.changes.all().delete()
    for changes in _changes(regrade):
        _write(regrade, changes)
    regrade.state, regrade.applied_at = RegradeState.APPLIED, database_now()
    regrade.save(update_fields=["state", "applied_at"])


def _write(regrade: Regrade, changes: Sequence[RegradeChange]) -> None:
    """Runs for those who keep or gain, and an open decision for each pass at stake."""
    for one in changes:
        if one.passed_before and not one.passed_after:
            one.outcome = Outcome.OPEN
    _rescore(regrade, [one for one in changes if one.outcome != Outcome.OPEN])
    RegradeChange.objects.bulk_create(changes)


def _rescore(regrade: Regrade, changes: Sequence[RegradeChange]) -> None:
    """A run for each change: the old run's item scores with the one that the correction changes. Five statements and the
    receivers' own."""
    now, items = database_now(), _items_of(regrade, changes)
    old = [one.attempt.current_run_id for one in changes]
    runs = ScoringRun.objects.bulk_create(
        ScoringRun(
            attempt=one.attempt,
            score=one.score_after,
            max_score=one.maximum_after,
            passed=one.passed_after,
            reason=f"correction {regrade.pk}",
            made_at=now,
        )
        for one in changes
    )
    with connection.cursor() as cursor:
        cursor.execute(COPY_SCORES, [old, [run.pk for run in runs], [items[one.attempt_id].pk for one in changes]])
    ItemScore.objects.bulk_create(
        ItemScore(run=run, item=items[one.attempt_id], mark=one.mark_after, max_mark=items[one.attempt_id].max_mark)
        for one, run in zip(changes, runs, strict=True)
        if one.mark_after is not None
    )
    for one, run in zip(changes, runs, strict=True):
        one.run, one.attempt.current_run = run, run
    Attempt.objects.bulk_update([one.attempt for one in changes], ["current_run"])
    for one in (change for change in changes if change.attempt.scored):
        attempt_graded.send(sender=Attempt, attempt=one.attempt, passed=one.passed_after, first_time_graded=False)


def _items_of(regrade: Regrade, changes: Sequence[RegradeChange]) -> dict[uuid.UUID, AttemptItem]:
    attempts = [one.attempt_id for one in changes]
    return {item.attempt_id: item for item in AttemptItem.objects.filter(version=regrade.version, attempt__in=attempts)}


@transaction.atomic
def decide_pass(*, change: RegradeChange, withdraw: bool, reason: str, by: Person) -> RegradeChange:
    """Decide about a pass that an applied correction would take away, once, with a name and a reason.

    `withdraw`: the attempt is scored anew and the evidence that stands on it goes; otherwise everything stays. Of an
    attempt that was taken out of the count meanwhile the decision is kept, and nothing else happens.
    """
    rows = RegradeChange.objects.select_for_update(of=("self",)).select_related("regrade__version", "attempt")
    change = rows.get(pk=change.pk)
    refuse_if(why_not_decide(change, reason, by))
    change.outcome = Outcome.WITHDRAWN if withdraw else Outcome.KEPT
    change.decided_by_id, change.decided_at, change.reason = by.pk, database_now(), reason.strip()
    attempt = Attempt.objects.locked().select_related("exam", "exam_version").get(pk=change.attempt_id)
    if withdraw and attempt.state in CLOSED:
        name, items = f"correction {change.regrade_id}", scorable_items(attempt)
        change.run = score_attempt(attempt=attempt, items=items, reason=name, now=change.decided_at)
    change.save()
    return change


def sweep_regrades() -> int:
    """Count and apply what was asked for and missed; how many. Each in a transaction of its own: a fault stops no other."""
    deeds: dict[str, Callable[..., None]] = {
        RegradeState.COUNTING: count_regrade,
        RegradeState.APPLYING: carry_out_regrade,
    }
    waiting = list(Regrade.objects.filter(state__in=deeds).values_list("pk", "state"))
    return sum(_worked(deeds[state], pk) for pk, state in waiting)


def _worked(deed: Callable[..., None], regrade_id: int) -> bool:
    try:
        deed(regrade_id=regrade_id)
    except Exception:  # whatever is wrong with one, the others go on
        log.exception("regrade %s failed, the sweep tries again", regrade_id)
        return False
    return True


def work_on_regrade(*, regrade_id: int) -> None:
    """Count or apply one regrade, whichever it waits for."""
    count_regrade(regrade_id=regrade_id)
    carry_out_regrade(regrade_id=regrade_id)
