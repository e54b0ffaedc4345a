"""Practice rounds: feedback at once, nothing counted, and no word of an exam's own questions."""

import json

import pytest
from django.core.management import call_command
from django.urls import reverse

from assessments.actions.banks import author_question
from assessments.actions.closing import close_overdue_attempts
from assessments.actions.practice import answer_practice, end_practice, start_practice
from assessments.models import Attempt, AttemptItem, Question
from assessments.rules.exams import has_passed_exam, why_not_start
from assessments.rules.practice import practised, why_not_use_otherwise
from assessments.rules.saves import Entry
from assessments.signals import attempt_graded
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.sittings import answer_all, begin, move_clock, tokens
from courses.lib.clock import database_now
from courses.lib.refusals import Refused
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def for_practice(count=3, **fields):
    """An exam whose bank keeps so many questions for practice."""
    exam = ExamFactory(published__questions=4, published__draw=2)
    for number in range(count):
        author_question(
            bank=exam.bank, external_id=f"p{number}", kind="single", text=f"Practice {number}?", practice_only=True,
            options=[
                {"text": f"Right {number}", "correct": True, "feedback": f"Praise {number}"},
                {"text": f"Wrong {number}", "feedback": f"Hint {number}"},
            ],
            rationale=f"Reason {number}", **fields,
        )  # fmt: skip
    return exam


def answer(attempt, position=1, *, right=True):
    chosen = tuple(tokens(attempt, position, right=right)[:1])
    answer_practice(attempt_id=attempt.pk, by=attempt.learner, entry=Entry(position, None, chosen))


def round_page(client, attempt, position=1):
    return client.get(reverse("assessments:practice-round", args=[attempt.pk]), {"q": position}).content.decode()


def test_round_asks_practice_questions_only_and_is_apart_from_the_exam():
    exam, learner = for_practice(), make_person()
    sitting = begin(exam, learner)

    attempt = start_practice(exam=exam, by=learner)

    assert set(attempt.items.values_list("question__practice_only", flat=True)) == {True}
    assert set(sitting.items.values_list("question__practice_only", flat=True)) == {False}
    assert (attempt.scored, attempt.number, sitting.number, attempt.items.count()) == (False, 1, 1, 3)
    assert start_practice(exam=exam, by=learner) == attempt


def test_round_asks_at_most_ten_unseen_ones_first():
    exam, learner = for_practice(14), make_person()
    first = start_practice(exam=exam, by=learner)
    end_practice(attempt_id=first.pk, by=learner)

    second = start_practice(exam=exam, by=learner)

    seen = set(first.items.values_list("question_id", flat=True))
    assert (first.items.count(), second.items.count(), second.number) == (10, 10, 2)
    assert len(seen & set(second.items.values_list("question_id", flat=True))) == 6


def test_enemies_may_meet_in_practice():
    exam = for_practice(2)
    one, other = Question.objects.filter(practice_only=True)
    one.enemies.add(other)

    assert start_practice(exam=exam, by=make_person()).items.count() == 2


def test_answer_is_checked_at_once_and_may_be_changed(client):
    attempt = start_practice(exam=for_practice(1), by=make_person())
    client.force_login(attempt.learner)
    before = round_page(client, attempt)
    assert not any(word in before for word in ("Reason 0", "Praise 0", "Hint 0", "Not right yet"))

    address = reverse("assessments:practice-round", args=[attempt.pk])
    wrong = {"q": 1, "epoch": 1, "answer": tokens(attempt, right=False)}
    page = client.post(address, wrong, follow=True).content.decode()
    assert all(word in page for word in ("Not right yet", "Hint 0", "Reason 0"))
    assert "Praise 0" not in page
    answer(attempt)
    assert all(word in round_page(client, attempt) for word in ("Praise 0", "Reason 0", ">Right</p>"))


def test_round_counts_for_nothing(client):
    heard = []
    attempt_graded.connect(lambda **news: heard.append(news), weak=False, dispatch_uid="heard")
    exam, learner = for_practice(1), make_person()
    attempt = start_practice(exam=exam, by=learner)
    answer(attempt)

    ended = end_practice(attempt_id=attempt.pk, by=learner)
    attempt_graded.disconnect(dispatch_uid="heard")

    assert end_practice(attempt_id=attempt.pk, by=learner) == ended
    assert (ended.current_run.score, heard) == (1, [])
    assert not has_passed_exam(learner, exam)
    assert why_not_start(learner, exam, database_now()) is None
    client.force_login(learner)
    assert "1 of 1 right" in round_page(client, ended)
    rounds = client.get(reverse("assessments:practice", args=[exam.slug])).content.decode()
    assert "Your rounds so far" in rounds


def test_forgotten_round_closes_by_itself():
    attempt = start_practice(exam=for_practice(1), by=make_person())
    move_clock(attempt, days=31)

    assert close_overdue_attempts() == 1
    fresh = start_practice(exam=attempt.exam, by=attempt.learner)
    assert fresh != attempt


def test_nothing_to_practise_says_so(client):
    exam = ExamFactory()
    client.force_login(make_person())

    page = client.get(reverse("assessments:practice", args=[exam.slug])).content.decode()

    assert "No practice questions are written for this exam yet." in page
    with pytest.raises(Refused, match="No practice questions"):
        start_practice(exam=exam, by=make_person())
    exam.state = "withdrawn"
    with pytest.raises(Refused, match="isn't open"):
        start_practice(exam=exam, by=make_person())


def test_rules_page_leads_to_practice_where_there_is_some(client):
    client.force_login(make_person())
    exam, without = for_practice(2), ExamFactory()

    assert "2 questions that the exam doesn’t ask" in client.get(exam.get_absolute_url()).content.decode()
    assert "Practise first" not in client.get(without.get_absolute_url()).content.decode()


def test_pages_of_practice_and_of_exams_lead_to_each_their_own(client):
    exam, learner = for_practice(1), make_person()
    client.force_login(learner)
    sitting, attempt = begin(exam, learner), start_practice(exam=exam, by=learner)
    own = reverse("assessments:practice-round", args=[attempt.pk])

    assert client.get(reverse("assessments:practice-round", args=[sitting.pk])).status_code == 404
    assert client.get(attempt.get_absolute_url()).url == own
    assert client.get(attempt.result_url).url == own
    assert client.get(reverse("assessments:attempt-hand-in", args=[attempt.pk])).url == attempt.get_absolute_url()
    assert client.post(reverse("assessments:end-practice", args=[sitting.pk])).status_code == 404
    with pytest.raises(Refused, match="no practice round"):
        answer_practice(attempt_id=sitting.pk, by=learner, entry=Entry(1, None, ()))


def test_nobody_else_sees_a_round(client):
    attempt = start_practice(exam=for_practice(1), by=make_person())
    client.force_login(make_person())

    assert client.get(reverse("assessments:practice-round", args=[attempt.pk])).status_code == 404
    assert client.post(reverse("assessments:end-practice", args=[attempt.pk])).status_code == 404
    with pytest.raises(Attempt.DoesNotExist):
        answer_practice(attempt_id=attempt.pk, by=make_person(), entry=Entry(1, None, ()))


def test_scored_items_are_never_checked_even_if_their_question_came_into_practice():
    attempt = begin(ExamFactory(published__questions=2, published__draw=2))
    answer_all(attempt)
    Question.objects.update(practice_only=True)

    assert [one.checked for one in practised(attempt)] == [None, None]


def test_question_stays_where_learners_have_met_it():
    exam = for_practice(1)
    learner = make_person()
    sitting = begin(exam, learner)
    start_practice(exam=exam, by=learner)
    asked = sitting.items.first().question
    practised_one = Question.objects.get(practice_only=True)

    assert why_not_use_otherwise(asked, practice_only=True).code == "asked-now"
    assert why_not_use_otherwise(practised_one, practice_only=False).code == "was-practised"
    Attempt.objects.filter(pk=sitting.pk).update(state="void")
    assert why_not_use_otherwise(asked, practice_only=True) is None
    assert why_not_use_otherwise(asked, practice_only=False) is None


def test_file_or_author_cannot_bring_a_practised_question_into_an_exam():
    exam = for_practice(1)
    start_practice(exam=exam, by=make_person())
    version = Question.objects.get(practice_only=True).current_version
    options = [{"text": "Right 0", "correct": True}, {"text": "Wrong 0"}]

    with pytest.raises(Refused, match="seen its answer"):
        author_question(bank=exam.bank, external_id="p0", kind="single", text=version.text, options=options)


@pytest.mark.parametrize("count", [2, 10])
def test_statements_of_a_round_are_the_same_for_any_number(client, django_assert_max_num_queries, count):
    attempt = start_practice(exam=for_practice(count), by=make_person())
    for position in range(1, count + 1):
        answer(attempt, position)
    client.force_login(attempt.learner)
    round_page(client, attempt)

    with django_assert_max_num_queries(14):
        round_page(client, attempt)
    assert AttemptItem.objects.filter(attempt=attempt, current_event__answered=True).count() == count


def test_unreadable_form_of_a_round_leads_back(client):
    attempt = start_practice(exam=for_practice(1), by=make_person())
    client.force_login(attempt.learner)
    address = reverse("assessments:practice-round", args=[attempt.pk])

    assert client.post(address, {"q": "x"}).url == address


def test_import_leaves_a_practised_question_in_practice_and_says_so(tmp_path, capsys):
    exam = for_practice(1)
    start_practice(exam=exam, by=make_person())
    file = tmp_path / "bank.csv"
    lines = "= Right 0\n~ Wrong 0\n~ New"
    file.write_text(f'id,type,text,options,practice_only\np0,single,Practice 0?,"{lines}",no\n')

    call_command("import_questions", exam.bank.slug, str(file), "--accept", "--json")

    report = json.loads(capsys.readouterr().out)
    question = Question.objects.get(external_id="p0")
    assert (report["imported"], question.practice_only, question.current_version.number) == (1, True, 2)
    assert "It stays where it is used." in report["questions"][0]["warnings"][-1]


def test_page_offers_a_new_round_where_the_open_one_is_over(client):
    exam, learner = for_practice(), make_person()
    client.force_login(learner)
    attempt = start_practice(exam=exam, by=learner)
    address = reverse("assessments:practice", args=[exam.slug])
    assert "Go on with your round" in client.get(address).content.decode()

    move_clock(attempt, days=31)

    assert "Start a round" in client.get(address).content.decode()
    assert start_practice(exam=exam, by=learner) != attempt
