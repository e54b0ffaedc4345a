"""The worlds of the simulator: what is true, what each grader would mark, when work arrives and who is on duty.

Choices where the specification leaves one. Severity is centred after drawing (subtract the mean over graders of the base
team). Marks are floor(x + ½), then clipped to 1-5. True levels are clipped to 1-5 before anything is marked, and the true
total is their unrounded sum. A grader's error sd and halo share are drawn once and hold for all their marks. With cohorts,
the works of a cohort are read first by its grader; otherwise whoever is free reads first, which is chance as far as the
work is concerned. Source: reviews.md, The simulator's worlds.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assessments.rules.allocation import Scale
from assessments.rules.allocation.tables import Bools, Floats

CRITERIA, LOWEST, HIGHEST, PASS_POINTS = 5, 1, 5, 18
ABILITY_MEAN, ABILITY_SD, CRITERION_SD = 3.75, 0.55, 0.30
ERROR_SPAN, HALO_SPAN = (0.7, 1.3), (0.35, 0.55)
NEW_GRADER_ERROR = 1.3
PEAK_WEEKS, PEAK_TIMES = (5, 15), 3.0
HOURS_A_WEEK, DAY, WORKDAYS = 168.0, 24.0, 5
EARLIEST, LATEST = 8.0, 18.0
SERVICE_SHAPE = 16.0
Whole = NDArray[np.int64]
SCALE = Scale(CRITERIA, LOWEST, HIGHEST, PASS_POINTS)


@dataclass(frozen=True, slots=True)
class WorldOptions:
    """What can be asked for. Deviations in points a criterion, times as their names say.

    `marks`: readings a submission that policies with a budget may spend. `leave_weeks`: whole weeks in which each grader
    is away. `drift`: how much lower a grader marks with each hour of the day's duty. `new_graders` come on top of
    `graders` from the fifth week on. `peaks`: two weeks bring three times the usual number.
    """

    submissions: int = 2000
    graders: int = 12
    severity_sd: float = 0.28
    error_sd: float = 0.55
    cohort_sd: float = 0.0
    marks: float = 1.25
    weeks: int = 20
    leave_weeks: int = 0
    drift: float = 0.0
    new_graders: int = 0
    peaks: bool = False
    duty_hours: float = 12.5
    reading_minutes: float = 40.0
    promise_days: float = 7.0

    @property
    def everyone(self) -> int:
        """Graders of the base team and those who come later."""
        return self.graders + self.new_graders


@dataclass(frozen=True, slots=True)
class World:
    """One draw. `should_pass` is the truth, which no policy gets; `levels` are marks before rounding, works × graders ×
    criteria; `totals` and `spreads` what rounding makes of them without drift. `cohort`: the grader who reads a work
    first, -1 for anyone. `arrives`: hour of the hand-in, from the first Monday at 0:00. `service`: hours of the first,
    second and third reading. `starts`: hour of the day at which each grader's duty begins. `joins`: week in which they
    come. `away`: graders × weeks.
    """

    options: WorldOptions
    should_pass: Bools
    levels: Floats
    totals: Whole
    spreads: Floats
    cohort: Whole
    arrives: Floats
    service: Floats
    starts: Floats
    joins: Floats
    away: Bools

    def marks_at(self, submission: int, grader: int, hours_on_duty: float) -> Floats:
        """The marks that a grader gives after so many hours of the day's duty."""
        return rounded(self.levels[submission, grader] - self.options.drift * hours_on_duty)


def rounded(levels: Floats) -> Floats:
    """Whole marks within the levels: halves go up."""
    return np.clip(np.floor(levels + 0.5), LOWEST, HIGHEST)


def draw_world(options: WorldOptions, rng: np.random.Generator) -> World:
    """One world of these options; the same generator state gives the same world."""
    count, team = options.submissions, options.everyone
    severity = rng.normal(0, options.severity_sd, team)
    severity -= severity[: options.graders].mean()
    deviation = options.error_sd * rng.uniform(*ERROR_SPAN, team)
    deviation[options.graders :] *= NEW_GRADER_ERROR
    cohort, shift = _cohorts(options, rng)
    truth = rng.normal(ABILITY_MEAN, ABILITY_SD, count) + shift
    truth = np.clip(truth[:, None] + rng.normal(0, CRITERION_SD, (count, CRITERIA)), LOWEST, HIGHEST)
    levels = truth[:, None, :] - severity[None, :, None] + _errors(deviation, count, rng)
    marks = rounded(levels)
    return World(
        options=options,
        should_pass=truth.sum(axis=1) >= SCALE.cut,
        levels=levels,
        totals=marks.sum(axis=2).astype(int),
        spreads=marks.var(axis=2, ddof=1),
        cohort=cohort,
        arrives=_arrivals(options),
        **_duty(options, rng),
    )


def _errors(deviation: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Errors of marks, works × graders × criteria: a share of each grader's variance is common to the criteria."""
    team = len(deviation)
    halo = rng.uniform(*HALO_SPAN, team)[None, :, None]
    common = rng.normal(size=(count, team, 1))
    own = rng.normal(size=(count, team, CRITERIA))
    return deviation[None, :, None] * (np.sqrt(halo) * common + np.sqrt(1 - halo) * own)


def _cohorts(options: WorldOptions, rng: np.random.Generator) -> tuple[Whole, Floats]:
    """The cohort of each work and how much better it is; cohorts are equal in size and in random order."""
    count = options.submissions
    if not options.cohort_sd:
        return np.full(count, -1), np.zeros(count)
    cohort = rng.permutation(np.arange(count) % options.graders)
    return cohort, rng.normal(0, options.cohort_sd, options.graders)[cohort]


def _arrivals(options: WorldOptions) -> Floats:
    """Weekly batches of equal size (but for peaks), each handed in on Monday at 0:00."""
    weights = np.ones(options.weeks)
    if options.peaks:
        weights[[week - 1 for week in PEAK_WEEKS if week <= options.weeks]] = PEAK_TIMES
    ends = np.cumsum(weights) / weights.sum() * options.submissions
    week = np.searchsorted(np.round(ends), np.arange(options.submissions), side="right")
    return np.minimum(week, options.weeks - 1) * HOURS_A_WEEK


def _duty(options: WorldOptions, rng: np.random.Generator) -> dict[str, Any]:
    """Times of readings and of graders. Leave is a random choice of the weeks of arrivals."""
    team, weeks = options.everyone, options.weeks
    mean = options.reading_minutes / 60
    away = np.zeros((team, weeks), bool)
    if options.leave_weeks:
        for grader in range(team):
            away[grader, rng.choice(weeks, min(options.leave_weeks, weeks), replace=False)] = True
    latest = max(LATEST - options.duty_hours / WORKDAYS, EARLIEST)
    joins = np.zeros(team)
    joins[options.graders :] = 4
    return {
        "service": rng.gamma(SERVICE_SHAPE, mean / SERVICE_SHAPE, (options.submissions, 3)),
        "starts": rng.uniform(EARLIEST, latest, team),
        "joins": joins,
        "away": away,
    }


def with_fewer(options: WorldOptions, graders: int) -> WorldOptions:
    """The same world with so many graders fewer, two at least."""
    return replace(options, graders=max(2, options.graders - graders))
