"""The statements of a sitting that are built once say what the ORM says, and forget no column."""

import pytest
from django.db import transaction

from assessments.actions.responses import WRITE, items_to_save, running_of
from assessments.models import Attempt, ResponseEvent
from assessments.tests.sittings import begin, entry, save
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
