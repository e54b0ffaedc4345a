"""Rows written by one statement: every column as the ORM would have written it."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses.lib.inserts import append, append_one
from courses.models import AuditEvent, CourseCompletion
from courses.tests.factories import CourseFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(TEXTS, st.dictionaries(TEXTS, VALUES, max_size=3))
def test_texts_and_json_come_back_as_they_were(event, details):
    append_one(row := AuditEvent(event=event, subject="a:1", details=details))

    kept = AuditEvent.objects.get(pk=row.pk)
    assert (kept.event, kept.details, kept.actor_id, kept.happened_at) == (event, details, None, row.happened_at)


def test_many_rows_are_one_statement_and_keep_their_microseconds(django_assert_num_queries):
    courses, person = CourseFactory.create_batch(3), make_person()
    moment = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)

    with django_assert_num_queries(1):
        append([CourseCompletion(learner=person, course=one, completed_at=moment) for one in courses])

    kept = CourseCompletion.objects.filter(learner=person).values_list("course_id", "completed_at")
    assert set(kept) == {(one.pk, moment) for one in courses}


def test_no_rows_are_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        append([])


def test_one_row_gets_its_key_and_can_be_saved_again():
    row = CourseCompletion(learner=make_person(), course=CourseFactory(), completed_at=timezone.now())

    append_one(row)
    row.completed_at = timezone.now()
    row.save()

    assert CourseCompletion.objects.get() == row


def test_a_conflict_is_an_error_unless_it_is_to_be_ignored():
    row = CourseCompletion(learner=make_person(), course=CourseFactory(), completed_at=timezone.now())
    append([row])

    append([row], ignore_conflicts=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        append([row])
    assert CourseCompletion.objects.count() == 1


def test_an_expression_is_refused():
    with pytest.raises(TypeError):
        append([AuditEvent(event="x", subject="a:1", details={"n": F("pk")})])
