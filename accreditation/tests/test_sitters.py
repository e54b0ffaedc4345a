"""Who may not sit an exam for credit: its judges and those who may read its answers, until a colleague waives it."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accreditation.actions.people import set_groups
from assessments.actions.attempts import start_attempt
from assessments.actions.standards import cancel_standard, start_standard
from assessments.actions.waivers import end_waiver, waive
from assessments.models import Attempt, Waiver
from assessments.rules.exams import why_not_start
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.sittings import begin
from courses.lib.refusals import Refused
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def lead():
    return make_person(groups=["enablement"], is_staff=True)


def judge_of(exam):
    people = [make_person(groups=["grader"]) for _ in range(2)]
    pks = [one.pk for one in people]
    setting = start_standard(version=exam.current_version, judges=pks, by=lead(), now=timezone.now())
    return people[0], setting


def key_reader():
    person = make_person(is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_question"))
    return person


def code_of(deed):
    with pytest.raises(Refused) as refused:
        deed()
    return refused.value.refusal.code


def said(person, exam):
    """What the page, and what the start say; both the same."""
    refusal = why_not_start(person, exam, timezone.now())
    shown = refusal.code if refusal else ""
    if shown:
        assert code_of(lambda: start_attempt(exam=exam, by=person)) == shown
    return shown


def test_a_judge_does_not_sit_the_exam_nor_another_one_of_its_bank():
    exam, other = ExamFactory(), ExamFactory()
    sister = ExamFactory(bank=exam.bank)
    judge, setting = judge_of(exam)

    assert said(judge, exam) == said(judge, sister) == "judged-it"
    assert said(judge, other) == ""
    cancel_standard(setting=setting, by=lead(), now=timezone.now())
    assert said(judge, exam) == "judged-it"


@pytest.mark.parametrize(
    "make", [lead, key_reader, lambda: make_person(is_superuser=True)], ids=["enablement", "own right", "superuser"]
)
def test_who_may_read_answers_does_not_sit(make):
    assert said(make(), ExamFactory()) == "reads-keys"


@pytest.mark.parametrize("groups", [[], ["learner"], ["grader"], ["review lead"], ["partner manager"]])
def test_everybody_else_may(groups):
    assert said(make_person(groups=groups), ExamFactory()) == ""


def test_the_page_of_the_exam_is_locked_with_the_reason(client):
    exam = ExamFactory()
    client.force_login(judge_of(exam)[0])

    html = client.get(exam.get_absolute_url()).content.decode()

    assert "you have seen its questions" in html
    assert "Start the exam" not in html


def test_a_colleague_waives_it_with_a_reason_and_ends_it():
    exam, other, person = ExamFactory(), ExamFactory(), lead()

    waiver = waive(learner=person, exam=exam, reason="Wrote none of it", by=lead())

    assert (said(person, exam), said(person, other)) == ("", "reads-keys")
    end_waiver(waiver=waiver, by=lead())
    assert said(person, exam) == "reads-keys"
    assert [one.history_type for one in waiver.history.all()] == ["~", "+"]


def test_what_is_not_waived():
    exam, person, by = ExamFactory(), lead(), lead()

    assert code_of(lambda: waive(learner=person, exam=exam, reason="Mine", by=person)) == "own-waiver"
    assert code_of(lambda: waive(learner=person, exam=exam, reason=" ", by=by)) == "no-reason"
    waive(learner=person, exam=exam, reason="Once", by=by)
    assert code_of(lambda: waive(learner=person, exam=exam, reason="Twice", by=by)) == "waived-already"


@pytest.mark.parametrize("fields", [{"reason": ""}, {"waived_by": None}, {}])
def test_the_database_keeps_waivers_true(fields):
    exam, person, by = ExamFactory(), make_person(), make_person()
    row = {"learner": person, "exam": exam, "reason": "Once", "waived_by": by}
    Waiver.objects.create(**row)
    wrong = row | fields | ({"waived_by": person} if "waived_by" in fields else {})

    with pytest.raises(IntegrityError), transaction.atomic():
        Waiver.objects.create(**wrong | ({"exam": ExamFactory()} if fields else {}))


def test_the_administration_waives_and_ends(client):
    by, person, exam = lead(), lead(), ExamFactory()
    client.force_login(by)
    add = reverse("admin:assessments_waiver_add")

    own = client.post(add, {"learner": by.pk, "exam": exam.pk, "reason": "Mine"})
    assert "Nobody waives this for themselves" in own.content.decode()
    client.post(add, {"learner": person.pk, "exam": exam.pk, "reason": "Left the bank a year ago"})
    waiver = Waiver.objects.get()
    assert (waiver.learner, waiver.waived_by) == (person, by)
    client.post(reverse("admin:assessments_waiver_deed", args=[waiver.pk, "end"]))

    waiver.refresh_from_db()
    assert waiver.ended_at is not None
    assert client.get(reverse("admin:assessments_waiver_changelist"), {"q": "bank"}).status_code == 200


def test_nobody_gets_a_right_that_shows_answers_in_the_middle_of_an_exam():
    attempt = begin()
    groups = Group.objects.filter(name="enablement")

    assert code_of(lambda: set_groups(person=attempt.learner, groups=groups, by=lead())) == "sits-an-exam"
    set_groups(person=attempt.learner, groups=Group.objects.filter(name="grader"), by=lead())
    Attempt.objects.filter(pk=attempt.pk).update(state="void")
    set_groups(person=attempt.learner, groups=groups, by=lead())

    assert attempt.learner.groups.get().name == "enablement"


def test_nobody_is_asked_to_judge_what_they_sit():
    attempt = begin()
    judges = [attempt.learner_id, make_person().pk]

    def start():
        start_standard(version=attempt.exam.current_version, judges=judges, by=lead(), now=timezone.now())

    assert code_of(start) == "judge-sits"


def test_an_exam_that_runs_goes_on_for_who_may_not_start_another():
    attempt = begin()
    attempt.learner.user_permissions.add(Permission.objects.get(codename="view_answerkey"))

    assert start_attempt(exam=attempt.exam, by=attempt.learner) == attempt
