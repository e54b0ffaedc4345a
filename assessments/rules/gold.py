"""Calibration: when a grader is given gold, what counts as a miss, who is qualified, who is paused.

Source: rules.md 5.19; reviews.md, Gold. The first part is pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Avg, Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext, gettext_noop

from assessments.models import (
    Comparison,
    EndOfLease,
    GoldResult,
    GoldWork,
    GraderProfile,
    Lease,
    Mark,
    Recording,
    Review,
    ReviewerPool,
    ReviewKind,
    SubmissionVersion,
)
from assessments.models.conflicts import clashes
from assessments.models.retention import GONE_STATES
from assessments.models.rubrics import HIGHEST_LEVEL, LOWEST_LEVEL
from assessments.rules.graders import graders
from courses.lib.people import Person
from courses.lib.refusals import Refusal

QUALIFYING = 10
WITHIN, NEAR_ENOUGH, RIGHT_SIDE = 2, 8, 9
"""To qualify: within two points on eight of ten, on the right side of the pass mark on nine."""
MOST_WRONG_SIDE = 1
LAST, MOST_MISSES = 5, 1
EVERY, MOST_PERCENT_OF_HOURS, WINDOW = 20, 2, timedelta(days=28)
IDLE, AFTER_IDLE = timedelta(days=7), 2
SEEN_BY_PERCENT = 50


@dataclass(frozen=True, slots=True)
class Scored:
    """One reading of gold: the grader's total, the panel's, and the pass mark."""

    total: int
    panel: int
    pass_points: int

    @property
    def is_right_side(self) -> bool:
        """Whether both pass or both fail."""
        return (self.total >= self.pass_points) == (self.panel >= self.pass_points)

    @property
    def is_near(self) -> bool:
        """Whether the totals are within two points."""
        return abs(self.total - self.panel) <= WITHIN

    @property
    def is_hit(self) -> bool:
        """Neither more than two points off, nor on the wrong side by more than one."""
        wrong = not self.is_right_side and abs(self.total - self.panel) > MOST_WRONG_SIDE
        return self.is_near and not wrong


def is_qualified(scored: Sequence[Scored]) -> bool:
    """Whether ten readings qualify: within two points on eight, on the right side on nine."""
    near, right = sum(one.is_near for one in scored), sum(one.is_right_side for one in scored)
    return len(scored) >= QUALIFYING and near >= NEAR_ENOUGH and right >= RIGHT_SIDE


def has_drifted(hits: Sequence[bool]) -> bool:
    """Whether two of the last five readings of gold missed; `hits` in the order in which they were given."""
    return sum(not hit for hit in hits[-LAST:]) > MOST_MISSES


@dataclass(frozen=True, slots=True)
class GoldFacts:
    """What decides whether a grader is given gold now. `since_gold`, `today`: ordinary readings since the last gold, and
    since their midnight; `last_at`: their newest reading; hours over 28 days; `after_idle`: gold read since they came back.
    """

    must_qualify: bool
    since_gold: int
    today: int
    last_at: datetime | None
    gold_hours: float
    hours: float
    after_idle: int = AFTER_IDLE


def is_gold_due(facts: GoldFacts, now: datetime) -> bool:
    """Whether the next work is gold: while qualifying; two after a week away; else the first of a day and every 20th.

    The last two only as far as gold takes no more than two hours of a hundred.
    """
    if facts.must_qualify:
        return True
    if facts.after_idle < AFTER_IDLE or (facts.last_at is not None and now - facts.last_at > IDLE):
        return True
    if facts.last_at is None or (facts.today and facts.since_gold < EVERY):
        return False
    return 100 * facts.gold_hours < MOST_PERCENT_OF_HOURS * facts.hours


NOT_DECIDED = Refusal("not-decided", gettext_noop("Gold is made of work that was decided."))


def why_not_make_gold(version: SubmissionVersion, marks: Mapping[str, int]) -> Refusal | None:
    """Why work can't become gold: undecided, marked live, deleted, or marks of another rubric. Four queries."""
    if not version.decisions.exists():
        return NOT_DECIDED
    if version.review_tasks.filter(wanted_grader__isnull=False).exclude(kind=ReviewKind.GOLD).exists():
        return Refusal("marked-live", gettext("It was marked live, so nothing of it is kept that others could read."))
    if version.recordings.filter(stored__in=GONE_STATES).exists():
        return Refusal("recording-gone", gettext("Its recording was deleted since, so nobody can read it."))
    slugs = set(version.submission.rubric_version.criteria.values_list("slug", flat=True))
    if set(marks) != slugs or not all(LOWEST_LEVEL <= points <= HIGHEST_LEVEL for points in marks.values()):
        return Refusal(
            "marks-missing",
            gettext("Give a level from 1 to 5 for each of: %(join)s.") % {"join": ", ".join(sorted(slugs))},
        )
    return None


def mean_levels(receipt: str) -> dict[str, int]:
    """What the readings of the work with this receipt came to, {criterion slug: level}, for a panel to begin with. One query."""
    marks = Mark.objects.filter(review__submission_version__receipt=receipt).exclude(review__kind=ReviewKind.GOLD)
    means = marks.order_by("criterion__position").values_list("criterion__slug").annotate(Avg("points"))
    return {slug: round(mean) for slug, mean in means}


def why_not_release(gold: GoldWork) -> Refusal | None:
    """Why gold can't be given out: it is already, or was retired."""
    if gold.retired_at is not None:
        return Refusal("wrong-state", gettext("It was retired; make another work gold instead."))
    return Refusal("wrong-state", gettext("It is given out already.")) if gold.released_at is not None else None


# What the rows say


def is_unqualified(grader: Person) -> bool:
    """Whether a grader is new: not called experienced or accredited, no ordinary reading sent, not yet ten qualifying ones."""
    proved = Q(is_experienced=True) | Q(accredited_at__isnull=False)
    if GraderProfile.objects.filter(proved, grader_id=grader.pk).exists():
        return False
    started = Review.objects.filter(grader_id=grader.pk).exclude(kind=ReviewKind.GOLD).exists()
    return not started and qualifying_results(grader).count() < QUALIFYING


def must_qualify(grader: Person) -> bool:
    """Whether a grader reads gold before any other work: they are unqualified, and there is enough gold for the rest of ten."""
    if not is_unqualified(grader):
        return False
    return gold_for(grader).count() >= QUALIFYING - qualifying_results(grader).count()


def qualifying_results(grader: Person) -> QuerySet[GoldResult]:
    """The newest readings of a grader that count for qualifying."""
    return GoldResult.objects.filter(grader_id=grader.pk, is_qualifying=True)


def most_readers() -> int:
    """How many graders may read a gold work before it is given to nobody any more. One query."""
    return max(1, graders().count() * SEEN_BY_PERCENT // 100)


def gold_for(grader: Person) -> QuerySet[Any]:
    """Gold that a grader may be given: without conflict, in their pools, not read, compared or made by them; least seen first.

    Works that half of the graders have seen are kept for qualifying new ones no more: the lead refreshes them. One whose
    recording was deleted is given to nobody, and one that they gave back comes last.
    """
    pool = OuterRef("version__submission__practical__reviewer_pool")
    mine = ReviewerPool.members.through.objects.filter(reviewerpool_id=pool, user_id=grader.pk)
    read = Review.objects.filter(submission_version=OuterRef("version"), grader_id=grader.pk)
    gone = Recording.objects.filter(versions=OuterRef("version"), stored__in=GONE_STATES)
    gave_back = Lease.objects.filter(
        task__submission_version=OuterRef("version"), grader_id=grader.pk, end=EndOfLease.GIVEN_BACK
    )
    beside = Q(first__version=OuterRef("version")) | Q(second__version=OuterRef("version"))
    compared = Comparison.objects.filter(beside, judge_id=grader.pk)
    works = GoldWork.objects.live().exclude(made_by_id=grader.pk)
    works = works.annotate(seen=Count("results"), gave_back=Exists(gave_back))
    works = works.exclude(clashes(grader, "version__submission__learner", OuterRef("version__handed_in_at")))
    in_pool = Q(version__submission__practical__reviewer_pool__isnull=True) | Exists(mine)
    return works.filter(in_pool, ~Exists(read), ~Exists(gone), ~Exists(compared), seen__lt=most_readers()).order_by(
        "gave_back", "seen", "pk"
    )


def gold_facts_of(grader: Person, midnight: datetime, now: datetime) -> GoldFacts:
    """The facts of a grader. Five queries at most."""
    sent = Review.objects.filter(grader_id=grader.pk)
    ordinary = sent.exclude(kind=ReviewKind.GOLD)
    newest = list(sent.order_by("-sent_at", "-pk").values_list("kind", "sent_at")[: EVERY + 1])
    since_gold = next((place for place, (kind, _) in enumerate(newest) if kind == ReviewKind.GOLD), len(newest))
    gold_hours, hours = _hours(grader, now)
    return GoldFacts(
        must_qualify=must_qualify(grader),
        since_gold=since_gold,
        today=ordinary.filter(sent_at__gte=midnight).count(),
        last_at=newest[0][1] if newest else None,
        gold_hours=gold_hours,
        hours=hours,
        after_idle=_gold_since_return(newest),
    )


def _gold_since_return(newest: Sequence[tuple[Any, datetime]]) -> int:
    """How many gold works were read since a pause of a week ended; enough where there was none lately."""
    for place, ((_, later), (_, earlier)) in enumerate(pairwise(newest), 1):
        if later - earlier > IDLE:
            return sum(kind == ReviewKind.GOLD for kind, _ in newest[:place])
    return AFTER_IDLE


def _hours(grader: Person, now: datetime) -> tuple[float, float]:
    """Hours spent on gold, and on all, over 28 days."""
    leases = Lease.objects.filter(grader_id=grader.pk, end=EndOfLease.SENT, taken_at__gt=now - WINDOW)
    spent = {True: 0.0, False: 0.0}
    for kind, taken, done in leases.values_list("task__kind", "taken_at", "released_at"):
        if done is not None:
            spent[kind == ReviewKind.GOLD] += (done - taken).total_seconds() / 3600
    return spent[True], spent[True] + spent[False]


def calibration_of(grader_id: int) -> list[GoldResult]:
    """A grader's newest twenty readings of gold, with what the panel gave and why. One query."""
    rows = GoldResult.objects.filter(grader_id=grader_id)
    return list(rows.select_related("gold__version__submission__practical")[:20])


def gold_hits(grader_id: int) -> list[bool]:
    """Whether a grader's last readings of gold hit, the oldest first. One query."""
    return list(GoldResult.objects.filter(grader_id=grader_id).values_list("is_hit", flat=True)[:LAST])[::-1]


def last_hit_at(grader_id: int) -> datetime | None:
    """When a grader last agreed with a panel. One query."""
    found = GoldResult.objects.filter(grader_id=grader_id, is_hit=True).first()
    return found.scored_at if found else None
