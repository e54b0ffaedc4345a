"""Who may take which work now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.functions import TransactionNow
from django.db.models import BooleanField, Exists, F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.expressions import Case, Combinable, ExpressionWrapper, Value, When
from django.db.models.fields import DateTimeField
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assessments.models import (
    EndOfLease,
    GoldWork,
    GraderProfile,
    Lease,
    Offer,
    Recording,
    Review,
    ReviewerPool,
    ReviewTask,
    TaskState,
)
from assessments.models.conflicts import Conflict, related
from assessments.models.reviews import ReviewTaskQuerySet
from assessments.rules.fatigue import Spell, why_not_go_on
from courses.lib.compiled import Compiled, OneOf
from courses.lib.people import Person
from courses.lib.refusals import Refusal

LEASE_SECONDS = 45 * 60
LEASE_PER_RECORDING = 3
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
HOLDS_ONE = Refusal("holds-one", gettext_noop("You hold one already; finish it or give it back first."))
NOT_FOR_YOU = Refusal("conflict", gettext_noop("You can’t mark this person’s work: a conflict of interest is known."))
TAKEN = Refusal(
    "taken", gettext_noop("Another grader has taken this work since, or it is done. Your draft stays here.")
)


@dataclass(frozen=True, slots=True)
class GraderFacts:
    """What decides whether a grader may take work, and which. `spells` are those of the last 24 hours."""

    now: datetime
    time_zone: str
    paused_because: str
    languages: Sequence[str]
    personas: Sequence[int]
    held_task: UUID | None
    held_until: datetime | None
    spells: tuple[Spell, ...]
    has_gold: bool

    @property
    def midnight(self) -> datetime:
        """When the grader's own day began."""
        local = self.now.astimezone(ZoneInfo(self.time_zone))
        return local.replace(hour=0, minute=0, second=0, microsecond=0)

    @property
    def lost_one(self) -> bool:
        """Whether what they held is past its time, and nobody has written that down yet."""
        return self.held_until is not None and self.held_until <= self.now


def facts_of(grader: Person) -> GraderFacts:
    """The facts of a grader at this moment of the database. One query."""
    now, zone, paused, languages, personas, task, until, begun, ended, has_gold = _facts.get(grader=grader.pk)
    spells = tuple(Spell(*one) for one in zip(begun, ended, strict=True))
    return GraderFacts(now, zone, paused, languages, personas, task, until, spells, has_gold)


@Compiled
def _facts(grader: Any) -> Any:
    profile = GraderProfile.objects.filter(grader=OuterRef("pk"))
    held = Lease.objects.live().filter(grader=OuterRef("pk"))
    recent = Lease.objects.filter(grader=OuterRef("pk"), taken_at__gt=TransactionNow() - DAY).order_by("taken_at")
    people = get_user_model()._default_manager.filter(pk=grader)
    return people.annotate(
        at=TransactionNow(),
        paused=Coalesce(Subquery(profile.values("pause_reason")), Value("")),
        languages=Subquery(profile.values("languages")),
        heard=ArraySubquery(
            GraderProfile.personas.through.objects.filter(graderprofile__grader=OuterRef("pk")).values("persona_id")
        ),
        held_task=Subquery(held.values("task_id")[:1]),
        held_until=Subquery(held.values("expires_at")[:1]),
        has_gold=Exists(GoldWork.objects.live()),
        begun=ArraySubquery(recent.values("taken_at")),
        ended=ArraySubquery(recent.annotate(until=_worked_until()).values("until")),
    ).values_list(
        "at", "time_zone", "paused", "languages", "heard", "held_task", "held_until", "begun", "ended", "has_gold"
    )


def _worked_until() -> Combinable:
    """When work on a lease stopped: at its end, now while it is held, and at the last sign of life where it ran out."""
    renewed = ExpressionWrapper(F("expires_at") - F("seconds") * Value(SECOND), output_field=DateTimeField())
    return Case(
        When(released_at__isnull=True, expires_at__gt=TransactionNow(), then=TransactionNow()),
        When(Q(released_at__isnull=True) | Q(end=EndOfLease.EXPIRED), then=renewed),
        default=F("released_at"),
        output_field=DateTimeField(),
    )


def why_not_claim(facts: GraderFacts) -> Refusal | None:
    """Why a grader can't take work now: they hold some, are paused, or need a rest. No query."""
    if facts.held_task is not None and not facts.lost_one:
        desk = reverse("assessments:desk", args=[facts.held_task])
        return Refusal(HOLDS_ONE.code, HOLDS_ONE.sentence, desk, _("Go on with it"))
    if facts.paused_because:
        return Refusal(
            "paused", _("You are not given work for now: %(paused_because)s") % {"paused_because": facts.paused_because}
        )
    return why_not_go_on(facts.spells, midnight=facts.midnight, now=facts.now)


def why_not_resume(facts: GraderFacts, task: ReviewTask) -> Refusal | None:
    """Why a grader can't take work again whose lease they lost: somebody else has it, or it is done. No query."""
    if task.state != TaskState.WAITING:
        return TAKEN
    return why_not_claim(facts)


def claimable_by(grader: Person, facts: GraderFacts) -> ReviewTaskQuerySet:
    """Waiting tasks that this grader may be given, in the order in which they are drawn. No query yet."""
    return cast(ReviewTaskQuerySet, claimable.queryset(**values_of(grader, facts)))


def values_of(grader: Person, facts: GraderFacts) -> dict[str, Any]:
    """What `claimable` compares with, for this grader."""
    return {
        "grader": grader.pk,
        "manager": grader.manager_id or 0,
        "organisation": grader.organisation_id or 0,
        "languages": list(facts.languages or []),
        "personas": list(facts.personas),
        "now": facts.now,
        "day_ago": facts.now - DAY,
    }


@Compiled
def claimable(
    grader: Any, manager: Any, organisation: Any, languages: Any, personas: Any, now: Any, day_ago: Any
) -> QuerySet[Any]:
    """Waiting tasks that may be given to a grader, in the order in which they are drawn. Source: rules.md 5.1, 5.2, 5.8.

    Left out: conflicts, practicals of other pools, personas and languages that the grader doesn't read, versions that
    they have marked, what they gave back within a day, and what is on offer to others. Each row carries `seconds`, how
    long its lease will hold. This is the one queryset behind the claim and the figures beside it.
    """
    handed_in_at = OuterRef("submission_version__handed_in_at")
    conflicts = Conflict.objects.filter(grader=grader, learner=OuterRef("submission__learner")).standing_for(
        handed_in_at
    )
    gave_back = Lease.objects.filter(
        task=OuterRef("pk"), grader=grader, end=EndOfLease.GIVEN_BACK, released_at__gt=day_ago
    )
    marked = Review.objects.filter(submission_version=OuterRef("submission_version"), grader=grader)
    offered = Offer.objects.filter(task=OuterRef("pk"), grader=grader)
    return (
        ReviewTask.objects.waiting()
        .exclude(related(grader, manager, organisation, to="submission__learner"))
        .filter(~Exists(conflicts), ~Exists(gave_back), ~Exists(marked), _in_pool_of(grader))
        .filter(Q(wanted_grader__isnull=True) | Q(wanted_grader=grader))
        .filter(Q(offered_until__isnull=True) | Q(offered_until__lte=now) | Exists(offered))
        .filter(Q(submission__brief__persona__isnull=True) | _read("submission__brief__persona", personas, "bigint"))
        .filter(_read("submission__language", languages, "varchar"))
        .annotate(seconds=_lease_seconds())
        .order_by("priority_class", "due_at", "shuffle")
    )


class _IsEmpty(Func):
    """Whether a list is empty."""

    template = "cardinality(%(expressions)s::%(cast)s[]) = 0"
    output_field = BooleanField()


def _read(field: str, values: Any, cast: str) -> Q:
    """Rows whose field is one of these; all rows where there are none."""
    listed = values if hasattr(values, "as_sql") else Value(values)
    return Q(_IsEmpty(listed, cast=cast)) | Q(OneOf(field, values, cast))


def _in_pool_of(grader: Any) -> Combinable:
    """Work that every grader reads, or that of the pools that this one belongs to."""
    pool = OuterRef("submission__practical__reviewer_pool")
    mine = ReviewerPool.members.through.objects.filter(reviewerpool_id=pool, user_id=grader)
    return Q(submission__practical__reviewer_pool__isnull=True) | Exists(mine)


def _lease_seconds() -> Greatest:
    shown = Recording.objects.filter(versions=OuterRef("submission_version")).order_by()
    lengths = shown.values("versions").annotate(total=Sum("duration_ms")).values("total")
    duration = Coalesce(Subquery(lengths), 0)
    return Greatest(LEASE_SECONDS, duration * LEASE_PER_RECORDING / 1000, output_field=IntegerField())
