"""Agreement, intraclass correlation and severity of raters against published figures and against their definitions."""

import numpy as np
import pytest

from assessments.rules.statistics import agreement
from assessments.rules.statistics.intraclass import icc_2_1
from assessments.rules.statistics.rater_figures import Scale, rater_figures
from assessments.rules.statistics.severity import linked_severity
from assessments.tests import score_tables
from assessments.tests.mark_tables import SHROUT_FLEISS
from assessments.tests.score_tables import (
    KRIPPENDORFF,
    alpha_by_definition,
    kappa_by_definition,
    linked_rows,
    rows_of,
    scores_of,
    severities_by_definition,
)

LEVELS = ("nominal", "ordinal", "interval")


def random_tables():
    """Forty small tables of 1 to 5, half of them with gaps."""
    generator = np.random.default_rng(5)
    for number in range(40):
        cells = generator.integers(1, 6, (generator.integers(2, 25), generator.integers(2, 6)))
        gaps = generator.random(cells.shape) < 0.3 * (number % 2)
        yield [
            [None if gap else int(cell) for cell, gap in zip(*row, strict=True)]
            for row in zip(cells, gaps, strict=True)
        ]


def test_krippendorffs_data_with_gaps_give_what_he_published():
    """Source: Krippendorff 2011, section D: .743, .815, .849."""
    found = rater_figures(scores_of(rows_of(KRIPPENDORFF)))

    assert [found.alpha_nominal, found.alpha_ordinal, found.alpha_interval] == pytest.approx(
        [0.743, 0.815, 0.849], abs=5e-4
    )
    assert (found.units, found.raters, found.icc_2_1, found.kappa_quadratic) == (12, 4, None, None)


@pytest.mark.parametrize("level", LEVELS)
def test_alpha_is_that_of_the_matrix_of_coincidences(level):
    for table in random_tables():
        found = getattr(rater_figures(scores_of(rows_of(table))), f"alpha_{level}")

        assert found == pytest.approx(alpha_by_definition(table, getattr(score_tables, level)), abs=1e-12)


def test_shrout_and_fleiss_give_what_they_published():
    """Source: Shrout & Fleiss 1979, table 4: .29; interval as in McGraw & Wong 1996 (R package psych: .019 to .761)."""
    found = icc_2_1(np.array(SHROUT_FLEISS, dtype=float))

    assert found.value == pytest.approx(0.2898, abs=5e-5)
    assert found.interval == pytest.approx((0.0188, 0.7611), abs=5e-5)


def test_shares_of_pairs_are_counted_by_hand():
    rows = [(0, 0, 3), (0, 1, 3), (0, 2, 4), (1, 0, 1), (1, 1, 3), (2, 0, 5)]

    found = rater_figures(scores_of(rows))

    assert (found.exact.hits, found.adjacent.hits, found.exact.n) == (1, 3, 4)


def test_adjacent_means_within_one_for_decimals_too():
    rows = [(0, 0, 4.1), (0, 1, 3.1), (1, 0, 2.0), (1, 1, 3.01), (2, 0, -0.5), (2, 1, 0.5)]

    assert rater_figures(scores_of(rows)).adjacent.hits == 2


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"), [(8, 10, 0.4902, 0.9433), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0)]
)
def test_wilsons_interval(hits, n, low, high):
    """Source: prop.test(correct = FALSE) of R, and Newcombe 1998."""
    assert agreement.wilson(hits, n) == pytest.approx((low, high), abs=5e-5)
    assert agreement.wilson(0, 0) is None


def test_kappa_has_its_weights_from_the_full_scale():
    pairs = [(1, 1), (1, 2), (2, 2), (5, 4), (5, 5), (4, 4), (2, 1), (1, 5), (5, 5), (4, 2)]
    scores = scores_of([(u, r, score) for u, pair in enumerate(pairs) for r, score in enumerate(pair)])

    found = rater_figures(scores, scale=Scale(1, 5)).kappa_quadratic

    assert found == pytest.approx(kappa_by_definition(pairs, 1, 5))
    without_gap = [tuple(score - (score > 3) for score in pair) for pair in pairs]
    assert abs(found - kappa_by_definition(without_gap, 1, 4)) > 0.01


@pytest.mark.parametrize(("rows", "kappa"), [
    ([(0, 0, 3), (0, 1, 3), (1, 0, 3), (1, 1, 3)], None),
    ([(0, 0, 3), (0, 1, 3), (1, 0, 3), (1, 1, 4)], 0.0),
    ([(0, 0, 3), (1, 1, 3)], None),
    ([(0, 0, 3), (0, 1, 6), (1, 0, 3), (1, 1, 4)], None),
    ([(0, 0, 3), (0, 1, 3.5), (1, 0, 3), (1, 1, 4)], None),
])  # fmt: skip
def test_kappa_of_constant_raters_and_of_scores_that_are_no_category(rows, kappa):
    found = rater_figures(scores_of(rows), scale=Scale(1, 5))

    assert found.kappa_quadratic == kappa


@pytest.mark.parametrize(
    "rows",
    [[], [(0, 0, 3)], [(0, 0, 3), (1, 0, 4)], [(0, 0, 3), (1, 1, 4)], [(0, 0, 2), (0, 1, 2)], [(0, 0, 1e99), (0, 1, 1e99)]],
)  # fmt: skip
def test_what_is_undefined_is_none(rows):
    found = rater_figures(scores_of(rows))

    assert {found.alpha_nominal, found.alpha_ordinal, found.alpha_interval, found.icc_2_1, found.kappa_quadratic} == {
        None
    }
    assert {one.estimate for one in found.severity.values()} <= {None}


def test_complete_agreement_is_one_and_has_no_interval_of_icc():
    found = rater_figures(scores_of(rows_of([[1, 1], [4, 4], [2, 2]])))

    assert [found.exact.value, found.alpha_nominal, found.alpha_ordinal, found.icc_2_1] == pytest.approx([1, 1, 1, 1])
    assert found.icc_2_1_interval is None and found.kappa_quadratic == 1
    assert found.severity["r0"].estimate == pytest.approx(0) and found.severity["r0"].standard_error == pytest.approx(0)


def test_figures_do_not_change_with_the_order_of_rows_or_the_unit_of_scores():
    rows = rows_of(KRIPPENDORFF)
    plain = rater_figures(scores_of(rows))
    moved = rater_figures(scores_of([(u, r, score * 1e6 - 4e6) for u, r, score in rows[::-1]]))

    assert moved.alpha_interval == pytest.approx(plain.alpha_interval)
    assert moved.alpha_ordinal == pytest.approx(plain.alpha_ordinal)
    assert moved.severity["r2"].estimate == pytest.approx(plain.severity["r2"].estimate * 1e6)


def test_small_differences_between_large_scores_are_differences():
    moved = [[score + 1e6 for score in row] for row in SHROUT_FLEISS]

    plain, found = (rater_figures(scores_of(rows_of(table))) for table in (SHROUT_FLEISS, moved))

    assert found.icc_2_1 == pytest.approx(plain.icc_2_1) and found.alpha_interval == pytest.approx(plain.alpha_interval)
    assert found.severity["r0"].estimate == pytest.approx(plain.severity["r0"].estimate)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scale", [1e99, 1e-99])
def test_very_large_and_very_small_scores_are_scores(scale):
    found = rater_figures(scores_of(rows_of([[score * scale for score in row] for row in SHROUT_FLEISS])))

    assert found.icc_2_1 == pytest.approx(0.2898, abs=5e-5) and found.icc_2_1_interval is not None


def test_with_criteria_agreement_is_per_criterion_and_icc_and_severity_are_of_totals():
    generator = np.random.default_rng(3)
    marks = generator.integers(1, 6, (30, 3, 5)) // 2 + generator.integers(0, 3, (30, 1, 5))
    rows = [(u, r, c, marks[u, r, c]) for u in range(30) for r in range(3) for c in range(5)]
    generator.shuffle(rows)

    found = rater_figures(scores_of(rows))

    totals = rater_figures(scores_of(rows_of(marks.sum(axis=2).tolist())))
    cells = rater_figures(scores_of(rows_of(marks.transpose(0, 2, 1).reshape(150, 3).tolist())))
    assert found.icc_2_1 == totals.icc_2_1 and found.icc_2_1_interval == totals.icc_2_1_interval
    assert found.severity == totals.severity and found.units == 30
    assert (found.alpha_ordinal, found.exact, found.adjacent) == (cells.alpha_ordinal, cells.exact, cells.adjacent)


def test_who_left_out_a_criterion_has_no_total_there():
    rows = [(u, r, c, (u * r + c) % 4) for u in range(6) for r in range(3) for c in range(2)]

    found = rater_figures(scores_of([row for row in rows if row[:3] != (2, 1, 0)]))

    assert found.icc_2_1 is None
    assert [one.shared for one in found.severity.values()] == [6, 5, 6]


def test_severity_of_a_complete_table_is_the_mean_deviation_shrunken_by_the_formula():
    table = np.array(SHROUT_FLEISS, dtype=float)
    deviations = table.mean(axis=0) - table.mean()
    error = ((table - table.mean(axis=1, keepdims=True) - deviations) ** 2).sum() / 15
    tau2 = (6 * (deviations**2).sum() / 3 - error) / 6

    found = linked_severity(scores_of(rows_of(SHROUT_FLEISS)))

    assert [one.estimate for one in found] == pytest.approx(list(deviations * tau2 / (tau2 + error / 6)), rel=1e-5)


def test_severity_is_that_of_the_whole_matrix_of_variances():
    rows = linked_rows(np.random.default_rng(1), severities=np.linspace(-2, 2, 8), units=120)

    found = linked_severity(scores_of(rows))

    ratios = np.exp(np.linspace(-4, 3, 29))
    fits = [severities_by_definition(rows, ratio * 4.4, 4.4) for ratio in ratios]
    distances = [np.abs([one.estimate for one in found] - fit[0]).max() for fit in fits]
    best = int(np.argmin(distances))
    assert distances[best] < 0.03
    assert [one.standard_error for one in found] == pytest.approx(list(fits[best][1]), rel=0.1)


def test_known_severities_are_found_within_their_errors():
    missed = total = 0
    for seed in range(20):
        generator = np.random.default_rng(seed)
        true = generator.normal(0, 1.4, 12)
        found = linked_severity(scores_of(linked_rows(generator, severities=true, units=150)))
        for one, value in zip(found, true - true.mean(), strict=True):
            missed += abs(one.estimate - value) > agreement.Z95 * one.standard_error
            total += 1

    assert 0.02 < missed / total < 0.09


def test_severity_is_not_fooled_by_who_got_the_better_work():
    """Rater 0 gets the strong cohort, rater 1 the weak one; neither is severe."""
    generator = np.random.default_rng(8)
    rows = []
    for unit in range(400):
        strong = unit % 2
        pair = (0 if strong else 1, int(generator.integers(2, 6)))
        rows += [(unit, rater, 15 + 6 * strong + generator.normal(0, 1)) for rater in pair]

    found = linked_severity(scores_of(rows))

    assert abs(found[0].estimate) < 0.3 and abs(found[1].estimate) < 0.3


def test_few_raters_who_happen_to_look_alike_are_not_taken_as_known():
    rows = rows_of([[18, 20], [21, 19], [15, 17], [20, 18]])

    found = linked_severity(scores_of(rows))

    assert found[0].estimate == pytest.approx(0, abs=1e-6) and found[0].standard_error > 0.2


def test_groups_of_raters_without_a_common_unit_know_less_of_each_other():
    generator = np.random.default_rng(4)
    left = linked_rows(generator, severities=[-1, 0, 1], units=60)
    right = [(u + 60, r + 3, y) for u, r, y in linked_rows(generator, severities=[-1, 0, 1], units=60)]

    apart = linked_severity(scores_of(left + right, raters=7))
    together = linked_severity(scores_of([*left, *right, *((200 + n, n % 6, 18) for n in range(12)),
                                          *((200 + n, (n + 3) % 6, 18) for n in range(12))]))  # fmt: skip

    assert apart[0].estimate < -0.4 < 0.4 < apart[2].estimate
    assert sum(one.estimate for one in apart[:3]) == pytest.approx(0, abs=1e-9)
    assert apart[0].standard_error > 1.2 * together[0].standard_error
    assert (apart[6].estimate, apart[6].standard_error, apart[6].shared) == (None, None, 0)
