"""A defect found after the fact: counted for everybody both ways, applied once, and no pass taken away silently."""

import threading
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from assessments.actions.banks import author_question
from assessments.actions.closing import submit_attempt
from assessments.actions.exams import publish_exam
from assessments.actions.regrades import (
    apply_regrade,
    carry_out_regrade,
    count_regrade,
    decide_pass,
    drop_regrade,
    propose_regrade,
    sweep_regrades,
    work_on_regrade,
)
from assessments.models import AnswerKey, Attempt, ItemScore, Question, Regrade, RegradeChange, ScoringRun
from assessments.rules.draws import Cell
from assessments.rules.kinds import WrittenOption
from assessments.rules.option_lines import wording_of
from assessments.rules.regrades import lines_with, unmatched_answers
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.sittings import answer_all, begin, entry, item, save
from courses.lib.refusals import Refused
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def sat(exam, *, right=None, **answers):
    """A closed attempt; `answers`: q1="…" for typed answers."""
    attempt = begin(exam)
    if answers:
        for number, (external, value) in enumerate(answers.items(), start=1):
            position = attempt.items.get(question__external_id=external).position
            save(attempt, entry(attempt, position, number, value=[value]))
    else:
        answer_all(attempt, right=right)
    return submit_attempt(
        attempt_id=attempt.pk, by=attempt.learner, client_id=attempt.writer_client or "tab", epoch=1
    ).attempt


def typed_exam(questions=2, accepted="merge request", pass_percent=80, kind="short_text"):
    exam = ExamFactory(published=False)
    for number in range(1, questions + 1):
        options = [{"text": accepted, "correct": True}]
        author_question(bank=exam.bank, external_id=f"q{number}", kind=kind, text=f"Q{number}?", options=options)
    publish_exam(exam=exam, cells=[Cell(questions)], pass_percent=Decimal(pass_percent))
    exam.refresh_from_db()
    return exam


def version_of(exam, external="q1"):
    return Question.objects.get(bank=exam.bank, external_id=external).current_version


def lines(*pairs):
    return [WrittenOption(text, Decimal(share)) for text, share in pairs]


def also(version, text):
    return lines((version.answer_key.answers["accepted"][0][0], 1), (text, 1))


def apply(version, effect="key", options=(), reason="The question was wrong.", by=None):
    by = by or make_person()
    regrade = propose_regrade(version=version, effect=effect, options=options, reason=reason, by=by)
    count_regrade(regrade_id=regrade.pk)
    regrade = apply_regrade(regrade=regrade, by=by)
    carry_out_regrade(regrade_id=regrade.pk)
    regrade.refresh_from_db()
    return regrade


def result(attempt):
    run = Attempt.objects.select_related("current_run").get(pk=attempt.pk).current_run
    return run.score, run.max_score, run.passed


def test_counting_names_everybody_and_changes_nothing():
    exam = typed_exam()
    gains, same = sat(exam, q1="mr", q2="merge request"), sat(exam, q1="no", q2="no")
    version = version_of(exam)

    regrade = propose_regrade(
        version=version, effect="key", options=also(version, "MR"), reason="Right too.", by=make_person()
    )
    count_regrade(regrade_id=regrade.pk)

    (change,) = regrade.changes.all()
    assert (change.attempt, change.mark_before, change.mark_after) == (gains, 0, 1)
    assert (change.score_before, change.score_after, change.passed_before, change.passed_after) == (1, 2, False, True)
    assert (result(gains), result(same)) == ((1, 2, False), (0, 2, False))
    assert ScoringRun.objects.count() == 2
    regrade.refresh_from_db()
    assert regrade.state == "counted"


def test_accepted_answer_gives_the_mark_to_those_who_wrote_it():
    exam = typed_exam()
    gains, same = sat(exam, q1="mr", q2="merge request"), sat(exam, q1="no", q2="no")
    version = version_of(exam)

    regrade = apply(version, options=also(version, "MR"))

    assert (result(gains), result(same)) == ((2, 2, True), (0, 2, False))
    gains.refresh_from_db()
    assert (gains.runs.count(), gains.current_run.reason) == (2, f"correction {regrade.pk}")
    assert ItemScore.objects.filter(run=gains.current_run).count() == 2
    assert regrade.changes.get().run == gains.current_run
    assert (regrade.state, regrade.changes.get().outcome) == ("applied", "")


def test_later_sittings_are_scored_with_the_correction():
    exam = typed_exam()
    live = begin(exam)
    version = version_of(exam)
    apply(version, options=also(version, "MR"))
    for position in (1, 2):
        save(
            live,
            entry(
                live, position, position, value=["mr" if item(live, position).version == version else "merge request"]
            ),
        )

    closed = submit_attempt(attempt_id=live.pk, by=live.learner, client_id="tab", epoch=1).attempt

    assert result(closed) == (2, 2, True)


def test_author_sees_what_is_right_now():
    exam = typed_exam()
    version = version_of(exam)
    apply(version, options=also(version, "MR"))

    version = version_of(exam)
    assert wording_of(version)["options"] == "= merge request\n= MR"
    assert lines_with(version, ["pull *"]) == "= merge request\n= MR\n= pull \\*"


def test_new_key_takes_a_pass_away_only_after_a_named_decision():
    exam = ExamFactory(published__questions=1, published__draw=1)
    passed, failed = sat(exam, right=1), sat(exam, right=0)
    version = exam.bank.questions.get().current_version
    texts = list(version.options.values_list("text", flat=True))
    chosen = version.options.get(pk=item(failed).current_event.value[0]).text
    options = [WrittenOption(text, Decimal(text == chosen)) for text in texts]

    regrade = apply(version, options=options)

    assert (result(passed), result(failed)) == ((1, 1, True), (1, 1, True))
    lost = regrade.changes.get(attempt=passed)
    assert (lost.outcome, lost.run, lost.passed_after) == ("open", None, False)

    decider = make_person()
    decided = decide_pass(change=lost, withdraw=True, reason="It was wrong for all.", by=decider)
    assert (decided.outcome, decided.decided_by_id, result(passed)) == ("withdrawn", decider.pk, (0, 1, False))
    assert decided.run_id == Attempt.objects.get(pk=passed.pk).current_run_id
    with pytest.raises(Refused, match="No pass waits"):
        decide_pass(change=lost, withdraw=False, reason="Again.", by=decider)


def test_pass_that_is_kept_stays_as_it_was():
    exam = ExamFactory(published__questions=1, published__draw=1)
    passed = sat(exam, right=1)
    version = exam.bank.questions.get().current_version
    options = [WrittenOption(one.text, Decimal(n == 1)) for n, one in enumerate(version.options.all())]
    change = apply(version, options=options).changes.get()

    with pytest.raises(Refused, match="Say why"):
        decide_pass(change=change, withdraw=False, reason=" ", by=make_person())
    decide_pass(change=change, withdraw=False, reason="Told them it was right.", by=make_person())

    assert result(passed) == (1, 1, True)
    assert passed.runs.count() == 1


def test_full_marks_go_to_all_even_without_an_answer_and_the_question_is_drawn_no_more():
    exam = typed_exam()
    none = sat(exam, q2="merge request")

    apply(version_of(exam), effect="full")

    assert result(none) == (2, 2, True)
    assert Question.objects.get(bank=exam.bank, external_id="q1").withdrawn_at


def test_void_question_leaves_the_maximum():
    exam = typed_exam(questions=5, pass_percent=100)
    failed = sat(exam, q1="no", q2="merge request", q3="merge request", q4="merge request", q5="merge request")

    regrade = apply(version_of(exam), effect="void")

    assert result(failed) == (4, 4, True)
    change = regrade.changes.get()
    assert (change.mark_before, change.mark_after, change.maximum_after) == (0, None, 4)
    apply(version_of(exam), options=also(version_of(exam), "no"))
    assert result(failed) == (5, 5, True)


def test_void_attempts_are_left_alone():
    exam = typed_exam()
    void = sat(exam, q1="mr", q2="merge request")
    Attempt.objects.filter(pk=void.pk).update(state="void")

    assert not apply(version_of(exam), effect="full").changes.exists()


@pytest.mark.parametrize(
    ("effect", "options", "reason", "sentence"),
    [
        ("key", lines(("x", 1)), " ", "Say what is wrong"),
        ("full", (), "", "Say what is wrong"),
        ("key", lines(("x", "0.5")), "Why.", "whole mark"),
        ("void", (), "Why.", "asked nothing else"),
    ],
)
def test_what_cannot_be_corrected(effect, options, reason, sentence):
    exam = typed_exam(questions=1)
    sat(exam, q1="x")

    with pytest.raises(Refused, match=sentence):
        propose_regrade(version=version_of(exam), effect=effect, options=options, reason=reason, by=make_person())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda texts: [*texts[:-1], "other"], "the options must stay"),
        (lambda texts: texts[:-1], "the options must stay"),
        (lambda texts: texts, None),
    ],
)
def test_correction_keeps_the_options_that_were_asked(change, sentence):
    exam = ExamFactory(published__questions=1, published__draw=1)
    version = exam.bank.questions.get().current_version
    texts = change(list(version.options.values_list("text", flat=True)))
    options = [WrittenOption(text, Decimal(n < 2)) for n, text in enumerate(texts)]

    if sentence:
        with pytest.raises(Refused, match=sentence):
            propose_regrade(version=version, effect="key", options=options, reason="Two are right.", by=make_person())
    else:
        regrade = propose_regrade(
            version=version, effect="key", options=options, reason="Two are right.", by=make_person()
        )
        assert sorted(regrade.answers.values()) == ["0", "0", "1", "1"]


def test_none_right_is_refused_where_one_was_asked_for():
    version = ExamFactory(published__questions=1, published__draw=1).bank.questions.get().current_version
    options = [WrittenOption(one.text) for one in version.options.all()]

    with pytest.raises(Refused, match="Exactly one"):
        propose_regrade(version=version, effect="key", options=options, reason="Why.", by=make_person())


def test_one_correction_of_a_version_at_a_time_and_a_dropped_one_frees_it():
    version = version_of(typed_exam())
    first = propose_regrade(version=version, effect="full", reason="Why.", by=make_person())

    with pytest.raises(Refused, match="Another correction"):
        propose_regrade(version=version, effect="void", reason="Why.", by=make_person())
    drop_regrade(regrade=first, by=make_person())
    with pytest.raises(Refused):
        apply_regrade(regrade=first, by=make_person())
    assert propose_regrade(version=version, effect="void", reason="Why.", by=make_person()).state == "counting"


def test_doing_it_again_changes_nothing():
    exam = typed_exam()
    sat(exam, q1="mr", q2="no")
    version = version_of(exam)
    regrade = apply(version, options=also(version, "MR"))

    count_regrade(regrade_id=regrade.pk)
    carry_out_regrade(regrade_id=regrade.pk)
    work_on_regrade(regrade_id=regrade.pk)
    work_on_regrade(regrade_id=0)

    assert ScoringRun.objects.count() == 2
    with pytest.raises(Refused):
        drop_regrade(regrade=regrade, by=make_person())


def test_sweep_finds_what_was_missed():
    exam = typed_exam()
    sat(exam, q1="mr", q2="no")
    version = version_of(exam)
    regrade = propose_regrade(
        version=version, effect="key", options=also(version, "MR"), reason="Why.", by=make_person()
    )

    assert sweep_regrades() == 1
    apply_regrade(regrade=regrade, by=make_person())
    assert sweep_regrades() == 1
    assert sweep_regrades() == 0
    assert Regrade.objects.get().state == "applied"


def test_statements_do_not_grow_with_attempts(django_assert_max_num_queries):
    exam = typed_exam(kind="numeric", accepted="1")
    for _ in range(6):
        sat(exam, q1="2", q2="1")
    version = version_of(exam)
    regrade = propose_regrade(
        version=version, effect="key", options=also(version, "2"), reason="Why.", by=make_person()
    )

    with django_assert_max_num_queries(11):
        count_regrade(regrade_id=regrade.pk)
    assert regrade.changes.count() == 6


def test_unmatched_answers_are_listed_by_frequency():
    exam = typed_exam()
    for word in ("MR", " mr ", "pull request", "merge request", ""):
        sat(exam, q1=word, q2="merge request")

    found = [(one.text.strip().casefold(), one.times) for one in unmatched_answers(version_of(exam))]

    assert found == [("mr", 2), ("pull request", 1)]


def test_what_was_applied_is_history_in_the_database():
    exam = typed_exam()
    sat(exam, q1="mr", q2="no")
    version = version_of(exam)
    apply(version, options=also(version, "MR"))

    for deed in (
        lambda: RegradeChange.objects.update(score_after=0),
        lambda: RegradeChange.objects.all().delete(),
        lambda: Regrade.objects.update(reason="other"),
        lambda: AnswerKey.objects.update(rationale="other"),
        lambda: AnswerKey.objects.update(answers={}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            deed()


@pytest.mark.django_db(transaction=True)
def test_sittings_closed_while_a_correction_is_applied_all_end_with_it():
    exam = typed_exam()
    version = version_of(exam)
    live = []
    for _ in range(12):
        attempt = begin(exam)
        for position in (1, 2):
            save(attempt, entry(attempt, position, position, value=["mr"]))
        live.append(attempt)
    regrade = propose_regrade(
        version=version, effect="key", options=also(version, "MR"), reason="Why.", by=make_person()
    )
    count_regrade(regrade_id=regrade.pk)
    apply_regrade(regrade=regrade, by=make_person())
    start = threading.Barrier(13)

    def close(attempt):
        start.wait()
        submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1)
        connection.close()

    def carry_out():
        start.wait()
        carry_out_regrade(regrade_id=regrade.pk)
        connection.close()

    threads = [threading.Thread(target=close, args=[one]) for one in live] + [threading.Thread(target=carry_out)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {result(one) for one in live} == {(1, 2, False)}


def test_learner_reads_what_was_corrected_and_when(client):
    exam = typed_exam()
    attempt = sat(exam, q1="mr", q2="no")
    version = version_of(exam)
    client.force_login(attempt.learner)
    assert b"Corrected on" not in client.get(attempt.result_url).content

    apply(version, options=also(version, "MR"), reason="“MR” is right too.")

    body = client.get(attempt.result_url).content.decode()
    assert "“MR” is right too. Your points were 0 of 2 before." in body
