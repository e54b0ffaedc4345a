"""The figures of many runs: what the command prints and the administration draws."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from assessments.rules.allocation.tables import Floats
from assessments.rules.simulation.play import Outcome, played
from assessments.rules.simulation.policies import POLICIES
from assessments.rules.simulation.worlds import DAY, World, WorldOptions, draw_world


@dataclass(frozen=True, slots=True)
class PolicyFigures:
    """Means over the runs. `wrong`, `false_pass`, `false_fail`: shares of all submissions; `promises_kept`: share decided by
    the promised date; waiting from hand-in to decision in hours of the clock, nights and weekends included.
    `standard_error`: of `wrong`, from the differences between runs; of one run alone, binomial.
    """

    wrong: float
    false_pass: float
    false_fail: float
    marks_per_submission: float
    wait_hours_p50: float
    wait_hours_p95: float
    promises_kept: float
    standard_error: float


def simulate(options: WorldOptions, policies: Sequence[str], *, runs: int, seed: int) -> dict[str, PolicyFigures]:
    """The figures of each policy, all of them in the same worlds. The same seed gives the same figures."""
    rows: dict[str, list[Floats]] = {name: [] for name in policies}
    for run in range(runs):
        for name, row in run_once(options, policies, run=run, seed=seed):
            rows[name].append(row)
    return {name: _figures(np.array(rows[name]), options.submissions) for name in policies}


def run_once(options: WorldOptions, policies: Sequence[str], *, run: int, seed: int) -> Iterator[tuple[str, Floats]]:
    """One world, and what each policy makes of it: the same works in the same order, and a policy's own dice."""
    world = draw_world(options, np.random.default_rng([seed, run]))
    for name in policies:
        dice = np.random.default_rng([seed, run, zlib.crc32(name.encode())])
        yield name, _counted(world, played(world, POLICIES[name](options, dice), np.random.default_rng([seed, run, 0])))


def _counted(world: World, outcome: Outcome) -> Floats:
    """One run's figures in the order of `PolicyFigures`, without the standard error."""
    wait = outcome.decided_at - world.arrives
    middle, late = np.percentile(wait, [50, 95])
    return np.array([
        np.mean(outcome.passed != world.should_pass),
        np.mean(outcome.passed & ~world.should_pass),
        np.mean(~outcome.passed & world.should_pass),
        outcome.readings.mean(),
        middle,
        late,
        np.mean(wait <= world.options.promise_days * DAY),
    ])  # fmt: skip


def _figures(rows: Floats, submissions: int) -> PolicyFigures:
    means = rows.mean(axis=0)
    wrong = float(means[0])
    alone = (wrong * (1 - wrong) / submissions) ** 0.5
    error = float(rows[:, 0].std(ddof=1)) / len(rows) ** 0.5 if len(rows) > 1 else alone
    return PolicyFigures(*np.round([*means, error], 6).tolist())


def as_document(options: WorldOptions, figures: dict[str, PolicyFigures], *, runs: int, seed: int) -> dict[str, object]:
    """The one JSON document: what was played, and the figures of each policy."""
    world = asdict(options) | {"runs": runs, "seed": seed}
    return {"world": world, "policies": {name: asdict(one) for name, one in figures.items()}}
