from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.actions.attempts import start_attempt
from assessments.actions.banks import count_exposures
from assessments.models import Attempt, Question
from assessments.rules.blueprints import pool_of
from assessments.rules.draws import Candidate, Cell, draw, order_options, seed_of
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.sittings import begin, move_clock
from courses.lib.refusals import Refused
from courses.tests.people import make_person


def pool(*rows):
    return [
        Candidate(n, n, course, objective, difficulty, seen=seen)
        for n, (course, objective, difficulty, seen) in enumerate(rows, start=1)
    ]


def test_same_seed_same_draw_and_other_seed_another():
    rows = pool(*[(1, 1, "easy", False)] * 30)

    assert draw([Cell(10)], rows, "a") == draw([Cell(10)], list(reversed(rows)), "a")
    assert draw([Cell(10)], rows, "a") != draw([Cell(10)], rows, "b")
    assert len(seed_of("x")) == 64


def test_unseen_questions_come_first():
    rows = pool(*[(1, 1, "easy", n % 2 == 0) for n in range(20)])

    drawn = draw([Cell(12)], rows, "a")

    assert sum(not one.seen for one in drawn) == 10


def test_overlapping_cells_are_all_filled_where_that_is_possible():
    rows = pool((1, 1, "easy", False), (1, 2, "easy", True), (2, 3, "hard", False))

    for seed in "abcdefgh":
        drawn = draw([Cell(2), Cell(1, objective_id=1)], rows, seed)
        assert {one.question_id for one in drawn} == {1, 2, 3}


def test_cells_that_cannot_all_be_filled_give_nothing():
    rows = pool((1, 1, "easy", False), (1, 1, "easy", False))

    assert draw([Cell(2, course_id=1), Cell(1, difficulty="easy")], rows, "a") is None
    assert draw([Cell(3)], rows, "a") is None


difficulties = st.sampled_from(["easy", "hard"])
candidates = st.lists(st.tuples(st.integers(1, 2), st.integers(1, 4), difficulties, st.booleans()), max_size=14)
anything = st.just("") | difficulties
a_cell = st.builds(Cell, st.integers(1, 3), st.none() | st.integers(1, 2), st.none() | st.integers(1, 4), anything)
cells = st.lists(a_cell, min_size=1, max_size=4)


@given(rows=candidates, cells=cells, seed=st.text(max_size=4))
def test_draw_fills_every_cell_with_different_questions_or_says_no(rows, cells, seed):
    drawn = draw(cells, pool(*rows), seed)

    if drawn is None:
        assert not _hall(cells, pool(*rows))
    else:
        assert len({one.question_id for one in drawn}) == sum(cell.count for cell in cells)


def _hall(cells, rows):
    """Hall's condition, by brute force: every set of cells has enough questions among them."""
    for chosen in range(1, 2 ** len(cells)):
        some = [cell for n, cell in enumerate(cells) if chosen >> n & 1]
        if sum(any(one.fits(cell) for cell in some) for one in rows) < sum(cell.count for cell in some):
            return False
    return True


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(["", "left"])), min_size=1, max_size=8), st.text(max_size=5))
def test_option_order_is_a_permutation_by_group_with_pinned_ones_last(rows, seed):
    options = [(number, pinned, group) for number, (pinned, group) in enumerate(rows, start=1)]
    groups = {number: group for number, _, group in options}

    order = order_options(options, seed, 7)

    assert sorted(order) == [option for option, _, _ in options]
    assert [groups[one] for one in order] == sorted((groups[one] for one in order), key=groups[options[0][0]].__ne__)
    for group in set(groups.values()):
        pinned = [number for number, is_pinned, name in options if is_pinned and name == group]
        mine = [one for one in order if groups[one] == group]
        assert mine[len(mine) - len(pinned) :] == pinned


def test_cell_of_a_topic_takes_that_topic_only():
    rows = [Candidate(n, n, None, None, "easy", topic) for n, topic in enumerate(["git", "git", "ci"], start=1)]

    assert {one.question_id for one in draw([Cell(2, topic="git")], rows, "a")} == {1, 2}
    assert draw([Cell(2, topic="ci")], rows, "a") is None


def hostile(*pairs, size=6, seen=(), exposures=None):
    """Questions 1 to `size`, with pairs of enemies."""
    foes = {n: frozenset({b for a, b in pairs if a == n} | {a for a, b in pairs if b == n}) for n in range(1, size + 1)}
    given_ = exposures or {}
    return [Candidate(n, n, 1, 1, "easy", "", n in seen, given_.get(n, 0), foes[n]) for n in foes]


enemies = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)).filter(lambda pair: pair[0] != pair[1]), max_size=8)


@given(enemies, st.integers(1, 6), st.text(max_size=4))
def test_draw_holds_no_enemies_and_is_found_wherever_there_is_one(pairs, count, seed):
    drawn = draw([Cell(count)], hostile(*pairs), seed)

    chosen = {one.question_id for one in drawn or []}
    assert not any({a, b} <= chosen for a, b in pairs)
    assert (drawn is not None) == any(
        not any({a, b} <= some for a, b in pairs) for some in _subsets(range(1, 7), count)
    )


def _subsets(numbers, count):
    return map(set, combinations(numbers, count))


def test_enemy_that_a_cell_needs_keeps_the_other_one_out():
    rows = [
        Candidate(1, 1, 1, 1, "easy", enemies=frozenset({2})),
        Candidate(2, 2, 2, 2, "easy", enemies=frozenset({1})),
        Candidate(3, 3, 1, 3, "easy", seen=True),
    ]

    for seed in "abcdefgh":
        assert {one.question_id for one in draw([Cell(1, course_id=1), Cell(1, course_id=2)], rows, seed)} == {2, 3}


def test_question_given_often_is_drawn_seldom():
    rows = hostile(size=2, exposures={1: 9})

    times = sum(draw([Cell(1)], rows, str(seed))[0].question_id == 1 for seed in range(2000))

    assert 130 < times < 240  # one in eleven: 182 expected, four deviations of 13 either way


def test_unseen_question_comes_first_however_often_it_was_given():
    rows = hostile(size=2, seen={2}, exposures={1: 1000})

    assert [one.question_id for one in draw([Cell(1)], rows, "a")] == [1]


@pytest.mark.django_db
def test_attempt_never_asks_two_enemies_and_says_so_when_it_must():
    exam = ExamFactory(published__questions=4, published__draw=2)
    first, *others = exam.bank.questions.order_by("pk")
    first.enemies.set(others)

    for _ in range(3):
        assert not begin(exam).items.filter(question=first).exists()
    others[0].enemies.add(*others[1:])
    others[1].enemies.add(*others[2:])
    with pytest.raises(Refused, match="can't be given in full"):
        begin(exam)


@pytest.mark.django_db
def test_pool_knows_what_the_learner_had_and_keeps_practice_apart(django_assert_num_queries):
    exam = ExamFactory(published__questions=4, published__draw=1)
    attempt = begin(exam)
    had, learner = attempt.items.get().question_id, attempt.learner
    Question.objects.filter(pk=exam.bank.questions.exclude(pk=had).first().pk).update(practice_only=True)

    with django_assert_num_queries(1):
        pool = pool_of(exam.bank_id, learner)

    assert {one.question_id: one.seen for one in pool if one.seen} == {had: True}
    assert len(pool) == 3
    assert len(pool_of(exam.bank_id, practice=True)) == 1


@pytest.mark.django_db
def test_exposures_are_counted_over_ninety_days_of_scored_attempts():
    exam = ExamFactory(published__questions=1, published__draw=1)
    recent, old, practice = begin(exam), begin(exam), begin(exam)
    move_clock(old, days=91)
    Attempt.objects.filter(pk=practice.pk).update(scored=False)

    assert count_exposures() == 1
    assert count_exposures() == 0
    assert exam.bank.questions.get().recent_exposures == 1
    move_clock(recent, days=91)
    assert count_exposures() == 1
    assert exam.bank.questions.get().recent_exposures == 0


@pytest.mark.django_db
def test_next_try_asks_what_the_learner_has_not_seen():
    exam = ExamFactory(published__questions=4, published__draw=2, published__waits_hours=[])
    learner = make_person()
    first = start_attempt(exam=exam, by=learner)
    asked = set(first.items.values_list("question_id", flat=True))
    Attempt.objects.filter(pk=first.pk).update(state="void")

    second = start_attempt(exam=exam, by=learner)

    assert not asked & set(second.items.values_list("question_id", flat=True))


def test_draw_gives_up_after_so_many_trials_instead_of_searching_for_ever(monkeypatch):
    foe = Candidate(1, 1, 1, 1, "easy", enemies=frozenset({2, 3}))
    others = [Candidate(n, n, 1, 1, "easy", seen=True, enemies=frozenset({1})) for n in (2, 3)]
    found = draw([Cell(2)], [foe, *others], "a")

    monkeypatch.setattr("assessments.rules.draws.MOST_TRIALS", 0)

    assert {one.question_id for one in found} == {2, 3}
    assert draw([Cell(2)], [foe, *others], "a") is None
