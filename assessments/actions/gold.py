"""Gold: making it, giving it to graders unseen, comparing what they gave, and what follows from a miss."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction

from assessments.actions.appeals import recheck
from assessments.actions.graders import pause_grader
from assessments.actions.history import save_as
from assessments.actions.practicals import ask_for_reading
from assessments.models import (
    AskedBecause,
    Decision,
    GoldResult,
    GoldWork,
    GraderProfile,
    Review,
    ReviewKind,
    ReviewTask,
    SubmissionVersion,
    TaskState,
)
from assessments.rules.appeals import why_not_appeal
from assessments.rules.decisions import is_near_the_cut
from assessments.rules.gold import (
    QUALIFYING,
    Scored,
    gold_facts_of,
    gold_for,
    gold_hits,
    has_drifted,
    is_gold_due,
    is_qualified,
    is_unqualified,
    last_hit_at,
    must_qualify,
    qualifying_results,
    why_not_make_gold,
    why_not_release,
)
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import refuse_if

DRIFTED = "two of the last five calibration readings were off. Your lead goes through them with you."
NOT_QUALIFIED = (
    "the ten qualifying readings were not close enough to the panel's. Your lead goes through them with you."
)
RECHECKED = "The grader of this work lost calibration after reading it."
FARTHEST = timedelta(days=90)


@transaction.atomic
def make_gold(
    *, version: SubmissionVersion, marks: Mapping[str, int], rationale: str, consent: str, by: Person
) -> GoldWork:
    """Write a panel's marks of decided work, {criterion slug: points}, with their reasons and how the learner agreed.

    Not given to anybody before it is released. Raises `Refused` as `why_not_make_gold` says.
    """
    refuse_if(why_not_make_gold(version, marks))
    gold = GoldWork(
        version=version, marks=dict(marks), total=sum(marks.values()), rationale=rationale, consent=consent,
        made_by_id=by.pk,
    )  # fmt: skip
    return save_as(gold, by)


@transaction.atomic
def release_gold(*, gold: GoldWork, by: Person) -> GoldWork:
    """Give gold to graders from now on. Raises `Refused` where it was released or retired."""
    gold = GoldWork.objects.select_for_update().get(pk=gold.pk)
    refuse_if(why_not_release(gold))
    gold.released_at = database_now()
    return save_as(gold, by)


@transaction.atomic
def retire_gold(*, gold: GoldWork, by: Person) -> GoldWork:
    """Give gold to nobody any more; what was read of it stays. Nothing changes where it is retired or was never released."""
    gold = GoldWork.objects.select_for_update().get(pk=gold.pk)
    if gold.released_at is not None and gold.retired_at is None:
        gold.retired_at = database_now()
        save_as(gold, by)
    return gold


def draw_gold(*, grader: Person, midnight: datetime, now: datetime) -> ReviewTask | None:
    """The gold that this grader reads next, as a task of its own, where one is due; None otherwise.

    The caller holds the transaction of a claim. One that they were given and didn't read comes again.
    """
    if not is_gold_due(gold_facts_of(grader, midnight, now), now):
        return None
    waiting = ReviewTask.objects.waiting().filter(kind=ReviewKind.GOLD, wanted_grader_id=grader.pk).first()
    if waiting is not None:
        return waiting
    gold = gold_for(grader).select_related("version__submission").first()
    if gold is None or (gold.gave_back and not must_qualify(grader)):
        return None
    version = gold.version
    return ask_for_reading(
        version=version, kind=ReviewKind.GOLD, now=now, wanted=grader, because=AskedBecause.GOLD, due_at=now
    )


def drop_gold(*, task: ReviewTask) -> None:
    """What becomes of gold that its grader gave back: it is over. The caller holds its lock."""
    ReviewTask.objects.filter(pk=task.pk, kind=ReviewKind.GOLD).update(state=TaskState.CANCELLED)


def score_gold(*, review: Review, now: datetime) -> GoldResult:
    """Compare a reading with its panel's, and do what follows: qualify, pause, read borderline work again.

    The caller holds the transaction in which the reading was sent.
    """
    gold = GoldWork.objects.select_related("version__submission__rubric_version").get(
        version=review.submission_version_id
    )
    pass_points = gold.version.submission.rubric_version.pass_points
    scored = Scored(review.total, gold.total, pass_points)
    qualifying = is_unqualified(review.grader)
    result = GoldResult.objects.create(
        gold=gold, review=review, grader_id=review.grader_id, is_qualifying=qualifying, total=review.total,
        panel_total=gold.total, pass_points=pass_points, is_hit=scored.is_hit, scored_at=now,
    )  # fmt: skip
    if qualifying:
        _qualify(review.grader, now)
    elif has_drifted(gold_hits(review.grader_id)):
        _stop(review.grader, now)
    return result


def _qualify(grader: Person, now: datetime) -> None:
    newest = qualifying_results(grader)[:QUALIFYING]
    scored = [Scored(one.total, one.panel_total, one.pass_points) for one in newest]
    if len(scored) < QUALIFYING:
        return
    if not is_qualified(scored):
        pause_grader(grader=grader, reason=NOT_QUALIFIED, by=None)
        return
    profile, _ = GraderProfile.objects.get_or_create(grader_id=grader.pk)
    profile.accredited_at = now
    save_as(profile, None)


def _stop(grader: Person, now: datetime) -> None:
    """Pause, and have borderline work read again that this grader alone decided since their last hit."""
    pause_grader(grader=grader, reason=DRIFTED, by=None)
    since = max(last_hit_at(grader.pk) or now - FARTHEST, now - FARTHEST)
    for decision in borderline_since(grader, since):
        if why_not_appeal(decision, now) is None:
            recheck(decision=decision, reason=RECHECKED)


def borderline_since(grader: Person, since: datetime) -> list[Decision]:
    """Decisions that stand on one reading alone, this grader's, near the pass mark and later than that moment."""
    own = Review.objects.filter(grader_id=grader.pk, sent_at__gt=since).exclude(kind=ReviewKind.GOLD)
    decisions = Decision.objects.filter(version__reviews__in=own, appeal__isnull=True).select_related(
        "version", "appeal"
    )
    return [
        decision
        for decision in decisions
        if is_near_the_cut(int(decision.total), decision.pass_points)
        and decision.version.reviews.exclude(kind=ReviewKind.GOLD).count() == 1
    ]
