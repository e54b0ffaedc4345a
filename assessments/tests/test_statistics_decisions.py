"""Decision consistency and accuracy, true scores, the quick check."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta, binom, multivariate_normal

from assessments.rules.statistics import consistency
from assessments.rules.statistics.tables import variance_of
from assessments.rules.statistics.true_scores import BetaScores, fit, raw_moments, true_moments


def observed(a, b, low, high, items):
    """The exact distribution of observed shares: every possible score and its probability."""
    scores = np.arange(items + 1)
    chances = [
        quad(lambda u, x=x: binom.pmf(x, items, low + (high - low) * u) * beta.pdf(u, a, b), 0, 1)[0] for x in scores
    ]
    return scores / items, np.array(chances)


def moments_of(shares, chances):
    return np.array([chances @ shares**power for power in range(1, 5)])


@pytest.mark.parametrize("shape", [(5, 3, 0.25, 0.75), (2, 4, 0.1, 0.9), (4, 1.5, 0.3, 0.98), (3, 3, 0.2, 0.8)])
def test_the_distribution_behind_the_scores_is_found_again(shape):
    a, b, low, high = shape
    found = fit(moments_of(*observed(*shape, 40)), 40)

    assert (found.a, found.b, found.low, found.high) == pytest.approx((a, b, low, high), rel=1e-4)
    assert found.parameters == 4


@pytest.mark.parametrize("shape", [(5, 3, 0.25, 0.75), (4, 1.5, 0.3, 0.98), (20, 5, 0.0, 1.0), (0.6, 0.4, 0.1, 1.0)])
@pytest.mark.parametrize("cut", [0.6, 0.8])
def test_figures_are_the_integrals_over_the_true_scores(shape, cut):
    """Against adaptive integration of the same model: another density, another binomial, another integrator."""
    a, b, low, high = shape
    shares, chances = observed(*shape, 40)
    moments = moments_of(shares, chances)
    variance = moments[1] - moments[0] ** 2
    true_variance = (high - low) ** 2 * beta.var(a, b)

    found = consistency.decisions(moments, variance, reliability=true_variance / variance, cut=cut)

    assert found.length == pytest.approx(40, rel=1e-6) and found.points == round(cut * 40)
    passes = lambda u: binom.sf(found.points - 1, 40, low + (high - low) * u)  # noqa: E731
    place = float(np.clip((cut - low) / (high - low), 0, 1))
    whole = {"points": [place], "limit": 200}
    same = quad(lambda u: (passes(u) ** 2 + (1 - passes(u)) ** 2) * beta.pdf(u, a, b), 0, 1, **whole)[0]
    passing = quad(lambda u: passes(u) * beta.pdf(u, a, b), 0, 1, **whole)[0]
    false_pass = quad(lambda u: passes(u) * beta.pdf(u, a, b), 0, place, limit=200)[0]
    false_fail = quad(lambda u: (1 - passes(u)) * beta.pdf(u, a, b), place, 1, limit=200)[0]
    chance = passing**2 + (1 - passing) ** 2
    assert found.consistency == pytest.approx(same, abs=2e-4)
    assert found.kappa == pytest.approx((same - chance) / (1 - chance), abs=2e-3)
    assert (found.false_pass, found.false_fail) == pytest.approx((false_pass, false_fail), abs=2e-4)
    assert found.accuracy == pytest.approx(1 - false_pass - false_fail, abs=4e-4)


def test_two_sittings_of_the_same_people_agree_as_foretold():
    generator = np.random.default_rng(7)
    true = 0.3 + 0.65 * generator.beta(4, 2, 200_000)
    first, second = (generator.binomial(50, true) / 50 for _ in range(2))

    reliability = float(np.corrcoef(first, second)[0, 1])
    found = consistency.decisions(raw_moments(first), variance_of(first), reliability=reliability, cut=0.8)

    assert found.length == pytest.approx(50, rel=0.02)
    assert found.consistency == pytest.approx(((first >= 0.8) == (second >= 0.8)).mean(), abs=0.005)
    assert found.accuracy == pytest.approx(((first >= 0.8) == (true >= 0.8)).mean(), abs=0.005)
    assert found.false_pass == pytest.approx(((first >= 0.8) & (true < 0.8)).mean(), abs=0.005)


@pytest.mark.parametrize(
    ("cut", "full", "points"), [(0.8, 40, 32), (0.8, 43, 35), (0.55, 100, 55), (0.6, 30.68, 19), (1.0, 7, 7)]
)
def test_the_cut_is_rounded_up_and_not_by_floating_point(cut, full, points):
    assert consistency.points_needed(cut, full) == points


def test_moments_of_true_scores_have_the_variance_that_the_reliability_says():
    shares = np.array([0.2, 0.4, 0.55, 0.6, 0.7, 0.8, 0.9, 1.0])
    length = consistency.effective_length(shares.mean(), shares.var(), 0.7)

    mean, second, *_ = true_moments(raw_moments(shares), length)

    assert mean == pytest.approx(shares.mean())
    assert second - mean**2 == pytest.approx(0.7 * shares.var())


def test_impossible_moments_fall_back_to_two_parameters():
    """Scores piled up at the top: four moments would put the upper end above 1."""
    shares = np.array([1.0] * 30 + [0.9] * 10 + [0.5] * 5 + [0.0])

    found = consistency.decisions(raw_moments(shares), variance_of(shares), reliability=0.8, cut=0.8)

    assert found.parameters == 2 and 0.5 < found.consistency < 1


@pytest.mark.parametrize("reliability", [-0.2, 0.0, 1.0, 1.2, float("nan")])
def test_without_a_reliability_between_0_and_1_there_is_no_decision_figure(reliability):
    shares = np.array([0.2, 0.5, 0.9, 1.0])

    assert consistency.decisions(raw_moments(shares), variance_of(shares), reliability=reliability, cut=0.8) is None


def test_scores_that_do_not_vary_or_one_item_give_nothing():
    same = np.full(5, 0.5)
    both = np.array([0.0, 1.0] * 10)

    assert consistency.decisions(raw_moments(same), 0.0, reliability=0.8, cut=0.8) is None
    assert consistency.decisions(raw_moments(both), variance_of(both), reliability=0.9, cut=0.8) is None
    assert fit(np.array([0.5, 0.25, 0.125, 0.0625]), 10) is None
    assert fit(np.array([0.5, 0.5, 0.5, 0.5]), 10) is None


def test_everybody_far_above_or_below_the_cut_is_decided_alike():
    scores = BetaScores(3.0, 3.0, 0.4, 0.6, 4)
    generator = np.random.default_rng(3)
    shares = generator.binomial(400, 0.4 + 0.2 * generator.beta(scores.a, scores.b, 4000)) / 400

    low, high = (
        consistency.decisions(raw_moments(shares), variance_of(shares), reliability=0.65, cut=cut)
        for cut in (1e-12, 1.0)
    )

    assert (low.consistency, low.accuracy, low.kappa, low.points) == (pytest.approx(1), pytest.approx(1), None, 0)
    assert (high.consistency, high.false_pass, high.kappa) == (pytest.approx(1), pytest.approx(0), None)


@pytest.mark.parametrize(("reliability", "points"), [(0.85, 32), (0.5, 30), (0.0, 28), (0.95, 20)])
def test_the_quick_check_is_the_bivariate_normal(reliability, points):
    z = (points - 0.5 - 31.2) / 4.1
    both_fail = multivariate_normal([0, 0], [[1, reliability], [reliability, 1]]).cdf([z, z])
    both_pass = multivariate_normal([0, 0], [[1, reliability], [reliability, 1]]).cdf([-z, -z])

    found = consistency.quick_check(31.2, 4.1, reliability=reliability, points=points)

    assert found.consistency == pytest.approx(both_fail + both_pass, abs=1e-5)
    assert (found.kappa == pytest.approx(0, abs=1e-9)) is (reliability == 0)


def test_the_quick_check_needs_scores_that_vary():
    assert consistency.quick_check(30, 0, reliability=0.8, points=32) is None
    assert consistency.quick_check(30, 4, reliability=-0.1, points=32) is None
