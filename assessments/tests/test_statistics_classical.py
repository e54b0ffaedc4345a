"""Facility, item-total correlations, alpha and errors of measurement against published figures."""

import numpy as np
import pytest

from assessments.rules.statistics import classical
from assessments.rules.statistics.bootstrap import interval, resampled_sums
from assessments.rules.statistics.figures import exam_figures
from assessments.rules.statistics.tables import totals_of
from assessments.tests.mark_tables import abilities, drawn_forms, lsat_6, shrout_fleiss, table


def test_lsat_6_gives_the_figures_that_others_published():
    """Source: Rizopoulos 2006, Journal of Statistical Software 17(5), section 3.1 (R package ltm, descript)."""
    lsat = lsat_6()

    assert classical.facilities(lsat) == pytest.approx([0.924, 0.709, 0.553, 0.763, 0.870])
    whole = classical.item_totals(lsat, corrected=False)
    assert whole.round(4) == pytest.approx([0.3620, 0.5668, 0.6184, 0.5344, 0.4354])
    rest = classical.item_totals(lsat, corrected=True)
    assert rest.round(4) == pytest.approx([0.1128, 0.1532, 0.1728, 0.1444, 0.1216])
    assert classical.alpha(lsat.marks) == pytest.approx(0.2950, abs=5e-5)
    without = classical.alphas_if_dropped(lsat.marks)
    assert without == pytest.approx([0.2754, 0.2376, 0.2168, 0.2459, 0.2663], abs=5e-5)


def test_alpha_is_the_consistency_of_fixed_judges():
    """Source: Shrout & Fleiss 1979, table 4: ICC(3,4) = .91, which is alpha."""
    assert classical.alpha(shrout_fleiss().marks) == pytest.approx(0.9093, abs=5e-5)


def test_kr_20_by_hand():
    """Four items: p·q = 3/16 + 4/16 + 4/16 + 3/16 = 14/16; totals 4, 3, 1, 0 vary by 2.5 (both over n).

    KR-20 = 4/3 · (1 - 0.875 / 2.5) = 0.8667.
    """
    marks = np.array([[1, 1, 1, 1], [1, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]], dtype=float)

    assert classical.alpha(marks) == pytest.approx(4 / 3 * (1 - 0.875 / 2.5))


def test_alpha_without_an_item_is_alpha_of_the_others():
    marks = abilities(60, 7)

    fast = classical.alphas_if_dropped(marks)

    assert fast == pytest.approx([classical.alpha(np.delete(marks, item, axis=1)) for item in range(7)])


def test_the_interval_of_feldt_as_another_program_gives_it():
    """pingouin 0.7.0, cronbach_alpha of the same tables: [0.676, 0.986] and [0.247, 0.938]."""
    marks = shrout_fleiss().marks
    guttman = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 1, 0], [1, 1, 1, 0, 0], [1, 1, 0, 1, 0], [1, 0, 1, 0, 0],
                        [1, 1, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 0]], dtype=float)  # fmt: skip

    judges = classical.feldt_interval(classical.alpha(marks), persons=6, items=4)
    assert judges == pytest.approx((0.676, 0.986), abs=5e-4)
    assert classical.alpha(guttman) == pytest.approx(0.729167, abs=1e-6)
    assert classical.feldt_interval(0.7291667, persons=8, items=5) == pytest.approx((0.247, 0.938), abs=5e-4)


def test_drawing_persons_again_agrees_with_feldt_for_normal_scores():
    generator = np.random.default_rng(4)
    true, error = generator.normal(0.5, 0.08, (800, 1)), generator.normal(0, 0.12, (800, 10))
    found = exam_figures(table((true + error).clip(0, 1)))

    assert found.alpha_interval == pytest.approx(found.alpha_interval_feldt, abs=0.01)
    assert found.alpha_interval[0] < found.alpha < found.alpha_interval[1]


def test_errors_of_measurement():
    """Source: the table of Lord 1955 in points of 100: 6.4 for 40 items and 4.5 for 80, at 80 %."""
    lsat = lsat_6()
    found = exam_figures(lsat)

    assert classical.error_at_cut(0.8, 40) * 100 == pytest.approx(6.4, abs=0.01)
    assert classical.error_at_cut(0.8, 80) * 100 == pytest.approx(4.5, abs=0.01)
    assert found.sem == pytest.approx(lsat.marks.sum(axis=1).std(ddof=1) * (1 - 0.29499719) ** 0.5)
    assert found.sem_percent == pytest.approx(found.sem * 20)
    assert classical.standard_error(3.0, None) is None and classical.standard_error(3.0, 1.5) is None


@pytest.mark.parametrize(
    "marks",
    [[[1]], [[1, 0, 1]], [[1], [0], [1]], [[1, 1], [1, 1], [1, 1]], [[0.1, 0.2, 0.3]] * 4, [[1, 0], [0, 1]]],
)
def test_alpha_is_none_where_it_means_nothing(marks):
    array = np.array(marks, dtype=float)

    assert classical.alpha(array) is None
    assert set(classical.alphas_if_dropped(array)) <= {None}
    assert classical.feldt_interval(0.5, persons=1, items=4) is None


def test_an_item_or_a_total_that_does_not_vary_has_no_correlation():
    """The second item is always right, and without the first one all totals are alike, however floats add up."""
    found = classical.item_totals(table([[0, 0.1, 0.2], [1, 0.1, 0.2], [1, 0.1, 0.2]]), corrected=True)

    assert np.isnan(found).all()


def test_marks_with_other_maxima_give_the_correlation_of_the_marks():
    marks = np.array([[5, 1, 2], [3, 0, 2], [4, 1, 1], [0, 0, 0], [1, 1, 1]], dtype=float)
    found = classical.item_totals(table(marks, maxima=[5, 1, 2]), corrected=True)

    rest = marks.sum(axis=1, keepdims=True) - marks
    assert found == pytest.approx([np.corrcoef(marks[:, one], rest[:, one])[0, 1] for one in range(3)])


def test_drawn_forms_are_compared_by_what_their_difficulty_makes_expected():
    """With an item pool whose items differ a lot, plain shares of the other items would lower every correlation."""
    marks = abilities(4000, 30, spread=1.5)
    whole = classical.item_totals(table(marks), corrected=True)
    drawn = classical.item_totals(table(drawn_forms(marks, 15)), corrected=True)

    # Half the items measure a little worse; the order of the items stays.
    assert (drawn < whole + 0.05).all() and (drawn > whole - 0.15).all()
    assert np.corrcoef(whole, drawn)[0, 1] > 0.8


def test_totals_are_shares_of_what_was_seen():
    totals = totals_of(table([[1, 0, None], [2, None, 3], [None, None, None]], maxima=[2, 1, 3]))

    assert totals[:2] == pytest.approx([1 / 3, 1.0]) and np.isnan(totals[2])


def test_each_draw_takes_as_many_persons_and_the_same_seed_the_same_ones():
    columns = np.column_stack([np.ones(50), np.arange(50.0)])

    sums = resampled_sums(columns, draws=300)

    assert (sums[:, 0] == 50).all() and (sums == resampled_sums(columns, draws=300)).all()
    assert sums[:, 1].mean() == pytest.approx(1225, rel=0.01)
    assert sums[:, 1].std() == pytest.approx((50 * np.arange(50).var()) ** 0.5, rel=0.1)


def test_an_interval_needs_a_figure_that_nearly_every_draw_has():
    assert interval(np.arange(1000.0)) == pytest.approx((24.975, 974.025))
    assert interval(np.array([1.0] * 90 + [np.nan] * 10)) is None
    assert interval(np.array([np.nan])) is None
