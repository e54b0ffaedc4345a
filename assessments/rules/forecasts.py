"""The real queue's figures as a world for the simulator, and what is played in it. Source: rules.md 5.14."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, F

from assessments.models import EndOfLease, Lease, RubricBeliefs, SubmissionVersion
from assessments.rules.allocation import Beliefs
from assessments.rules.duty import Roster
from assessments.rules.graders import graders, rosters_of, with_hours
from assessments.rules.policies import policy_now
from assessments.rules.promises import ENOUGH_LEASES, RECENT_LEASES
from assessments.rules.simulation.figures import PolicyFigures, simulate
from assessments.rules.simulation.worlds import (
    CRITERIA,
    CRITERION_SD,
    HALO_SPAN,
    PASS_POINTS,
    WorldOptions,
)

WEEKS = 4
ENOUGH_HANDINS, ENOUGH_READINGS = 10, 30
COMPARED = ("production", "single", "double")
MOST_SUBMISSIONS, LEAST_SUBMISSIONS = 10_000, 100
WORKS_PLAYED = 12_000
"""How many works are played for each case, over all runs: a few seconds."""
MOST_GRADERS, AROUND = 60, 2
BASE = "the simulator’s base world"


@dataclass(frozen=True, slots=True)
class Source:
    """A figure of today's world for people, and where it comes from."""

    name: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Seed:
    """Today's queue as a world, and what each of its figures was taken from."""

    options: WorldOptions
    sources: tuple[Source, ...]

    @property
    def arrivals(self) -> int:
        """Works handed in a week."""
        return round(self.options.submissions / self.options.weeks)


def seed_of(now: datetime) -> Seed:
    """The world that today's figures describe; where too few exist, the base world's stand in, and the source says so.

    At most ten queries.
    """
    options, sources = WorldOptions(), []
    for found in (_arrivals(now), _graders(), _hours(), _minutes(), _promise(now), _budget(), _spreads()):
        changes, told = found
        options = replace(options, **changes)
        sources += told
    return Seed(options, tuple(sources))


Found = tuple[dict[str, Any], list[Source]]


def _arrivals(now: datetime) -> Found:
    count = SubmissionVersion.objects.filter(handed_in_at__gt=now - timedelta(weeks=WEEKS)).count()
    usual = WorldOptions()
    if count < ENOUGH_HANDINS:
        weekly = usual.submissions / usual.weeks
        return {}, [Source("Handed in", f"{weekly:.0f} a week", f"{BASE}: only {count} in the last four weeks")]
    weekly = count / WEEKS
    return {"submissions": works_of(weekly)}, [Source("Handed in", f"{weekly:.0f} a week", "the last four weeks")]


def works_of(weekly: float) -> int:
    """How many works a world of twenty weeks has, within what can be played."""
    return round(min(max(weekly * WorldOptions().weeks, LEAST_SUBMISSIONS), MOST_SUBMISSIONS))


def _graders() -> Found:
    count = graders().count()
    if count < 2:
        return {}, [
            Source("Graders", str(WorldOptions().graders), f"{BASE}: fewer than two may grade and aren’t paused")
        ]
    number = min(count, MOST_GRADERS)
    return {"graders": number}, [Source("Graders", str(number), "everyone who may grade and isn’t paused")]


def _hours() -> Found:
    rosters = with_hours(rosters_of(graders()))
    if not rosters:
        return {}, [
            Source("Hours of each", f"{WorldOptions().duty_hours:g} a week", f"{BASE}: nobody’s hours are known")
        ]
    hours = min(max(sum(map(_weekly, rosters)) / len(rosters), 0.5), 40.0)
    told = f"duty hours of {len(rosters)} grader{'' if len(rosters) == 1 else 's'}"
    return {"duty_hours": round(hours, 2)}, [Source("Hours of each", f"{hours:.1f} a week", told)]


def _weekly(roster: Roster) -> float:
    """Hours of duty in a week, six on a day at most."""
    days: dict[int, float] = {}
    for weekday, begins, ends in roster.hours:
        days[weekday] = days.get(weekday, 0.0) + (ends.hour - begins.hour) + (ends.minute - begins.minute) / 60
    return sum(min(hours, 6.0) for hours in days.values())


def _minutes() -> Found:
    sent = Lease.objects.filter(end=EndOfLease.SENT, released_at__isnull=False).order_by("-token")
    spans = [done - begun for begun, done in sent.values_list("taken_at", "released_at")[:RECENT_LEASES] if done]
    if len(spans) < ENOUGH_LEASES:
        told = f"{BASE}: only {len(spans)} readings were sent"
        return {}, [Source("A reading takes", f"{WorldOptions().reading_minutes:g} minutes", told)]
    minutes = min(max(sum(one.total_seconds() for one in spans) / 60 / len(spans), 1.0), 240.0)
    return {"reading_minutes": round(minutes, 1)}, [
        Source("A reading takes", f"{minutes:.0f} minutes", f"the last {len(spans)} that were sent")
    ]


def _promise(now: datetime) -> Found:
    recent = SubmissionVersion.objects.filter(
        handed_in_at__gt=now - timedelta(weeks=WEEKS), submission__promised_at__isnull=False
    )
    ahead = recent.aggregate(ahead=Avg(F("submission__promised_at") - F("handed_in_at")))["ahead"]
    if ahead is None:
        return {}, [
            Source("Promised after", f"{WorldOptions().promise_days:g} days", f"{BASE}: nothing was promised lately")
        ]
    days = min(max(ahead / timedelta(days=1), 1.0), 90.0)
    return {"promise_days": round(days, 2)}, [Source("Promised after", f"{days:.1f} days", "the last four weeks")]


def _budget() -> Found:
    percent = policy_now().further_percent
    told = Source("Further readings", f"{percent} for each 100 first ones", "the lead’s policy")
    return {"marks": 1 + percent / 100}, [told]


def _spreads() -> Found:
    """How much works and graders differ, from the beliefs about the rubric with most readings."""
    rows = RubricBeliefs.objects.filter(data__readings__gte=ENOUGH_READINGS).select_related("rubric")
    row = max(rows, key=lambda one: one.data["readings"], default=None)
    if row is None:
        told = f"{BASE}: fewer than {ENOUGH_READINGS} readings with one rubric"
        return {}, [Source("Spread of totals and of graders", "as published", told)]
    newest = row.rubric.versions.order_by("-number").prefetch_related("criteria").first()
    size = newest.criteria.count() if newest else 0
    pass_level = newest.pass_points / size if newest and size else PASS_POINTS / CRITERIA
    beliefs = Beliefs.from_data(row.data)
    told = f"{row.data['readings']} readings with “{row.rubric}”"
    return _world_of(beliefs, pass_level), [
        Source("Severity of graders", f"± {beliefs.severity_variance**0.5:.2f} a criterion", told),
        Source("Works", f"{beliefs.mean:.2f} ± {beliefs.variance**0.5:.2f} a criterion", told),
        Source("Error of a reading", f"± {beliefs.error**0.5:.2f} a criterion", told),
    ]


def _world_of(beliefs: Beliefs, pass_level: float) -> dict[str, float]:
    """The model's deviations that give these variances of marks a criterion; distance to the pass mark is kept.

    A total's error a criterion is sd² (h + (1 - h)/n) and rounding 1/12n; a grader's sd is the pool's times U(.7, 1.3).
    """
    halo = sum(HALO_SPAN) / 2
    share = (halo + (1 - halo) / CRITERIA) * (1 + 0.6**2 / 12)
    error = max(beliefs.error - 1 / (12 * CRITERIA), 0.0) / share
    ability = max(beliefs.variance - CRITERION_SD**2 / CRITERIA, 0.0)
    return {
        "severity_sd": min(beliefs.severity_variance**0.5, 3.0),
        "error_sd": min(error**0.5, 3.0),
        "ability_sd": min(ability**0.5, 3.0),
        "ability_mean": min(max(beliefs.mean + PASS_POINTS / CRITERIA - pass_level, 1.0), 5.0),
    }


def answer_of(today: WorldOptions, asked: WorldOptions, seed: int) -> dict[str, Any]:
    """Both cases played with each compared policy, and the policy in use with a few graders more and fewer.

    Seconds of one processor; never in a request.
    """
    runs = runs_of(asked)
    counts = sorted(set(_around(today.graders, asked.graders)))
    return {
        "today": _plain(simulate(today, COMPARED, runs=runs_of(today), seed=seed)),
        "asked": _plain(simulate(asked, COMPARED, runs=runs, seed=seed)),
        "range": [_with(asked, count, max(1, runs // 2), seed) for count in counts],
        "runs": runs,
    }


def runs_of(options: WorldOptions) -> int:
    """How many worlds are drawn: fewer large ones."""
    return min(max(WORKS_PLAYED // options.submissions, 2), 20)


def _around(*graders: int) -> Iterator[int]:
    """A few numbers of graders around both cases, eight at most."""
    low, high = max(2, min(graders) - AROUND), min(MOST_GRADERS, max(graders) + AROUND)
    step = max(1, -(-(high - low) // 5))
    yield from range(low, high + 1, step)
    yield from graders


def _with(options: WorldOptions, graders: int, runs: int, seed: int) -> dict[str, Any]:
    found = simulate(replace(options, graders=graders), ("production",), runs=runs, seed=seed)["production"]
    return {"graders": graders, **asdict(found)}


def _plain(figures: dict[str, PolicyFigures]) -> dict[str, Any]:
    return {name: asdict(one) for name, one in figures.items()}
