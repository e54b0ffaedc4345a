"""Odd graders are found, honest ones are left alone: the specified worlds, played with several seeds."""

import numpy as np
import pytest

from assessments.rules.statistics.graders.figures import band_of, grader_figures, pool_figures
from assessments.rules.statistics.graders.flags import FEWEST, flags_of
from assessments.rules.statistics.severity import Severity, linked_severity
from assessments.tests.grader_worlds import ODD, readings_of, world


def flags_in(readings):
    return flags_of(readings, linked_severity(readings.total_scores()))


def names(flags):
    return {flag.name for flag in flags}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("honest", "works", "twice"), [(12, 600, 0.5), (12, 1600, 0.25), (30, 1600, 0.5)])
def test_a_harsh_a_lenient_a_random_and_a_lazy_grader_are_flagged_and_honest_ones_not(seed, honest, works, twice):
    found = flags_in(world(seed, honest=honest, odd=ODD, works=works, twice=twice))

    assert [flags for flags in found[:honest] if flags] == []
    harsh, lenient, random, lazy = (names(flags) for flags in found[honest:])
    assert "harsh" in harsh and "lenient" in lenient and "random" in random and "same" in lazy


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("honest", [4, 12, 50])
def test_a_pool_of_honest_graders_has_no_flags(seed, honest):
    found = flags_in(world(seed, honest=honest, works=honest * 40))

    assert [names(flags) for flags in found if flags] == []


def test_honest_pools_are_wrongly_flagged_in_few_of_many_runs():
    wrong = sum(any(flags_in(world(seed, honest=12, works=300, twice=1.0))) for seed in range(60, 100))

    assert wrong <= 4


def test_marks_without_listening_and_the_same_mark_on_every_criterion_are_flagged():
    found = flags_in(world(3, odd=("hasty", "straight")))

    assert names(found[12]) == {"hasty"} and names(found[13]) == {"halo"}
    assert not any(found[:12])


@pytest.mark.parametrize(("skipped", "flagged"), [(4, set()), (5, set()), (10, {"unheard"})])
def test_who_often_sends_without_having_heard_is_flagged(skipped, flagged):
    rows = [(work, work % 3, [4, 3, 4, 4, 3 + work % 2], 900) for work in range(90)]
    heard = np.array([20.0 if work % 3 == 0 and work < 3 * skipped else 100.0 for work in range(90)])

    found = flags_in(readings_of(rows, 3, heard=heard))

    assert [names(flags) for flags in found] == [flagged, set(), set()]


def test_who_suddenly_marks_twice_as_fast_is_flagged():
    rows = [(work, work % 3, [4, 3, 4, 4, 3 + work % 2], 900) for work in range(120)]
    rows = [(*row[:3], 400 if row[1] == 1 and row[0] > 85 else 900) for row in rows]

    found = flags_in(readings_of(rows, 3))

    assert [names(flags) for flags in found] == [set(), {"faster"}, set()]
    assert (found[1][0].own, found[1][0].pool) == pytest.approx((400 / 600, 1.5))


def test_nobody_is_flagged_from_fewer_readings_than_are_needed():
    rows = [(work, grader, np.full(5, 4 if grader else 1), 10) for work in range(FEWEST - 1) for grader in range(4)]

    found = flags_in(readings_of(rows, 4))

    assert all(names(flags) <= {"hasty"} for flags in found)


def test_a_practical_with_much_alike_work_makes_nobody_central():
    """Graders 0 to 3 read one practical, where all work is good; 4 to 7 another, where it differs widely."""
    generator = np.random.default_rng(2)
    rows = []
    for work in range(400):
        group, level = work % 2, generator.normal(4, 0.2) if work % 2 == 0 else generator.normal(3, 1.2)
        for grader in generator.choice(4, 2, replace=False):
            marks = np.clip(np.round(level + generator.normal(0, 0.5, 5)), 1, 5)
            rows += [(work, 4 * group + grader, marks, 900)]
    readings = readings_of(rows, 8)
    apart = readings_of(rows, 8, practical=readings.work % 2)

    assert any(flags_in(readings)) and not any(flags_in(apart))


@pytest.mark.parametrize("rows", [[], [(0, 0, [3] * 5, 900)], [(0, 0, [3] * 5, 900), (0, 1, [3] * 5, 900)]])
def test_little_or_nothing_gives_figures_without_flags(rows):
    readings = readings_of(rows, len(rows))

    assert [one.flags for one in grader_figures(readings)] == [[] for _ in rows]
    pool = pool_figures(readings, readings)
    assert (pool.readings, pool.alpha, pool.gold_icc) == (len(rows), None, None)


@pytest.mark.parametrize(("estimate", "error", "band", "is_exact"), [
    (0.3, 0.2, "same", True),
    (0.3, 0.4, "same", False),
    (0.3, 0.6, "unknown", False),
    (-1.2, 0.4, "severe", False),
    (1.2, 0.2, "lenient", True),
    (-4.0, 0.9, "severe", False),
    (-2.0, 0.9, "unknown", False),
    (None, None, "unknown", False),
])  # fmt: skip
def test_severity_is_a_band_until_its_error_is_small(estimate, error, band, is_exact):
    found = band_of(Severity(estimate, error, 30))

    assert (found.band, found.is_exact) == (band, is_exact)


def test_figures_of_a_grader_are_those_of_their_own_pairs():
    rows = [(0, 0, [3, 3, 3, 3, 3], 900), (0, 1, [3, 4, 5, 3, 3], 900), (1, 1, [5] * 5, 900), (1, 2, [2] * 5, 900)]

    first, second, third = grader_figures(readings_of(rows, 3))

    assert (first.agreement.exact.hits, first.agreement.exact.n, first.agreement.adjacent.hits) == (3, 5, 4)
    assert (second.agreement.exact.n, second.agreement.works, second.agreement.same_result.hits) == (10, 2, 0)
    assert third.agreement.same_result.n == 1 and third.readings == 1
