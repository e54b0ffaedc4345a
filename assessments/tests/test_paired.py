"""Bradley and Terry's model: against figures by hand, known orders, and judges who say what they like."""

import math
import random

import numpy as np
import pytest

from assessments.rules.judging import draw_pair
from assessments.rules.statistics.paired import fits_of, pairs_of, reliability_of, scale_of, split_half

WEAK = 1e-9


def played(truth, judges, rounds, seed, noisy=()):
    """Comparisons of random pairs by judges who follow the model; the noisy ones toss a coin."""
    dice = np.random.default_rng(seed)
    rows = []
    for _ in range(rounds):
        one, two = dice.choice(len(truth), 2, replace=False)
        judge = int(dice.integers(judges))
        chance = 0.5 if judge in noisy else 1 / (1 + math.exp(truth[two] - truth[one]))
        won = dice.random() < chance
        rows.append((one, two, judge) if won else (two, one, judge))
    return pairs_of(len(truth), rows)


def test_three_wins_of_four_are_the_logit_of_three_quarters():
    scale = scale_of(pairs_of(2, [(0, 1, 0)] * 3 + [(1, 0, 0)]), WEAK)

    assert scale.estimates == pytest.approx([math.log(3) / 2, -math.log(3) / 2], abs=1e-6)
    assert scale.errors == pytest.approx([math.sqrt(1 / 0.75) / 2] * 2, abs=1e-6)


def test_three_works_by_hand():
    """A beats B 2:1, B beats C 2:1, A and C 4:1: odds 2, 2 and 4 fit the model exactly, so the estimates are their logs."""
    rows = [(0, 1, 0)] * 2 + [(1, 0, 0)] + [(1, 2, 0)] * 2 + [(2, 1, 0)] + [(0, 2, 0)] * 4 + [(2, 0, 0)]

    assert scale_of(pairs_of(3, rows), WEAK).estimates == pytest.approx([math.log(2), 0, -math.log(2)], abs=1e-6)


def test_works_always_or_never_chosen_stay_finite():
    scale = scale_of(pairs_of(3, [(0, 1, 0), (0, 2, 0), (1, 2, 0)] * 5))

    assert np.isfinite(scale.estimates).all()
    assert np.isfinite(scale.errors).all()
    assert scale.estimates[0] > scale.estimates[1] > scale.estimates[2]


def test_works_that_were_never_compared_stand_in_the_middle_with_wide_intervals():
    scale = scale_of(pairs_of(3, [(0, 1, 0)] * 10))

    assert scale.estimates[2] == pytest.approx(0)
    assert scale.errors[2] > 2


def test_no_comparison_is_no_order():
    pairs = pairs_of(3, [])

    assert scale_of(pairs).estimates == pytest.approx([0, 0, 0])
    assert reliability_of(scale_of(pairs)) is None
    assert split_half(pairs, seed=1) is None
    assert fits_of(pairs, scale_of(pairs)) == []


def test_known_order_is_found_again_and_its_interval_covers_it():
    truth = np.linspace(-2.5, 2.5, 30)
    covered, alike = [], []
    for seed in range(20):
        scale = scale_of(played(truth, judges=6, rounds=150, seed=seed))
        covered.append(np.abs(scale.estimates - truth) < 1.96 * scale.errors)
        alike.append(np.corrcoef(scale.estimates, truth)[0, 1])

    assert 0.90 < np.mean(covered) < 0.99
    assert np.mean(alike) > 0.85


def test_reliability_is_high_for_an_order_and_about_nothing_for_coins():
    clear = played(np.linspace(-2.5, 2.5, 30), judges=6, rounds=300, seed=3)
    coins = played(np.zeros(30), judges=6, rounds=300, seed=3)

    assert reliability_of(scale_of(clear)) > 0.8
    assert reliability_of(scale_of(coins)) < 0.35
    assert split_half(clear, seed=1) > 0.6
    assert abs(split_half(coins, seed=1)) < 0.3


def test_one_judge_has_no_halves():
    assert split_half(played(np.linspace(-1, 1, 5), judges=1, rounds=40, seed=1), seed=1) is None


def test_judge_who_tosses_coins_stands_out():
    pairs = played(np.linspace(-3, 3, 20), judges=5, rounds=500, seed=4, noisy={2})
    infits = {fit.judge: fit.infit for fit in fits_of(pairs, scale_of(pairs))}

    assert max(infits, key=infits.get) == 2
    assert infits[2] > 1.5
    assert max(infit for judge, infit in infits.items() if judge != 2) < 1.3


def test_pairs_show_every_work_equally_often_and_none_twice_to_a_judge():
    dice, shown, seen = random.Random(5), {}, set()
    for _ in range(50):
        pair = draw_pair(range(20), shown, seen, dice)
        assert frozenset(pair) not in seen
        seen.add(frozenset(pair))
        for one in pair:
            shown[one] = shown.get(one, 0) + 1

    assert max(shown.values()) - min(shown.values()) <= 1
    assert sum(shown.values()) == 100


def test_pairs_end_when_a_judge_has_seen_all_of_them():
    dice, seen = random.Random(5), set()
    while pair := draw_pair([1, 2, 3], {}, seen, dice):
        seen.add(frozenset(pair))

    assert len(seen) == 3
    assert draw_pair([1], {}, set(), dice) is None


def test_sides_are_drawn_too():
    pairs = {draw_pair([1, 2], {}, set(), random.Random(seed)) for seed in range(20)}

    assert pairs == {(1, 2), (2, 1)}
