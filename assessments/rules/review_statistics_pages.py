"""What the pages of graders' figures show. They read what was computed at night, and how the queue stands now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q

from assessments.models import AskedBecause, GraderFigures, Review, ReviewStatistics, ReviewTask
from assessments.rules.policies import budget_of, policy_now
from assessments.rules.promises import Risk, risks_at
from assessments.rules.queues import QueueClass, classes_of
from assessments.rules.statistics.agreement import Share
from assessments.rules.statistics.graders.words import (
    ToldFlag,
    band_in_words,
    heard_in_words,
    methods_of,
    pace_in_words,
    scale_in_words,
    told_flag,
    too_few,
    why_no_severity,
)
from courses.lib.people import Person

LATELY = timedelta(days=14)
NOTHING = {"hits": 0, "n": 0}
"""What figures have that were stored before a share was among them."""


@dataclass(frozen=True, slots=True)
class ShownShare:
    """A share with its 95 % interval and n, shares of 1; None where there is nothing."""

    value: float | None
    interval: tuple[float, float] | None
    n: int


@dataclass(frozen=True, slots=True)
class ShownAgreement:
    """Agreement of marks and results; `too_few` says why nothing is shown."""

    exact: ShownShare
    adjacent: ShownShare
    same_result: ShownShare
    works: int
    too_few: str


def shown_share(stored: Mapping[str, int]) -> ShownShare:
    """A stored share {"hits", "n"}."""
    share = Share(stored["hits"], stored["n"])
    return ShownShare(share.value, share.interval, share.n)


def shown_agreement(stored: Mapping[str, Any]) -> ShownAgreement:
    """A stored `Agreement`."""
    return ShownAgreement(
        exact=shown_share(stored["exact"]),
        adjacent=shown_share(stored["adjacent"]),
        same_result=shown_share(stored["same_result"]),
        works=stored["works"],
        too_few=too_few(stored["works"]),
    )


@dataclass(frozen=True, slots=True)
class GraderPage:
    """One grader's figures in words. `flags` are for the lead; a grader's own page leaves them out."""

    row: GraderFigures
    agreement: ShownAgreement
    severity: str
    why_no_severity: str
    pace: str
    heard: str
    scale: Sequence[str]
    methods: Sequence[str]
    flags: Sequence[ToldFlag]


def grader_page(row: GraderFigures) -> GraderPage:
    """The page of a stored row. No query."""
    return GraderPage(
        row=row,
        agreement=shown_agreement(row.figures["agreement"]),
        severity=band_in_words(row.figures["severity"]),
        why_no_severity=why_no_severity(row.figures["severity"]),
        pace=pace_in_words(row.figures["pace"], row.figures["pool_pace"]),
        heard=heard_in_words(row.figures.get("heard")),
        scale=scale_in_words(row.figures),
        methods=methods_of(f"{row.statistics.since:%-d %B %Y}"),
        flags=[told_flag(flag) for flag in row.figures["flags"]],
    )


def own_page(grader: Person) -> GraderPage | None:
    """A grader's own newest figures, None before the first. Two queries."""
    latest = ReviewStatistics.objects.computed().only("pk").first()
    own = GraderFigures.objects.filter(statistics=latest, grader=grader.pk).select_related("statistics").first()
    return grader_page(own) if own else None


@dataclass(frozen=True, slots=True)
class ReasonHours:
    """Why marks were asked for: how many readings, and whole hours with their share of all, in percent."""

    label: str
    readings: int
    hours: float
    percent: int


@dataclass(frozen=True, slots=True)
class QueueNow:
    """The queue at this moment. `late`: past its date; `a_day`: readings sent a day in the last fourteen; `days`: how long
    what waits takes at that rate, None where nothing was sent; `risks`: promises that the hours on duty can't keep;
    `further`: readings beyond the first that the budget paid over 28 days, beside `firsts`.
    """

    classes: Sequence[QueueClass]
    waiting: int
    late: int
    oldest_at: datetime | None
    a_day: float
    days: float | None
    risks: Sequence[Risk]
    further: int
    firsts: int
    allowed_percent: int


@dataclass(frozen=True, slots=True)
class LeadPage:
    """The lead's page: the queue now, the night's figures (None before the first), and each grader."""

    queue: QueueNow
    latest: ReviewStatistics | None
    waiting: ReviewStatistics | None
    agreement: ShownAgreement | None
    drawn: ShownAgreement | None
    promises: ShownShare | None
    appeals: ShownShare | None
    wrong_side: ShownShare | None
    hours: Sequence[ReasonHours]
    graders: Sequence[GraderPage]
    methods: Sequence[str]

    @property
    def flagged(self) -> list[GraderPage]:
        """Graders to look at."""
        return [one for one in self.graders if one.flags]


def lead_page(now: datetime) -> LeadPage:
    """Everything that the lead sees. Nine queries, and those of promises at risk."""
    latest = ReviewStatistics.objects.computed().first()
    figures = latest.figures if latest else None
    rows = latest.graders.select_related("grader", "statistics").order_by("grader__name", "pk") if latest else ()
    return LeadPage(
        queue=queue_now(now),
        latest=latest,
        waiting=ReviewStatistics.objects.waiting().first(),
        agreement=shown_agreement(figures["agreement"]) if figures else None,
        drawn=shown_agreement(figures["drawn"]) if figures else None,
        promises=shown_share(figures["promises"]) if figures else None,
        appeals=shown_share(figures.get("appeals", NOTHING)) if figures else None,
        wrong_side=shown_share(figures.get("wrong_side", NOTHING)) if figures else None,
        hours=_hours(figures["hours"]) if figures else (),
        graders=[grader_page(row) for row in rows],
        methods=methods_of(f"{latest.since:%-d %B %Y}") if latest else (),
    )


def queue_now(now: datetime) -> QueueNow:
    """How the queue stands, and how long what waits takes at the rate of the last fourteen days."""
    classes = classes_of()
    found = ReviewTask.objects.waiting().aggregate(
        waiting=Count("pk"), late=Count("pk", filter=Q(due_at__lt=now)), oldest_at=Min("created_at")
    )
    a_day = Review.objects.filter(sent_at__gte=now - LATELY, sent_at__lt=now).count() / LATELY.days
    days = found["waiting"] / a_day if a_day else None
    policy = policy_now()
    budget = budget_of(policy, now)
    return QueueNow(
        classes, found["waiting"], found["late"], found["oldest_at"], a_day, days, risks_at(now),
        budget.further, budget.firsts, policy.further_percent,
    )  # fmt: skip


def _hours(stored: Sequence[Mapping[str, Any]]) -> list[ReasonHours]:
    whole = sum(one["hours"] for one in stored)
    return [
        ReasonHours(
            label=str(AskedBecause(one["because"]).label),
            readings=one["readings"],
            hours=one["hours"],
            percent=round(one["hours"] * 100 / whole) if whole else 0,
        )
        for one in stored
    ]
