"""The statements of a sitting that are built once say what the ORM says, and forget no column."""

import pytest
from django.db import transaction

from assessments.actions.attempts import cells_of, locked_learner, options_of
from assessments.actions.closing import attempt_to_hand_in, submit_attempt
from assessments.actions.responses import WRITE, items_to_save, running_of
from assessments.actions.scoring import items_to_score
from assessments.models import Attempt, Question, ResponseEvent, ScoringRun
from assessments.rules.blueprints import exam_candidates, practice_candidates
from assessments.rules.exams import attempts_before_start
from assessments.tests.agreements import agree
from assessments.tests.factories_exams import QuestionFactory
from assessments.tests.sittings import answer_all, begin, entry, save
from assessments.views.exams import exam_to_start
from courses.tests.compiled_rows import same_rows
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def test_the_running_attempt_is_the_learners_own():
    attempt = begin()
    with transaction.atomic():
        assert same_rows(running_of, learner=attempt.learner, pk=attempt.pk) == [attempt]
        assert same_rows(running_of, learner=make_person(), pk=attempt.pk) == []


@pytest.mark.parametrize(
    "sent", [[], [(1, 1)], [(1, 1), (1, 4), (2, 2)], [(1, 9), (1, 3)]], ids=["none", "one", "two items", "out of order"]
)
@pytest.mark.parametrize(("positions", "numbers"), [([1], [1]), ([1, 2, 3], [0, 3, 4]), ([99], [1])])
def test_the_items_of_a_batch_are_those_of_the_orm(sent, positions, numbers):
    attempt = begin()
    for position, seq in sent:
        save(attempt, entry(attempt, position, seq=seq))
        save(attempt, entry(attempt, position, seq=seq + 20), client="other")
    save(begin(), entry(attempt))
    batch = {"attempt": attempt, "positions": positions, "client_id": "tab", "numbers": numbers}

    rows = same_rows(items_to_save, **batch)

    assert {one.answered_count for one in rows} <= {len({position for position, _ in sent})}
    assert [one.position for one in sorted(rows, key=lambda one: one.position)] == [n for n in positions if n < 99]


def test_an_answer_is_written_with_every_column_that_there_is():
    columns = {field.column for field in ResponseEvent._meta.concrete_fields} - {"id"}
    inserted = WRITE.text.partition("assessments_responseevent")[2].partition(")")[0]

    assert {name.strip(" (\n") for name in inserted.split(",")} == columns


def test_a_stranger_saves_nothing():
    attempt = begin()

    with pytest.raises(Attempt.DoesNotExist):
        save(attempt, entry(attempt), by=make_person())
    assert not ResponseEvent.objects.exists()


def test_what_a_start_asks_is_what_the_orm_asks():
    other, attempt = begin(), begin()
    again = {"learner": attempt.learner, "exam": attempt.exam}
    agree(attempt.learner, extra_minutes=5)
    drawn = list(attempt.items.values_list("version_id", flat=True))

    assert same_rows(attempts_before_start, **again) == [attempt]
    assert same_rows(attempts_before_start, learner=other.learner, exam=attempt.exam) == [other]
    assert same_rows(exam_to_start, slug=attempt.exam.slug) == [attempt.exam]
    assert same_rows(cells_of, version=attempt.exam_version_id)
    assert len(same_rows(options_of, versions=drawn)) >= 2 * len(drawn)
    with transaction.atomic():
        [(_, agreed, *_)] = same_rows(locked_learner, **again)
    assert [one["extra_minutes"] for one in agreed] == [5]


@pytest.mark.parametrize("candidates", [exam_candidates, practice_candidates])
def test_the_candidates_of_a_draw_are_those_of_the_orm(candidates):
    attempt = begin()
    one, two = Question.objects.filter(bank=attempt.exam.bank)[:2]
    one.enemies.add(two)
    QuestionFactory(bank=attempt.exam.bank, practice_only=True)

    for learner in (attempt.learner, make_person(), None):
        assert same_rows(candidates, bank=attempt.exam.bank_id, learner=learner)


def test_the_items_to_score_are_those_of_the_orm():
    attempt = begin()
    answer_all(attempt, right=2)

    rows = same_rows(items_to_score, attempt=attempt)

    assert [one.position for one in rows] == list(range(1, attempt.items.count() + 1))
    with transaction.atomic():
        assert same_rows(attempt_to_hand_in, learner=attempt.learner, pk=attempt.pk) == [attempt]


def test_what_was_started_and_handed_in_stands_as_it_was_in_memory():
    attempt = begin()
    assert as_columns(Attempt.objects.get(pk=attempt.pk)) == as_columns(attempt)

    answer_all(attempt, right=2)
    done = submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1).attempt

    assert as_columns(Attempt.objects.get(pk=attempt.pk)) == as_columns(done)
    assert as_columns(ScoringRun.objects.get(attempt=done)) == as_columns(done.current_run)
    assert done.current_run.scores.count() == done.items.count()


def as_columns(row):
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
