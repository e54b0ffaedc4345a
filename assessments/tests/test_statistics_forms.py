"""Drawn forms, exposure and distractors."""

import numpy as np
import pytest

from assessments.rules.statistics.distractors import flags_of, option_figures, thirds_of
from assessments.rules.statistics.exposure import alarm_of, exposure_of
from assessments.rules.statistics.figures import exam_figures
from assessments.rules.statistics.forms import components
from assessments.tests.mark_tables import abilities, drawn_forms, shrout_fleiss, table


def test_a_complete_table_gives_the_agreement_of_random_judges():
    """Source: Shrout & Fleiss 1979, table 4: ICC(2,1) = .29, ICC(2,4) = .62."""
    found = components(shrout_fleiss())

    assert found.phi == pytest.approx(0.6201, abs=5e-5)
    single = found.persons / (found.persons + found.items + found.rest)
    assert single == pytest.approx(0.2898, abs=5e-5)


def test_drawn_forms_give_the_components_that_made_them():
    generator = np.random.default_rng(11)
    person, item = generator.normal(0, 0.1, (3000, 1)), generator.normal(0, 0.15, (1, 200))
    marks = 0.5 + person + item + generator.normal(0, 0.2, (3000, 200))
    found = components(table(drawn_forms(marks, 25)))

    assert (found.persons, found.rest) == (pytest.approx(0.01, rel=0.05), pytest.approx(0.04, rel=0.03))
    assert found.items == pytest.approx(item.var(ddof=1), rel=0.05)
    assert found.items_each == pytest.approx(25)
    assert found.phi == pytest.approx(0.01 / (0.01 + (item.var(ddof=1) + 0.04) / 25), rel=0.03)


def test_phi_of_drawn_forms_is_close_to_phi_of_the_whole_table():
    marks = abilities(3000, 40)
    whole, drawn = components(table(marks)), components(table(drawn_forms(marks, 20)))

    assert drawn.persons == pytest.approx(whole.persons, rel=0.1)
    assert whole.phi > drawn.phi > 0.6


@pytest.mark.parametrize(
    "marks",
    [
        [[1, 0, 1]],
        [[1], [0]],
        [[1, None, None], [None, 0, None], [None, None, 1]],
    ],
)
def test_components_need_two_persons_two_items_and_more_than_one_item_each(marks):
    assert components(table(marks)) is None


def test_marks_that_never_vary_have_no_phi():
    assert components(table([[1, 1], [1, 1], [1, 1]])).phi is None


def test_drawn_forms_have_phi_in_place_of_alpha():
    found = exam_figures(table(drawn_forms(abilities(400, 30), 12)), cut=0.6)

    assert (found.forms, found.alpha, found.alpha_interval) == ("drawn", None, None)
    assert found.phi_interval[0] < found.phi < found.phi_interval[1]
    assert found.sem_interval[0] < found.sem < found.sem_interval[1]
    assert {item.alpha_if_dropped for item in found.items} == {None}
    assert sum(item.n for item in found.items) == 400 * 12
    assert 0.5 < found.decision.consistency < found.decision.accuracy < 1
    assert any("drawn forms" in note for note in found.notes)


def test_rates_and_the_overlap_of_two_forms():
    """Half of the ten questions are always given: two forms are the same. All equally often: k/N in common."""
    always = exposure_of(np.array([20.0] * 5 + [0] * 5), attempts=20)
    evenly = exposure_of(np.array([10.0] * 10), attempts=20)

    assert (always.rates[:1], always.overlap, evenly.overlap) == ((1.0,), pytest.approx(1), pytest.approx(0.5))


def test_the_overlap_is_that_of_pairs_of_forms():
    """By the definition: the mean over all pairs of attempts of shared questions over k."""
    generator = np.random.default_rng(5)
    odds = np.linspace(1, 6, 60) / np.linspace(1, 6, 60).sum()
    forms = np.zeros((1500, 60))
    for form in forms:
        form[generator.choice(60, 12, replace=False, p=odds)] = 1
    shared = forms @ forms.T
    pairs = shared[np.triu_indices(1500, 1)].mean() / 12

    assert exposure_of(forms.sum(axis=0), attempts=1500).overlap == pytest.approx(pairs, abs=0.001)


def test_exposure_without_attempts_or_questions():
    assert exposure_of(np.zeros(4), attempts=0).overlap is None
    assert exposure_of(np.zeros(4), attempts=3).overlap is None
    assert exposure_of(np.array([]), attempts=3) == exposure_of(np.array([]), attempts=3)
    assert [alarm_of(rate) for rate in (0.3, 0.31, 0.5, 0.51)] == ["", "alarm", "alarm", "review"]


def four_options(persons=120):
    """The better half takes the key or `a`, the weaker half `b`; one person in all takes `c`."""
    rests = np.linspace(0, 1, persons)
    taken = np.array(["b" if rest < 0.5 else ("key" if place % 2 else "a") for place, rest in enumerate(rests)])
    taken[0] = "c"
    names = ["key", "a", "b", "c"]
    return names, np.stack([taken == name for name in names], axis=1), rests


def test_options_by_thirds_and_with_flags():
    names, chosen, rests = four_options()

    key, good, weak, never = option_figures(names, chosen, keys=[True, False, False, False], totals=rests, rests=rests)

    assert [one.share for one in (key, good, weak, never)] == pytest.approx([30 / 120, 30 / 120, 59 / 120, 1 / 120])
    assert key.thirds == pytest.approx((0, 0.25, 0.5)) and weak.thirds[2] == 0
    assert good.correlation == pytest.approx(np.corrcoef(chosen[:, 1], rests)[0, 1])
    assert (key.flags, good.flags, weak.flags, never.flags) == ((), ("attractive",), (), ("unused",))


def test_a_key_that_the_better_avoid_is_flagged_from_a_hundred_persons_on():
    assert flags_of(is_key=True, share=0.4, correlation=-0.1, n=100) == ("key",)
    assert flags_of(is_key=True, share=0.4, correlation=None, n=100) == ()
    assert flags_of(is_key=False, share=0.01, correlation=0.1, n=100) == ("attractive", "unused")
    assert flags_of(is_key=False, share=0.01, correlation=0.1, n=99) == ()


def test_equal_totals_are_in_the_same_third():
    assert thirds_of(np.array([5, 5, 5, 5])).tolist() == [1, 1, 1, 1]
    assert thirds_of(np.array([9, 1, 5, 1, 5, 9])).tolist() == [2, 0, 1, 0, 1, 2]


def test_an_option_of_a_question_that_nobody_saw_and_of_one_person():
    (nobody,) = option_figures(
        ["a"], np.zeros((0, 1), dtype=bool), keys=[True], totals=np.array([]), rests=np.array([])
    )
    (alone,) = option_figures(["a"], np.array([[True]]), keys=[True], totals=np.array([1.0]), rests=np.array([1.0]))

    assert (nobody.n, nobody.correlation, nobody.thirds) == (0, None, (None, None, None))
    assert (alone.share, alone.correlation, alone.thirds) == (1.0, None, (None, 1.0, None))
