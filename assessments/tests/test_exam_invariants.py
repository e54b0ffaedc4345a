"""What the database refuses about exams, whatever the code does."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from assessments.models import (
    Attempt,
    AttemptEvent,
    AttemptItem,
    AttemptState,
    BlueprintCell,
    ExamVersion,
    ItemScore,
    Option,
    QuestionVersion,
    ResponseEvent,
    ScoringRun,
    TimeAdjustment,
)
from assessments.tests.factories_exams import AttemptFactory, ExamFactory, ItemFactory, QuestionFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def refused(deed):
    with pytest.raises(DatabaseError), transaction.atomic():
        deed()
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    return True


def event_of(item, **fields):
    fields = {"client_id": "tab", "seq": 1, "answered": True, "received_at": timezone.now()} | fields
    return ResponseEvent.objects.create(item=item, value=[], digest="d", disposition="chain", **fields)


def run_of(item, mark=1, **fields):
    fields = {"score": mark, "max_score": 1, "passed": mark == 1, "reason": "closed"} | fields
    run = ScoringRun.objects.create(attempt=item.attempt, made_at=timezone.now(), **fields)
    ItemScore.objects.create(run=run, item=item, mark=mark, max_mark=1)
    return run


def history_rows():
    item = ItemFactory()
    person = item.attempt.learner
    now = timezone.now()
    return [
        event_of(item),
        TimeAdjustment.objects.create(
            attempt=item.attempt, seconds=60, reason="Fire alarm", made_by=person, made_at=now
        ),
        AttemptEvent.objects.create(attempt=item.attempt, kind="continued", happened_at=now),
        run_of(item),
        ItemScore.objects.get(item=item),
    ]


def test_history_is_never_edited_or_deleted():
    for row in history_rows():
        table = type(row).objects.filter(pk=row.pk)
        field = next(
            f.name for f in type(row)._meta.concrete_fields if f.get_internal_type() == "CharField" or f.name == "mark"
        )

        assert refused(lambda table=table, field=field: table.update(**{field: "0"}))
        assert refused(lambda table=table: table._raw_delete(table.db))


def test_learner_has_one_open_attempt():
    first = AttemptFactory()

    with pytest.raises(IntegrityError, match="attempt_one_open_per_learner"), transaction.atomic():
        AttemptFactory(learner=first.learner)


def test_practice_stands_beside_an_open_attempt():
    first = AttemptFactory()

    assert AttemptFactory(learner=first.learner, scored=False).pk


@pytest.mark.parametrize(
    "fields",
    [
        {"state": AttemptState.READY},
        {"started_at": None, "deadline_at": None},
        {"deadline_at": None},
        {"deadline_at": timezone.now() - timedelta(days=1)},
        {"state": AttemptState.SUBMITTED},
        {"state": AttemptState.SUBMITTED, "closed_at": timezone.now()},
        {"closed_at": timezone.now(), "close_reason": "time"},
        {"state": AttemptState.GRADED, "closed_at": timezone.now(), "close_reason": "time"},
        {"number": 0},
    ],
)
def test_state_and_times_agree(fields):
    attempt = AttemptFactory()

    assert refused(lambda: Attempt.objects.filter(pk=attempt.pk).update(**fields))


def test_item_shows_each_option_once():
    question = QuestionFactory()
    options = [option.pk for option in question.current_version.options.all()]

    for order in (
        options[:-1],
        [*options[:-1], options[0]],
        [*options, QuestionFactory().current_version.options.first().pk],
    ):
        assert refused(lambda order=order: ItemFactory(question=question, option_order=order))
    assert refused(lambda: ItemFactory(question=question, option_tokens=["one"]))


def test_draw_is_never_changed():
    item = ItemFactory()
    rows = AttemptItem.objects.filter(pk=item.pk)

    assert refused(lambda: rows.update(option_order=item.option_order[::-1]))
    assert refused(lambda: rows.update(position=9))
    assert refused(lambda: rows._raw_delete(rows.db))


def test_question_stands_once_in_an_attempt():
    item = ItemFactory()

    assert refused(lambda: ItemFactory(attempt=item.attempt, question=item.question))


def test_unused_question_version_may_change():
    question = QuestionFactory()

    assert QuestionVersion.objects.filter(question=question).update(text="Better") == 1
    assert Option.objects.filter(version__question=question).update(text="Better") == 4


@pytest.mark.parametrize("use", ["published", "drawn"])
def test_used_question_version_never_changes(use):
    question = ExamFactory().bank.questions.first() if use == "published" else ItemFactory().question
    version = question.current_version
    versions = QuestionVersion.objects.filter(pk=version.pk)

    assert refused(lambda: versions.update(text="Changed"))
    assert refused(lambda: versions._raw_delete(versions.db))
    assert refused(lambda: version.options.update(text="Changed"))
    assert refused(lambda: version.options.first().delete())
    assert refused(lambda: type(version.answer_key).objects.filter(version=version).update(answers={}))


def test_drawn_question_gets_no_further_option():
    version = ItemFactory().version

    assert refused(lambda: Option.objects.create(version=version, position=9, text="New"))


def test_published_exam_version_never_changes():
    version = ExamFactory().current_version
    cell = version.cells.get()

    assert refused(lambda: ExamVersion.objects.filter(pk=version.pk).update(minutes=5))
    assert refused(lambda: BlueprintCell.objects.filter(pk=cell.pk).update(count=1))
    assert refused(lambda: BlueprintCell.objects.create(exam_version=version, count=1))
    assert refused(cell.delete)


def test_draft_version_may_change_but_not_take_a_published_cell():
    exam = ExamFactory()
    draft = ExamVersion.objects.create(exam=exam, number=2)
    cell = BlueprintCell.objects.create(exam_version=draft, count=1)

    BlueprintCell.objects.filter(pk=cell.pk).update(count=2)

    assert refused(lambda: BlueprintCell.objects.filter(pk=cell.pk).update(exam_version=exam.current_version))
    assert cell.delete()
    assert draft.delete()


@pytest.mark.parametrize("fields", [{"score": 0}, {"max_score": 2}, {"passed": False}])
def test_run_is_the_sum_of_its_items(fields):
    item = ItemFactory()

    assert refused(lambda: run_of(item, **fields))


@pytest.mark.parametrize("fields", [{"mark": 2}, {"mark": -1}])
def test_mark_stays_between_nothing_and_the_maximum(fields):
    item = ItemFactory()

    assert refused(lambda: run_of(item, **fields))


def test_save_is_counted_once():
    item = ItemFactory()
    event_of(item)

    assert refused(lambda: event_of(item))


def test_attempts_of_others_are_invisible():
    attempt = AttemptFactory()

    assert Attempt.objects.visible_to(attempt.learner).get() == attempt
    assert not Attempt.objects.visible_to(make_person()).exists()
