"""The worlds of the simulator: what is true, what each grader would mark, when work arrives and who is on duty.

Choices where the specification leaves one. Severity is centred after drawing (subtract the mean over graders of the base
team). Marks are floor(x + ½), then clipped to 1-5. True levels are clipped to 1-5 before anything is marked, and the true
total is their unrounded sum. A grader's error sd and halo share are drawn once and hold for all their marks. Who reads a work
first is drawn at hand-in, each week in equal shares among those who are not away, so that no policy changes it; with cohorts,
the work's ability depends on it. (`pulled`: whoever is free reads first, as in production. Careful graders, busy with second
readings, then read fewer first ones.) Source: reviews.md, The simulator's worlds.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assessments.rules.allocation import Scale
from assessments.rules.allocation.tables import Bools, Floats

CRITERIA, LOWEST, HIGHEST, PASS_POINTS = 5, 1, 5, 18
ABILITY_MEAN, ABILITY_SD, CRITERION_SD = 3.75, 0.55, 0.30
ERROR_SPAN, HALO_SPAN = (0.7, 1.3), (0.35, 0.55)
NEW_GRADER_ERROR, WEEKS_BEFORE_NEW = 1.3, 4
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
    `graders` from the fifth week on. `peaks`: two weeks bring three times the usual number. `pulled`: first readings go
    to whoever is free.
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
    ability_mean: float = ABILITY_MEAN
    ability_sd: float = ABILITY_SD
    peaks: bool = False
    pulled: bool = False
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
    criteria; `totals` and `spreads` what rounding makes of them without drift. `first`: the grader who reads a work
    first, -1 for whoever is free. `arrives`: hour of the hand-in, from the first Monday at 0:00. `service`: hours of the first,
    second and third reading. `starts`: hour of the day at which each grader's duty begins. `away`: graders ×
    weeks.
    """

    options: WorldOptions
    should_pass: Bools
    levels: Floats
    totals: Whole
    spreads: Floats
    first: Whole
    arrives: Floats
    service: Floats
    starts: Floats
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
    arrives, away = _arrivals(options), _leave(options, rng)
    first = _dealt(arrives, away, rng)
    shift = rng.normal(0, options.cohort_sd, team)[first]
    truth = rng.normal(options.ability_mean, options.ability_sd, count) + shift
    truth = np.clip(truth[:, None] + rng.normal(0, CRITERION_SD, (count, CRITERIA)), LOWEST, HIGHEST)
    levels = truth[:, None, :] - severity[None, :, None] + _errors(deviation, count, rng)
    marks = rounded(levels)
    return World(
        options=options,
        should_pass=truth.sum(axis=1) >= SCALE.cut,
        levels=levels,
        totals=marks.sum(axis=2).astype(int),
        spreads=marks.var(axis=2, ddof=1),
        first=np.full(count, -1) if options.pulled and not options.cohort_sd else first,
        arrives=arrives,
        away=away,
        **_duty(options, rng),
    )


def _errors(deviation: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Errors of marks, works × graders × criteria: a share of each grader's variance is common to the criteria."""
    team = len(deviation)
    halo = rng.uniform(*HALO_SPAN, team)[None, :, None]
    common = rng.normal(size=(count, team, 1))
    own = rng.normal(size=(count, team, CRITERIA))
    return deviation[None, :, None] * (np.sqrt(halo) * common + np.sqrt(1 - halo) * own)


def _dealt(arrives: Floats, away: Bools, rng: np.random.Generator) -> Whole:
    """The first grader of each work: each week's are dealt in equal shares, in random order, to those who are here."""
    first = np.zeros(len(arrives), int)
    for week in range(away.shape[1]):
        here, works = np.flatnonzero(~away[:, week]), np.flatnonzero(arrives == week * HOURS_A_WEEK)
        here = here if len(here) else np.arange(len(away))
        first[rng.permutation(works)] = rng.permutation(here)[np.arange(len(works)) % len(here)]
    return first


def _arrivals(options: WorldOptions) -> Floats:
    """Weekly batches of equal size (but for peaks), each handed in on Monday at 0:00."""
    weights = np.ones(options.weeks)
    if options.peaks:
        weights[[week - 1 for week in PEAK_WEEKS if week <= options.weeks]] = PEAK_TIMES
    ends = np.cumsum(weights) / weights.sum() * options.submissions
    week = np.searchsorted(np.round(ends), np.arange(options.submissions), side="right")
    return np.minimum(week, options.weeks - 1) * HOURS_A_WEEK


def _leave(options: WorldOptions, rng: np.random.Generator) -> Bools:
    """Graders × weeks of arrivals: true in a grader's random weeks of leave, and before a new grader has come."""
    away = np.zeros((options.everyone, options.weeks), bool)
    away[options.graders :, :WEEKS_BEFORE_NEW] = True
    for grader in range(options.everyone if options.leave_weeks else 0):
        away[grader, rng.choice(options.weeks, min(options.leave_weeks, options.weeks), replace=False)] = True
    return away


def _duty(options: WorldOptions, rng: np.random.Generator) -> dict[str, Floats]:
    """How long readings take, and when each grader's day begins."""
    mean = options.reading_minutes / 60
    latest = max(LATEST - options.duty_hours / WORKDAYS, EARLIEST)
    return {
        "service": rng.gamma(SERVICE_SHAPE, mean / SERVICE_SHAPE, (options.submissions, 3)),
        "starts": rng.uniform(EARLIEST, latest, options.everyone),
    }
