"""From a deed to evidence, from evidence to a standing: once each, and nothing lost."""

import threading
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from accreditation.actions import standing as standing_actions
from accreditation.actions.evidence import ask_for_reassessment, record_evidence, withdraw_evidence
from accreditation.actions.standing import reassess, settle_reassessment
from accreditation.models import Accreditation, Evidence, Program, Reassessment
from accreditation.signals import standing_changed
from accreditation.tests.factories import (
    AccreditationFactory,
    EvidenceFactory,
    ReassessmentFactory,
    make_enablement,
    make_program,
)
from assessments.actions.closing import submit_attempt
from assessments.actions.interventions import void_attempt
from assessments.actions.scoring import scorable_items, score_attempt
from assessments.models import AnswerKey, Regrade
from assessments.tests.sittings import answer_all, begin
from courses.actions.progress import mark_lesson_done
from courses.lib.refusals import Refused
from courses.tests.at_once import at_once, start
from courses.tests.factories import CourseFactory, LessonFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def changes():
    heard = []

    def hear(accreditation, old, **_):
        heard.append((old, accreditation.state))

    standing_changed.connect(hear)
    yield heard
    standing_changed.disconnect(hear)


def prove(learner, course, *, days_ago=1, source="tests:1", **details):
    """Record a completed course as evidence."""
    performed_on = date.today() - timedelta(days=days_ago)
    record_evidence(
        learner_id=learner.pk, kind="course", source=source, performed_on=performed_on, course=course, **details
    )
    return Evidence.objects.get(source=source)


def state_of(learner, program):
    return Accreditation.objects.get(learner=learner, program=program).state


def test_a_completed_course_is_evidence_once():
    lesson, learner = LessonFactory(), make_person()

    mark_lesson_done(lesson=lesson, by=learner)
    mark_lesson_done(lesson=lesson, by=learner)

    row = Evidence.objects.get()
    assert (row.learner, row.kind, row.course) == (learner, "course", lesson.course)
    assert Reassessment.objects.filter(learner=learner, done_at=None).count() == 1


def test_the_same_source_is_recorded_once():
    learner, course = make_person(), CourseFactory()

    assert prove(learner, course) == prove(learner, course)
    assert Evidence.objects.count() == 1


def test_evidence_is_never_changed_or_deleted():
    row = EvidenceFactory(course=CourseFactory())

    for deed in (row.delete, row.save, lambda: Evidence.objects.update(reason="x")):
        with pytest.raises(DatabaseError), transaction.atomic():
            deed()


def test_withdrawn_evidence_no_longer_counts():
    learner, course = make_person(), CourseFactory()
    program = make_program(course)
    row = prove(learner, course)
    reassess(learner=learner)
    assert state_of(learner, program) == "accredited"

    undone = withdraw_evidence(evidence=row, reason="Somebody else did it.", by=make_enablement(name="Ilse"))
    reassess(learner=learner)

    assert state_of(learner, program) == "not_started"
    assert (undone.withdraws, undone.reason) == (row, "Somebody else did it. (Ilse)")


@pytest.mark.parametrize(
    ("kind", "twice", "reason", "code"),
    [
        ("course", False, "  ", "no-reason"),
        ("course", True, "Again", "already-withdrawn"),
        ("revocation", False, "Because", "revocation-stays"),
    ],
)
def test_what_keeps_evidence_from_being_withdrawn(kind, twice, reason, code):
    row, by = EvidenceFactory(kind=kind, course=CourseFactory()), make_enablement()
    if twice:
        withdraw_evidence(evidence=row, reason="First", by=by)

    with pytest.raises(Refused) as caught:
        withdraw_evidence(evidence=row, reason=reason, by=by)

    assert caught.value.refusal.code == code


@pytest.mark.django_db(transaction=True)
def test_evidence_is_withdrawn_once_by_whoever_is_first():
    row, by = EvidenceFactory(course=CourseFactory()), make_enablement()

    results = at_once([lambda: withdraw_evidence(evidence=row, reason="Wrong", by=by)] * 5)

    assert results.count("already-withdrawn") == 4
    assert Evidence.objects.filter(withdraws=row).count() == 1


def test_a_withdrawal_is_not_withdrawn():
    by = make_enablement()
    undone = withdraw_evidence(evidence=EvidenceFactory(course=CourseFactory()), reason="Wrong", by=by)

    with pytest.raises(Refused):
        withdraw_evidence(evidence=undone, reason="Wrong again", by=by)


@pytest.mark.parametrize(
    "fields",
    [{"score": 5, "maximum": 4}, {"score": -1, "maximum": 4}, {"score": 5}, {"kind": "withdrawal"}],
)
def test_the_database_refuses_evidence_that_can_not_be(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        EvidenceFactory(course=CourseFactory(), **fields)


def test_a_standing_is_written_once_and_its_changes_are_told(changes):
    learner, courses = make_person(), CourseFactory.create_batch(2)
    make_program(*courses)

    for number, course in enumerate(courses):
        prove(learner, course, source=f"tests:{number}")
        assert len(reassess(learner=learner)) == 1
        assert reassess(learner=learner) == []

    assert changes == [("", "in_progress"), ("in_progress", "accredited")]


def test_nobody_gets_a_row_for_a_program_that_they_never_began():
    make_program()

    assert reassess(learner=make_person()) == []


def test_drafts_and_programs_without_rules_are_left_alone():
    learner, course = make_person(), CourseFactory()
    make_program(course, publish=False)
    Program.objects.create(slug="empty", title="Empty", state="published")
    prove(learner, course)

    assert reassess(learner=learner) == []


def test_a_withdrawn_program_keeps_what_was_earned():
    learner, course = make_person(), CourseFactory()
    program = make_program(course)
    prove(learner, course)
    Program.objects.update(state="withdrawn")

    reassess(learner=learner)

    assert state_of(learner, program) == "accredited"


def test_programs_that_build_on_each_other_are_settled_at_once():
    learner, course = make_person(), CourseFactory()
    chain = [make_program(course, slug="z")]
    for slug in "yxwvut":
        chain.append(make_program(chain[-1], slug=slug))
    prove(learner, course)

    reassess(learner=learner)

    assert {state_of(learner, one) for one in chain} == {"accredited"}


def test_time_alone_lets_a_standing_fade_and_lapse(changes):
    learner, course = make_person(), CourseFactory()
    program, now = make_program(course, months=12), timezone.now()
    prove(learner, course, days_ago=0)

    for days in (0, 300, 380):
        reassess(learner=learner, now=now + timedelta(days=days))

    assert [new for _, new in changes] == ["accredited", "fading", "lapsed"]
    assert state_of(learner, program) == "lapsed"


def test_a_new_version_counts_from_then_on():
    learner, course, more = make_person(), CourseFactory(), CourseFactory()
    program = make_program(course, slug="growing")
    prove(learner, course)
    reassess(learner=learner)
    Program.objects.update(state="draft")
    program = make_program(course, more, slug="growing")

    (row,) = reassess(learner=learner)

    assert (row.state, row.version) == ("in_progress", program.current_version)


def test_program_versions_never_change():
    version = make_program().current_version

    for row in (version, version.groups.first(), version.groups.first().requirements.first()):
        with pytest.raises(DatabaseError), transaction.atomic():
            row.delete()


def test_a_reassessment_is_settled_once():
    row = ReassessmentFactory()

    assert settle_reassessment(reassessment_id=row.pk) is True
    assert settle_reassessment(reassessment_id=row.pk) is False
    assert settle_reassessment(reassessment_id=0) is False


def test_one_open_reassessment_is_enough():
    learner = make_person()

    assert ask_for_reassessment(learner_id=learner.pk) == ask_for_reassessment(learner_id=learner.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReassessmentFactory(learner=learner)


def test_after_it_was_settled_another_is_asked_for():
    learner = make_person()
    first = ask_for_reassessment(learner_id=learner.pk)
    settle_reassessment(reassessment_id=first.pk)

    assert ask_for_reassessment(learner_id=learner.pk) != first


def test_a_reassessment_that_fails_waits_and_stays_open(monkeypatch):
    row = ReassessmentFactory()
    monkeypatch.setattr(standing_actions, "with_rules", lambda programs: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        settle_reassessment(reassessment_id=row.pk)

    row.refresh_from_db()
    assert row.done_at is None
    assert row.due_at > timezone.now() + timedelta(minutes=4)


def pause_in(monkeypatch):
    """Let the next reassessment stop when it has read its evidence: (it has, let it go on)."""
    has_read, may_go_on, read = threading.Event(), threading.Event(), standing_actions.facts_of

    def slow(learner):
        facts = read(learner)
        has_read.set()
        may_go_on.wait(20)
        return facts

    monkeypatch.setattr(standing_actions, "facts_of", slow)
    return has_read, may_go_on


def somebody_waits():
    """Whether a session of this database waits for a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with connection.cursor() as cursor:
        cursor.execute(waiting)
        return cursor.fetchone()[0] > 0


def until(true):
    """Ask until it is so."""
    for _ in range(2000):
        if true():
            return
        threading.Event().wait(0.005)
    raise AssertionError("it never came true")


@pytest.mark.django_db(transaction=True)
def test_evidence_that_comes_while_a_reassessment_runs_is_not_lost(monkeypatch):
    learner, courses = make_person(), CourseFactory.create_batch(2)
    program = make_program(*courses)
    prove(learner, courses[0])
    Reassessment.objects.all().delete()
    row = ask_for_reassessment_quietly(learner)
    has_read, may_go_on = pause_in(monkeypatch)

    settling = start(lambda: settle_reassessment(reassessment_id=row.pk))
    assert has_read.wait(20)
    proving = start(lambda: prove(learner, courses[1], source="tests:2"))
    until(somebody_waits)
    may_go_on.set()

    assert settling() is True
    assert isinstance(proving(), Evidence)
    settle_all()
    assert state_of(learner, program) == "accredited"


def ask_for_reassessment_quietly(learner):
    """An open row that no task has taken yet."""
    return ReassessmentFactory(learner=learner)


def settle_all():
    for row in Reassessment.objects.filter(done_at=None):
        settle_reassessment(reassessment_id=row.pk)


@pytest.mark.django_db(transaction=True)
def test_twenty_proofs_at_the_same_moment_all_count():
    learner, courses = make_person(), CourseFactory.create_batch(20)
    program = make_program(*courses)

    results = at_once([lambda n=n, one=one: prove(learner, one, source=f"tests:{n}") for n, one in enumerate(courses)])
    settle_all()

    assert all(isinstance(one, Evidence) for one in results), results
    assert state_of(learner, program) == "accredited"


@pytest.mark.django_db(transaction=True)
def test_one_source_from_twenty_threads_is_recorded_once():
    learner, course = make_person(), CourseFactory()

    results = at_once([lambda: prove(learner, course)] * 20)

    assert len({one.pk for one in results}) == 1


@pytest.mark.django_db(transaction=True)
def test_ten_settle_one_reassessment_once():
    row = ReassessmentFactory()

    results = at_once([lambda: settle_reassessment(reassessment_id=row.pk)] * 10)

    assert sorted(results) == [False] * 9 + [True]


def test_rows_say_what_they_are():
    row = EvidenceFactory(course=CourseFactory(), performed_on=date(2026, 5, 20))

    assert str(row) == "course completed, 2026-05-20"
    assert str(AccreditationFactory()).endswith("accredited")
    assert "at" in str(ReassessmentFactory())


def test_pass_that_a_correction_took_away_is_no_evidence_any_more():
    attempt = begin(published__questions=1, published__draw=1)
    answer_all(attempt)
    closed = submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1).attempt
    proof = Evidence.objects.get(source=f"assessments.attempt:{attempt.pk}")
    AnswerKey.objects.update(correction=wrong_key(attempt))

    for _ in range(2):
        items = scorable_items(closed)
        score_attempt(attempt=closed, items=items, reason="correction 1", now=timezone.now())

    proof.refresh_from_db()
    assert (proof.withdrawn_by.reason, proof.withdrawn_by.learner_id) == ("correction 1", attempt.learner_id)
    assert Evidence.objects.filter(withdraws=proof).count() == 1


def test_pass_that_was_taken_out_of_the_count_is_no_evidence_any_more():
    attempt = begin(published__questions=1, published__draw=1)
    answer_all(attempt)
    submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1)
    unproved = begin()

    void_attempt(attempt=attempt, cause="misconduct", reason="Seen.", by=make_person())
    void_attempt(attempt=unproved, cause="incident", reason="Power cut.", by=make_person())

    proof = Evidence.objects.get(source=f"assessments.attempt:{attempt.pk}")
    assert proof.withdrawn_by.reason == "attempt taken out of the count: misconduct"
    assert Evidence.objects.filter(kind="withdrawal").count() == 1


def wrong_key(attempt):
    """A correction after which nothing that was chosen is right."""
    return Regrade.objects.create(
        version=attempt.items.get().version, effect="key", answers={}, reason="Wrong.", made_by=make_person(),
        made_at=timezone.now(),
    )  # fmt: skip
