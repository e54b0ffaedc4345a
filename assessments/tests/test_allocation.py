"""Where a further mark pays: values against integrals done another way, reasons, graders, budget, beliefs."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from assessments.rules.allocation import (
    Beliefs,
    Budget,
    Case,
    Given,
    GraderBelief,
    PastReading,
    Reason,
    Scale,
    further_reading,
    learn,
    past_values_of,
    price_of,
    table_of,
)
from assessments.rules.allocation.asking import values_for
from assessments.rules.allocation.values import Standing, chance_wrong, values

SCALE = Scale()
PLENTY = Budget(share=0.25, firsts=400, further=20)


def standing(mean, variance, *totals):
    return Standing(
        np.array([mean]), np.array([variance]), np.array([float(sum(totals))]), np.array([float(len(totals))])
    )


def case(*totals, **facts):
    return Case(SCALE, tuple(Given(place, total) for place, total in enumerate(totals)), **facts)


def asked(*totals, price=0.03, budget=PLENTY, beliefs=None, candidates=range(12), **facts):
    return further_reading(
        case(*totals, **facts), list(candidates), beliefs=beliefs or Beliefs(), price=price, budget=budget
    )


def value_by_quad(mean, variance, totals, shift, noise):
    """The same expectation as an integral over the true total, outcome by outcome."""
    cut, count = 17.5, len(totals)
    true = stats.norm(mean, variance**0.5)
    needed = np.ceil(cut * (count + 1) - sum(totals) - 1e-12)

    def wrong(level, passing):
        return true.pdf(level) * (passing if level < cut else 1 - passing)

    def integral(passing):
        parts = [(mean - 12, cut), (cut, mean + 12)]
        return sum(quad(lambda x: wrong(x, passing(x)), *part, epsabs=1e-12, limit=200)[0] for part in parts)

    now = integral(lambda level: float(sum(totals) / count >= cut))
    after = integral(lambda level: stats.norm.sf(needed - 0.5, level + shift, noise**0.5))
    return now - after


@pytest.mark.parametrize(
    ("mean", "variance", "totals", "shift", "noise"),
    [
        (17.5, 2.9, (17,), 0.0, 4.6),
        (18.4, 2.9, (18,), -1.4, 2.5),
        (16.0, 2.9, (19,), 2.0, 7.6),
        (20.1, 1.8, (17, 19), 0.7, 4.6),
        (14.2, 1.8, (18, 18), -2.0, 3.0),
        (17.5, 1.0, (17, 18), 0.0, 4.6),
    ],
)
def test_the_value_of_a_further_mark_is_the_integral_over_the_posterior(mean, variance, totals, shift, noise):
    found = values(standing(mean, variance, *totals), SCALE, np.array([shift]), np.array([noise]))

    assert found[0, 0] == pytest.approx(value_by_quad(mean, variance, totals, shift, noise), abs=1e-7)


def test_the_chance_of_a_wrong_decision_follows_the_raw_mean_and_not_the_corrected_one():
    likely_good = standing(19.0, 4.0, 17)

    assert chance_wrong(likely_good, SCALE.cut)[0] == pytest.approx(stats.norm.cdf(0.75))


@pytest.mark.parametrize("totals", [(5,), (25, 25), (5, 6)])
def test_a_mark_that_can_not_change_the_decision_is_worth_nothing(totals):
    sure = standing(17.5, 4.0, *totals)

    found = values(sure, SCALE, np.array([-3.0, 0.0, 3.0]), np.array([4.6, 4.6, 9.0]))

    assert found.tolist() == [[0.0, 0.0, 0.0]]


def test_a_careful_grader_is_worth_more_than_a_careless_one():
    found = values(standing(17.6, 3.0, 17), SCALE, np.zeros(4), np.array([2.0, 4.0, 6.0, 12.0]))[0]

    assert np.all(np.diff(found) < 0)


def test_after_a_harsh_grader_a_lenient_one_is_worth_more():
    beliefs = Beliefs(graders={
        1: GraderBelief(0.5, 0.01, 0.18),
        2: GraderBelief(0.5, 0.01, 0.18),
        3: GraderBelief(-0.5, 0.01, 0.18),
    })  # fmt: skip
    read_by_the_harsh = Case(SCALE, (Given(1, 17),))

    harsh, lenient = values_for(read_by_the_harsh, [2, 3], beliefs)

    assert lenient > harsh + 0.1


def test_values_fall_with_the_distance_from_the_cut():
    found = [asked(total, price=-1.0, budget=PLENTY, is_flagged=True).value for total in (17, 15, 13, 11)]

    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize(
    ("totals", "facts", "reason"),
    [
        ((24,), {}, None),
        ((17,), {}, Reason.VALUE),
        ((24,), {"is_monitor": True}, Reason.MONITOR),
        ((24,), {"is_new_grader": True}, Reason.NEW_GRADER),
        ((24,), {"is_flagged": True}, Reason.FLAGGED),
        ((24,), {"is_last_attempt": True}, None),
        ((9,), {"is_last_attempt": True}, Reason.LAST_ATTEMPT),
        ((24,), {"is_monitor": True, "is_flagged": True, "is_new_grader": True}, Reason.MONITOR),
        ((24, 18), {}, None),
        ((25, 18), {}, Reason.APART),
        ((24, 23), {"is_monitor": True, "is_flagged": True}, None),
        ((10, 25, 17), {"is_flagged": True}, None),
    ],
)
def test_why_a_work_is_read_again(totals, facts, reason):
    wish = asked(*totals, **facts)

    assert (wish.reason if wish else None) == reason


def test_points_apart_follow_the_scale():
    assert Scale(criteria=10, pass_points=36).are_apart([36, 49])
    assert not Scale(criteria=10, pass_points=36).are_apart([36, 48])


def test_the_three_best_are_asked_and_nobody_twice():
    beliefs = Beliefs(graders={one: GraderBelief(0.0, 0.01, 0.1 + 0.005 * one) for one in range(6)})

    wish = asked(17, beliefs=beliefs, candidates=[5, 4, 3, 2, 1, 0])

    assert wish.best == (1, 2, 3)  # 0 gave the first reading


def test_who_is_worth_much_less_than_the_best_is_not_asked_first():
    beliefs = Beliefs(graders={one: GraderBelief(0.0, 0.01, error) for one, error in ((1, 0.1), (2, 0.11), (3, 0.5))})

    assert asked(17, beliefs=beliefs, candidates=[1, 2, 3]).best == (1, 2)


def test_the_monitor_is_read_by_anyone():
    assert asked(24, is_monitor=True).best == ()


@pytest.mark.parametrize(("candidates", "totals"), [([], (17,)), ([0], (17,)), ([0, 1], (17, 18))])
def test_nothing_is_asked_for_where_nobody_could_give_it(candidates, totals):
    assert asked(*totals, candidates=candidates, is_flagged=True) is None


def test_value_waits_for_the_price_and_the_budget_but_the_other_reasons_do_not():
    spent = Budget(share=0.25, firsts=100, further=32)  # 25 paid, and a quarter of them

    assert asked(17, price=0.9) is None
    assert asked(17, budget=spent) is None
    assert asked(17, budget=spent, is_flagged=True).reason is Reason.FLAGGED


def test_the_price_lets_as_many_past_values_pass_as_the_budget_pays_for():
    past = np.linspace(-0.1, 0.2, 400)

    price = price_of(past, Budget(0.25, firsts=400, further=100, forced=12))

    assert (past >= price).sum() == 88


@pytest.mark.parametrize(
    ("share", "firsts", "further", "has_room"),
    [(0.25, 100, 31, True), (0.25, 100, 32, False), (0.25, 1, 0, True), (0.25, 1, 1, False), (0.0, 400, 0, False)],
)
def test_chance_may_carry_the_budget_a_quarter_above_its_share_and_one_reading_is_on_credit(
    share, firsts, further, has_room
):
    assert Budget(share, firsts, further).has_room is has_room


@pytest.mark.parametrize(("further", "lower"), [(60, True), (140, False)])
def test_the_price_makes_good_what_was_left_over_or_overspent(further, lower):
    past = np.linspace(-0.1, 0.2, 400)
    even = price_of(past, Budget(0.25, firsts=400, further=100))

    found = price_of(past, Budget(0.25, firsts=400, further=further))

    assert (found < even) == lower


def test_an_empty_budget_has_a_price_that_nothing_reaches():
    past = np.array([0.3, 0.1])

    assert price_of(past, Budget(0.0, firsts=50, further=0)) > 0.3


def readings(rng, *, severity, works=400, error=0.4, twice=0.3):
    for work in range(works):
        level = np.clip(rng.normal(3.75, 0.55) + rng.normal(0, 0.3, 5), 1, 5)
        count = 2 if rng.random() < twice else 1
        for grader in rng.choice(len(severity), count, replace=False):
            marks = level - severity[grader] + rng.normal(0, error, 5)
            yield PastReading(work, int(grader), tuple(np.clip(np.floor(marks + 0.5), 1, 5).astype(int).tolist()))


def test_severities_are_found_and_shrunken():
    truth = np.array([-0.5, -0.2, 0.0, 0.2, 0.5])

    beliefs = learn(table_of(readings(np.random.default_rng(3), severity=truth)))

    found = np.array([beliefs.of(grader).severity for grader in range(5)])
    assert np.corrcoef(found, truth)[0, 1] > 0.95
    assert np.abs(found).sum() < np.abs(truth).sum()


def test_without_pairs_beliefs_still_work_and_doubt_more():
    truth = np.array([-0.3, 0.0, 0.3])
    few = learn(table_of(readings(np.random.default_rng(5), severity=truth, works=6, twice=0.0)))
    many = learn(table_of(readings(np.random.default_rng(5), severity=truth, works=600, twice=0.5)))

    assert few.pairs == 0
    assert min(few.of(g).doubt for g in range(3)) > max(many.of(g).doubt for g in range(3))
    assert few.of(99).doubt == few.severity_variance


def test_works_that_were_not_handed_out_by_chance_are_not_taken_for_severity():
    rng, rows = np.random.default_rng(7), []
    for work in range(900):
        first = work % 3
        level = rng.normal(3.4 + 0.4 * first, 0.5)
        for grader in [first, (first + 1 + work % 2) % 3][: 1 + (rng.random() < 0.6)]:
            marks = np.clip(np.floor(level + rng.normal(0, 0.4, 5) + 0.5), 1, 5)
            rows.append(PastReading(work, grader, tuple(marks.astype(int).tolist())))

    beliefs = learn(table_of(rows))

    assert max(abs(beliefs.of(grader).severity) for grader in range(3)) < 0.12
    assert beliefs.of(2).cohort - beliefs.of(0).cohort > 0.4


def test_a_careless_grader_is_found_by_the_scatter_of_their_marks_and_a_flat_one_gets_no_credit():
    rng, rows = np.random.default_rng(11), []
    for work in range(600):
        level = rng.normal(3.5, 0.4) + rng.normal(0, 0.3, 5)
        for grader in rng.choice(4, 1 + (rng.random() < 0.4), replace=False).tolist():
            error = rng.normal(0, (0.35, 0.35, 0.9, 0.35)[grader], 5)
            marks = np.full(5, level.mean()) if grader == 3 else level + error
            rows.append(PastReading(work, grader, tuple(np.clip(np.floor(marks + 0.5), 1, 5).astype(int).tolist())))

    beliefs = learn(table_of(rows))

    assert beliefs.of(2).error > 1.5 * beliefs.of(0).error
    assert beliefs.of(3).error > 0.9 * beliefs.error


def test_beliefs_survive_a_json_column():
    beliefs = replace(Beliefs(), pairs=4, graders={7: GraderBelief(0.1, 0.02, 0.2), 9: GraderBelief(0.0, 0.1, 0.2)})

    assert Beliefs.from_data(beliefs.as_data()) == beliefs
    assert Beliefs.from_data({}) == Beliefs()


def test_past_values_are_those_that_the_question_would_have_had():
    rows = [
        PastReading(1, 1, (4, 3, 4, 3, 3)),
        PastReading(1, 2, (4, 4, 4, 4, 3)),
        PastReading(2, 2, (5, 5, 5, 5, 5)),
    ]
    rows += [PastReading(3, 3, (3, 4, 4, 3, 3)), PastReading(4, 4, (3, 4, 4, 3, 4))]
    table, beliefs = table_of(rows), Beliefs()

    found = past_values_of(table, beliefs, SCALE)

    once = further_reading(Case(SCALE, (Given(1, 17),)), [1, 2, 3, 4], beliefs=beliefs, price=0.0, budget=PLENTY)
    twice = further_reading(
        Case(SCALE, (Given(1, 17), Given(2, 19))), [1, 2, 3, 4], beliefs=beliefs, price=0.0, budget=PLENTY
    )
    assert len(found) == 5
    assert found[0] == pytest.approx(once.value)
    assert found[4] == pytest.approx(twice.value)
