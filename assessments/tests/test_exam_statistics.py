"""Statistics of an exam from its attempts: who counts, what is stored, when it is computed."""

import time
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments import tasks
from assessments.actions import exam_statistics
from assessments.actions.closing import submit_attempt
from assessments.actions.exam_statistics import (
    ask_for_nightly_statistics,
    ask_for_statistics,
    compute_exam_statistics,
    compute_statistics,
    statistics_to_compute,
)
from assessments.models import AnswerKey, Attempt, AttemptItem, ExamStatistics, ItemScore, ItemStatistics, Regrade
from assessments.rules.exam_statistics import statistics_of
from assessments.rules.statistics.figures import exam_figures
from assessments.rules.statistics.reading import _is_share, read_choices, read_sittings
from assessments.tests.factories_exams import ExamFactory, QuestionFactory
from assessments.tests.mark_tables import abilities, drawn_forms, table
from assessments.tests.sitting_tables import sat_by, without_triggers
from assessments.tests.sittings import answer_all, begin
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(days=2)


def marks_of(persons=150, items=10, seed=1):
    return abilities(persons, items, seed=seed).astype(int)


def items_of(row):
    return list(row.items.order_by("version_id"))


def test_the_figures_are_those_of_the_same_table_in_a_file():
    marks = marks_of()
    row = compute_exam_statistics(exam=sat_by(marks, start=EARLIER), now=NOW)
    alone = exam_figures(table(marks), cut=0.8)

    assert (row.persons, row.computed_at, row.figures["forms"]) == (150, NOW, "one")
    for name in ("alpha", "sem", "mean", "sd"):
        assert row.figures[name] == pytest.approx(getattr(alone, name))
    assert row.figures["decision"]["kappa"] == pytest.approx(alone.decision.kappa)
    assert [one.facility for one in items_of(row)] == pytest.approx([one.facility for one in alone.items])
    found = [one.item_total_corrected for one in items_of(row)]
    assert found == pytest.approx([one.item_total_corrected for one in alone.items])
    assert sum(row.figures["histogram"]) == 150


def test_a_real_sitting_is_read_with_what_was_chosen():
    attempt = begin(ExamFactory(published__questions=4, published__draw=4))
    answer_all(attempt, right=3)
    assert read_sittings(attempt.exam).versions == ()
    submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1)

    sittings = read_sittings(attempt.exam)
    choices = read_choices(attempt.exam, sittings)

    assert (sorted(sittings.table.marks[0]), list(sittings.table.maxima)) == ([0, 1, 1, 1], [1] * 4)
    for one in choices:
        assert (
            one.chosen.sum() == 1 and one.chosen[0, list(one.keys).index(True)] == sittings.table.marks[0, one.column]
        )


def test_only_the_first_attempt_that_counts_is_taken():
    exam = sat_by(marks_of(20, 5), start=EARLIER)
    sat_by(1 - marks_of(20, 5), start=NOW, exam=exam, number=2)
    first = Attempt.objects.filter(number=1).order_by("learner_id").first()
    with without_triggers():
        Attempt.objects.filter(pk=first.pk).update(state="void")

    sittings = read_sittings(exam)

    assert sittings.table.marks.shape == (20, 5)
    again = (sittings.table.marks == (1 - marks_of(20, 5))[0]).all(axis=1)
    assert again.sum() >= 1
    assert sittings.table.marks.sum() == marks_of(20, 5)[1:].sum() + (1 - marks_of(20, 5))[0].sum()


def test_practice_and_open_attempts_do_not_count():
    exam = sat_by(marks_of(10, 4), start=EARLIER)
    pks = list(Attempt.objects.order_by("learner_id").values_list("pk", flat=True))
    with without_triggers():
        Attempt.objects.filter(pk=pks[0]).update(scored=False)
        Attempt.objects.filter(pk=pks[1]).update(state="in_progress", closed_at=None, close_reason="")

    assert len(read_sittings(exam).table.marks) == 8


def test_voided_items_are_left_out():
    exam = sat_by(marks_of(10, 4), start=EARLIER)
    voided = AttemptItem.objects.order_by("version_id").first().version_id
    AttemptItem.objects.filter(version_id=voided).update(voided=True)

    row = compute_exam_statistics(exam=exam, now=NOW)

    assert voided not in read_sittings(exam).versions and row.items.count() == 3


def test_drawn_forms_have_phi_and_each_question_its_own_n():
    marks = drawn_forms(abilities(300, 20), 8)
    exam = sat_by(np.nan_to_num(marks, nan=-1), start=EARLIER)

    row = compute_exam_statistics(exam=exam, now=NOW)

    assert row.figures["forms"] == "drawn" and row.figures["alpha"] is None
    assert row.figures["phi"] == pytest.approx(exam_figures(table(marks)).phi)
    assert [one.n for one in items_of(row)] == (~np.isnan(marks)).sum(axis=0).tolist()


def test_options_are_counted_by_what_was_chosen():
    marks = marks_of(120, 6)
    row = compute_exam_statistics(exam=sat_by(marks, start=EARLIER), now=NOW)

    item = items_of(row)[0]
    key, wrong, *never = item.options
    assert key["is_key"] and key["share"] == pytest.approx(marks[:, 0].mean())
    assert wrong["share"] == pytest.approx(1 - marks[:, 0].mean())
    rest = marks[:, 1:].sum(axis=1)
    assert key["correlation"] == pytest.approx(np.corrcoef(marks[:, 0], rest)[0, 1])
    assert {one["share"] for one in never} == {0.0} and "unused" in item.flags


def test_questions_that_are_not_chosen_from_have_no_options():
    exam = ExamFactory(published=False)
    for _ in range(3):
        QuestionFactory(bank=exam.bank, written__right=())
    numeric = exam.bank.questions.order_by("pk").first()
    numeric.current_version.answer_key.answers = {"accepted": []}
    numeric.current_version.answer_key.save()
    version = exam.versions.create(number=1)
    exam.current_version = version
    exam.save()
    sat_by(marks_of(12, 3), start=EARLIER, exam=exam)

    sittings = read_sittings(exam)

    assert [one.version for one in read_choices(exam, sittings)] == list(sittings.versions[1:])


def test_keys_that_are_no_shares_are_not_chosen_from():
    exam = sat_by(marks_of(5, 2), start=EARLIER)
    sittings = read_sittings(exam)
    with without_triggers() as cursor:
        cursor.execute("UPDATE assessments_answerkey SET fractions = '{\"order\": [1]}'")

    assert read_choices(exam, sittings) == []
    assert read_choices(exam, read_sittings(ExamFactory())) == []
    assert not _is_share("many") and not _is_share(None) and not _is_share("nan") and _is_share("-0.5")


def test_what_is_right_is_read_as_it_was_corrected():
    exam = sat_by(marks_of(5, 2), start=EARLIER)
    sittings = read_sittings(exam)
    key = AnswerKey.objects.get(version_id=sittings.versions[0])
    other = {pk: "0" if share == "1" else "1" for pk, share in key.answers.items()}
    correction = Regrade.objects.create(
        version=key.version, effect="key", answers=other, reason="Wrong key.", made_by=make_person(), made_at=NOW
    )
    full = Regrade.objects.create(
        version_id=sittings.versions[1], effect="full", reason="Unclear.", made_by=make_person(), made_at=NOW
    )
    with without_triggers():
        AnswerKey.objects.filter(pk=key.pk).update(correction=correction)
        AnswerKey.objects.filter(version_id=sittings.versions[1]).update(correction=full)

    changed, kept = read_choices(exam, sittings)

    assert changed.keys == (False, True, True, True) and kept.keys == (True, False, False, False)


def test_what_somebody_without_a_mark_chose_is_left_out():
    """Every item of the first sitting was voided in its scoring, though not on its row."""
    exam = sat_by(marks_of(6, 3), start=EARLIER)
    first = Attempt.objects.order_by("learner_id").first()
    with without_triggers():
        ItemScore.objects.filter(run=first.current_run_id).delete()

    sittings = read_sittings(exam)

    assert [len(one.chosen) for one in read_choices(exam, sittings)] == [5, 5, 5]


def test_exposure_counts_every_attempt_of_ninety_days():
    marks = marks_of(10, 4)
    marks[5:, 0] = -1
    exam = sat_by(marks, start=NOW - timedelta(days=10))
    sat_by(marks, start=NOW - timedelta(days=100), exam=exam, number=2, shift=50)
    QuestionFactory(bank=exam.bank)

    row = compute_exam_statistics(exam=exam, now=NOW)

    exposure = row.figures["exposure"]
    assert (exposure["attempts"], exposure["questions"], exposure["never"]) == (10, 5, 1)
    assert [one.exposure for one in items_of(row)] == [0.5, 1.0, 1.0, 1.0]
    assert (exposure["review"], exposure["alarm"]) == (3, 1)
    assert exposure["overlap"] == pytest.approx(5 / 3.5 * np.var([0.5, 1, 1, 1, 0]) + 3.5 / 5)


def test_an_exam_that_nobody_sat_has_no_figures_and_no_error():
    row = compute_exam_statistics(exam=ExamFactory(), now=NOW)

    assert (row.persons, row.items.count(), row.figures["alpha"], row.figures["exposure"]["overlap"]) == (
        0,
        0,
        None,
        None,
    )
    assert compute_exam_statistics(exam=ExamFactory(published=False), now=NOW).figures["cut_percent"] is None


def test_of_many_people_the_newest_are_taken_and_it_is_said(monkeypatch):
    monkeypatch.setattr("assessments.rules.statistics.reading.MOST_PERSONS", 8)
    monkeypatch.setattr("assessments.rules.exam_statistics.MOST_PERSONS", 8)

    row = compute_exam_statistics(exam=sat_by(marks_of(12, 4), start=EARLIER), now=NOW)

    assert row.persons == 8 and "newest 8 people" in row.figures["notes"][-1]


def test_asking_twice_leaves_one_row_that_waits():
    exam = ExamFactory()
    first = ask_for_statistics(exam=exam, by=make_person(), now=NOW)
    again = ask_for_statistics(exam=exam, by=None, now=NOW + timedelta(minutes=1))

    assert first.pk == again.pk and ExamStatistics.objects.count() == 1
    assert compute_statistics(statistics_id=first.pk, now=NOW) is True
    assert compute_statistics(statistics_id=first.pk, now=NOW) is False
    assert ask_for_statistics(exam=exam, by=None, now=NOW + timedelta(hours=1)).pk != first.pk


def test_a_failure_is_written_down_and_tried_again_later(monkeypatch):
    row = ask_for_statistics(exam=ExamFactory(), by=None, now=NOW)
    monkeypatch.setattr(exam_statistics, "statistics_of", lambda *args: 1 / 0)

    compute_statistics(statistics_id=row.pk, now=NOW)

    row.refresh_from_db()
    assert (row.tries, row.due_at, row.computed_at) == (1, NOW + timedelta(minutes=2), None)
    assert row.problem == "ZeroDivisionError: division by zero"
    assert statistics_to_compute(now=NOW) == []
    assert statistics_to_compute(now=NOW + timedelta(minutes=2)) == [row.pk]
    ExamStatistics.objects.update(tries=8)
    assert statistics_to_compute(now=NOW + timedelta(days=1)) == []


@pytest.mark.parametrize(
    ("asked", "now", "due"),
    [
        (None, NOW, 1),
        (NOW.replace(hour=1), NOW, 1),
        (NOW.replace(hour=2), NOW, 0),
        (NOW - timedelta(hours=9), NOW.replace(hour=1), 0),
        (NOW - timedelta(days=2), NOW.replace(hour=1), 1),
    ],
)
def test_every_night_those_exams_that_people_sat_lately_are_asked_for(asked, now, due):
    exam = sat_by(marks_of(4, 3), start=EARLIER)
    sat_by(marks_of(4, 3), start=NOW - timedelta(days=91), shift=9)
    ExamFactory()
    if asked:
        ExamStatistics.objects.create(exam=exam, requested_at=asked, due_at=asked)

    assert ask_for_nightly_statistics(now=now) == due


def test_thirty_computations_of_an_exam_are_kept(monkeypatch):
    monkeypatch.setattr(exam_statistics, "KEPT", 2)
    exam, other = sat_by(marks_of(4, 3), start=EARLIER), ExamFactory()
    compute_exam_statistics(exam=other, now=NOW)

    for hour in range(4):
        compute_exam_statistics(exam=exam, now=NOW + timedelta(hours=hour))

    kept = ExamStatistics.objects.computed().filter(exam=exam)
    assert [row.computed_at.hour for row in kept] == [15, 14]
    assert ItemStatistics.objects.count() == 6 and other.statistics.count() == 1


def test_the_tasks_compute_what_waits(monkeypatch):
    sent = []
    monkeypatch.setattr(tasks, "nudge", lambda task, *ids: sent.append((task, ids)))
    row = ask_for_statistics(exam=ExamFactory(), by=None, now=NOW)

    tasks.sweep_statistics()
    tasks.compute_statistics(row.pk)
    tasks.ask_for_nightly_statistics()

    row.refresh_from_db()
    assert sent == [(tasks.compute_statistics, (row.pk,))] and row.computed_at is not None


def test_as_many_statements_for_many_questions_as_for_few():
    few, many = sat_by(marks_of(10, 3), start=EARLIER), sat_by(marks_of(10, 12), start=EARLIER, shift=99)
    counts = []
    for exam in (few, many):
        row = ask_for_statistics(exam=exam, by=None, now=NOW)
        with CaptureQueriesContext(connection) as captured:
            compute_statistics(statistics_id=row.pk, now=NOW)
        counts.append(len(captured))

    assert counts[0] == counts[1] <= 14


@pytest.mark.system
def test_ten_thousand_attempts_at_forty_items_take_seconds(capsys):
    exam = sat_by(marks_of(10_000, 40), start=EARLIER)
    began = time.process_time()

    found = statistics_of(exam, NOW)

    seconds = time.process_time() - began
    with capsys.disabled():
        print(  # noqa: T201
            f" statistics of 10,000 attempts × 40 items: {seconds:.1f} s ", end=""
        )
    assert found.persons == 10_000 and seconds < 20
