from decimal import Decimal

import pytest

from assessments.actions.banks import author_question, restore_question, withdraw_question
from assessments.actions.exams import publish_exam, publish_version, withdraw_exam
from assessments.models import BlueprintCell, ExamVersion, Option, QuestionVersion
from assessments.rules.draws import Cell
from assessments.rules.option_lines import wording_of
from assessments.tests.factories_exams import BankFactory, ExamFactory, ObjectiveFactory, QuestionFactory
from assessments.tests.sittings import begin
from courses.lib.refusals import Refused
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db

OPTIONS = [{"text": "Right", "correct": True}, {"text": "Wrong"}, {"text": "None of the above", "last": True}]


def write(bank=None, **fields):
    fields = {
        "external_id": "q1", "kind": "single", "difficulty": "easy", "text": "What?", "options": OPTIONS,
        "rationale": "Because.", "by": make_person(),
    } | fields  # fmt: skip
    fields.setdefault("objective", ObjectiveFactory())
    return author_question(bank=bank or BankFactory(), **fields)


def test_question_is_written_with_options_and_key():
    author = make_person()

    version = write(by=author)

    assert (version.number, version.rule, version.created_by) == (1, "fraction", author)
    assert version.question.current_version == version
    options = list(version.options.values_list("text", "position", "pinned_last"))
    assert options == [("Right", 0, False), ("Wrong", 1, False), ("None of the above", 2, True)]
    fractions = {option.text: version.answer_key.answers[str(option.pk)] for option in version.options.all()}
    assert fractions == {"Right": "1", "Wrong": "0", "None of the above": "0"}


def test_same_content_again_is_the_same_version():
    objective, bank = ObjectiveFactory(), BankFactory()

    first = write(bank, objective=objective)

    assert write(bank, objective=objective, text=" What? ") == first
    assert QuestionVersion.objects.count() == 1


def test_other_content_is_the_next_version_and_options_keep_their_keys():
    bank = BankFactory()
    first = write(bank)

    second = write(bank, text="What now?", options=[*OPTIONS[:2], {"text": "All", "last": True}])

    assert (second.number, second.question) == (2, first.question)
    keys = dict(Option.objects.filter(version=first).values_list("text", "key"))
    assert (
        dict(second.options.values_list("text", "key")).items()
        >= {"Right": keys["Right"], "Wrong": keys["Wrong"]}.items()
    )
    assert second.options.get(text="All").key not in keys.values()


def test_place_in_the_blueprint_moves_without_a_version():
    bank, other = BankFactory(), ObjectiveFactory()
    first = write(bank)

    again = write(bank, objective=other, difficulty="hard")

    assert again == first
    question = type(first.question).objects.get()
    assert (question.objective, question.difficulty) == (other, "hard")


def test_attempt_keeps_the_version_it_was_asked():
    exam = ExamFactory(published__questions=1, published__draw=1)
    attempt = begin(exam)
    question = exam.bank.questions.get()

    version = write(exam.bank, external_id=question.external_id, objective=question.objective)

    assert version.number == 2
    assert attempt.items.get().version.number == 1
    assert begin(exam).items.get().version == version


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"kind": "essay"}, "unknown-kind"),
        ({"text": "  "}, "no-text"),
        ({"rule": "balanced"}, "unknown-rule"),
        ({"options": []}, "too-few-options"),
        ({"options": [{"text": "a", "fraction": "NaN"}, {"text": "b"}]}, "bad-fraction"),
        ({"options": [{"text": "a", "fraction": "1.1"}, {"text": "b"}]}, "bad-fraction"),
        ({"options": [{"text": "a", "fraction": "all"}, {"text": "b"}]}, "bad-fraction"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_nothing_written(fields, code):
    with pytest.raises(Refused) as refused:
        write(**fields)

    assert refused.value.refusal.code == code
    assert not QuestionVersion.objects.exists()


def test_weights_are_kept_exactly():
    options = [{"text": "a", "fraction": "0.1"}, {"text": "b", "fraction": "-0.25"}]

    version = write(kind="multiple", rule="weighted", options=options, by=None)

    assert sorted(version.answer_key.answers.values()) == ["-0.25", "0.1"]


def test_withdrawn_question_is_not_drawn_until_it_is_back():
    question, person = QuestionFactory(), make_person()
    drawable = type(question).objects.drawable()

    first = withdraw_question(question=question, by=person)
    again = withdraw_question(question=question, by=person)

    assert first.withdrawn_at == again.withdrawn_at
    assert not drawable.exists()
    restore_question(question=question, by=person)
    assert drawable.get() == question


def bank_of(count, **fields):
    bank = BankFactory()
    for _ in range(count):
        QuestionFactory(bank=bank, **fields)
    return bank


def test_publishing_freezes_and_opens():
    exam, person = ExamFactory(published=False, bank=bank_of(6)), make_person()

    done = publish_exam(exam=exam, cells=[Cell(2)], minutes=45, pass_percent=Decimal("82.5"), by=person)

    exam.refresh_from_db()
    assert (exam.state, exam.current_version, done.warnings) == ("published", done.version, [])
    assert (done.version.number, done.version.minutes, done.version.published_by) == (1, 45, person)
    assert done.version.published_at
    assert done.version.cells.get().count == 2


def test_publishing_the_same_again_changes_nothing():
    exam = ExamFactory(published=False, bank=bank_of(6))
    first = publish_exam(exam=exam, cells=[Cell(2)], pass_percent=Decimal(80)).version

    assert publish_exam(exam=exam, cells=[Cell(2)], pass_percent=Decimal("80.00")).version == first
    assert publish_exam(exam=exam, cells=[Cell(3)]).version.number == 2
    assert ExamVersion.objects.count() == 2


def test_publishing_the_same_opens_a_withdrawn_exam():
    exam, person = ExamFactory(published=False, bank=bank_of(6)), make_person()
    publish_exam(exam=exam, cells=[Cell(2)])
    assert withdraw_exam(exam=exam, by=person).state == "withdrawn"
    assert withdraw_exam(exam=exam, by=person).state == "withdrawn"

    publish_exam(exam=exam, cells=[Cell(2)])

    exam.refresh_from_db()
    assert exam.state == "published"


def test_thin_cells_are_named():
    objective = ObjectiveFactory(text="Influence map")
    exam = ExamFactory(published=False, bank=bank_of(5, objective=objective))

    done = publish_exam(exam=exam, cells=[Cell(2, objective_id=objective.pk)])

    assert done.warnings == ["“2 × Influence map” holds 5 questions; 6 let a retake ask something else."]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ([], "no-cells"),
        ([Cell(4)], "cell-short"),
        ([Cell(1, difficulty="hard")], "cell-short"),
        ([Cell(2), Cell(2, difficulty="medium")], "cells-overlap"),
    ],
)
def test_blueprint_that_cannot_be_filled_is_refused_and_nothing_written(cells, code):
    exam = ExamFactory(published=False, bank=bank_of(3))

    with pytest.raises(Refused) as refused:
        publish_exam(exam=exam, cells=cells)

    assert refused.value.refusal.code == code
    assert not ExamVersion.objects.exists()


def test_withdrawn_questions_do_not_fill_a_cell():
    bank = bank_of(3)
    withdraw_question(question=bank.questions.first(), by=make_person())

    with pytest.raises(Refused, match="holds 2"):
        publish_exam(exam=ExamFactory(published=False, bank=bank), cells=[Cell(3)])


def test_draft_version_is_published_once():
    exam, person = ExamFactory(bank=bank_of(3)), make_person()
    draft = ExamVersion.objects.create(exam=exam, number=2, minutes=30)
    BlueprintCell.objects.create(exam_version=draft, count=1)

    first = publish_version(version=draft, by=person).version
    again = publish_version(version=draft, by=person).version

    assert first == again
    exam.refresh_from_db()
    assert exam.current_version == draft


def test_older_version_does_not_come_back():
    exam = ExamFactory(bank=bank_of(3))
    older = exam.current_version
    publish_exam(exam=exam, cells=[Cell(2)], minutes=5)

    with pytest.raises(Refused) as refused:
        publish_version(version=older, by=make_person())

    assert refused.value.refusal.code == "version-superseded"


def test_question_without_an_objective_keeps_its_topic_feedback_and_use():
    options = [{"text": "Right", "correct": True, "feedback": "Well done."}, {"text": "Wrong"}]

    version = write(objective=None, topic="Basics", title="First", practice_only=True, options=options)

    question = version.question
    assert (question.topic, question.title, question.objective, question.practice_only) == (
        "Basics",
        "First",
        None,
        True,
    )
    assert version.answer_key.feedback == {"0": "Well done."}
    assert not question.bank.questions.drawable().exists()


def test_feedback_makes_another_version_and_is_written_back():
    bank, objective = BankFactory(), ObjectiveFactory()
    first = write(bank, objective=objective)

    second = write(bank, objective=objective, options=[OPTIONS[0] | {"feedback": "Yes."}, *OPTIONS[1:]])

    assert second.number == first.number + 1
    assert wording_of(second)["options"] == "= Right\n# Yes.\n~ Wrong\n~! None of the above"
