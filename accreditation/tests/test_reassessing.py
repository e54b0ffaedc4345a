"""A whole program computed again: the same as one by one, in few statements, from where it stopped."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accreditation.actions import reassessing
from accreditation.actions.programs import author_program
from accreditation.actions.reassessing import ask_for_program, reassess_all, settle_program
from accreditation.actions.standing import reassess
from accreditation.actions.sweeps import sweep_standings
from accreditation.models import Accreditation, Evidence, ProgramReassessment
from accreditation.tests.factories import AccreditationFactory, EvidenceFactory, asks_for, make_program
from courses.tests.factories import CourseFactory, PathFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def prove(learner, *courses, ago=5):
    day = timezone.now().date() - timedelta(days=ago)
    return [EvidenceFactory(learner=learner, course=course, performed_on=day) for course in courses]


def rows():
    found = Accreditation.objects.order_by("learner", "program")
    return list(
        found.values_list("learner", "program", "version", "state", "completed_on", "valid_until", "cycles", "steps")
    )


def careers(courses):
    """People in every state: nothing, begun, done, faded, run out, withdrawn."""
    everybody = [make_person() for _ in range(6)]
    _, begun, done, fading, lapsed, withdrawn = everybody
    prove(begun, courses[0])
    prove(done, *courses)
    prove(fading, *courses, ago=300)
    prove(lapsed, *courses, ago=500)
    for row in prove(withdrawn, *courses):
        Evidence.objects.create(
            learner=withdrawn, kind="withdrawal", source=f"withdrawal:{row.pk}", withdraws=row, reason="Error.",
            performed_on=row.performed_on,
        )  # fmt: skip
    return everybody


def test_it_says_what_one_by_one_says():
    courses = [CourseFactory(lessons=1) for _ in range(2)]
    core = make_program(PathFactory(courses=courses))
    outer = make_program(core, slug="outer")
    everybody = careers(courses)

    done = reassess_all(program=core)

    wholesale = rows()
    Accreditation.objects.all().delete()
    for one in everybody:
        reassess(learner=one)
    assert wholesale == rows()
    assert {row[3] for row in wholesale} == {"in_progress", "accredited", "fading", "lapsed"}
    assert {row[1] for row in wholesale} == {core.pk, outer.pk}
    assert (done.learners, done.changed) == (10, len(wholesale))


def test_a_second_run_changes_nothing():
    course = CourseFactory(lessons=1)
    program = make_program(course)
    prove(make_person(), course)
    reassess_all(program=program)

    assert reassess_all(program=program).changed == 0


def test_who_holds_it_without_evidence_is_looked_at_too():
    row = AccreditationFactory(program=make_program())

    reassess_all(program=row.program)

    assert Accreditation.objects.get(pk=row.pk).state == "not_started"


def test_statements_do_not_grow_with_the_learners():
    courses = [CourseFactory(lessons=1) for _ in range(3)]
    program = make_program(*courses)

    def statements(learners):
        for _ in range(learners):
            prove(make_person(), *courses)
        with CaptureQueriesContext(connection) as counted:
            assert reassess_all(program=program).changed == learners
        return len(counted)

    few = statements(2)

    assert statements(12) == few


def test_a_run_that_stopped_is_taken_up_again(monkeypatch):
    course = CourseFactory(lessons=1)
    program = make_program(course)
    for _ in range(3):
        prove(make_person(), course)
    ProgramReassessment.objects.all().delete()
    row = ask_for_program(program=program)
    monkeypatch.setattr(reassessing, "PORTION", 1)
    real, seen = reassessing._reassess_portion, []

    def stops(*args):
        seen.append(1)
        if len(seen) == 2:
            raise RuntimeError("stopped")
        return real(*args)

    monkeypatch.setattr(reassessing, "_reassess_portion", stops)
    with pytest.raises(RuntimeError):
        settle_program(reassessment_id=row.pk)
    put_off = ProgramReassessment.objects.get()
    assert put_off.done_at is None and put_off.due_at > timezone.now()

    sweep_standings(now=put_off.due_at)

    done = ProgramReassessment.objects.get()
    assert (done.learners, done.changed, Accreditation.objects.count()) == (3, 2, 3)
    assert done.began_at <= done.done_at
    assert settle_program(reassessment_id=row.pk) is False


def test_new_rules_reach_everybody():
    first, second = CourseFactory(lessons=1), CourseFactory(lessons=1)
    program = make_program(first)
    learner = make_person()
    prove(learner, first)
    reassess(learner=learner)
    whole = {"title": "Proofs", "rule": "all_of", "count": None, "requirements": [asks_for(first), asks_for(second)]}

    author_program(slug=program.slug, values={}, validity_months=12, groups=[whole])
    sweep_standings()

    row = Accreditation.objects.get()
    assert (row.state, row.version.number) == ("in_progress", 2)
    assert ProgramReassessment.objects.get(done_at__isnull=False).changed == 1


def test_many_that_run_out_on_one_day_are_done_together(monkeypatch):
    monkeypatch.setattr("accreditation.actions.sweeps.BATCH", 2)
    course = CourseFactory(lessons=1)
    program = make_program(course)
    for _ in range(4):
        learner = make_person()
        prove(learner, course, ago=380)
        yesterday = timezone.now().date() - timedelta(days=1)
        AccreditationFactory(
            learner=learner, program=program, version=program.current_version, state="fading", valid_until=yesterday
        )

    sweep_standings()
    sweep_standings()

    assert set(Accreditation.objects.values_list("state", flat=True)) == {"lapsed"}


def test_two_runs_at_one_time_ask_once():
    program = make_program()
    ProgramReassessment.objects.all().delete()

    assert ask_for_program(program=program) == ask_for_program(program=program)


def test_leap_days_and_time_zones_are_the_programs_own():
    course = CourseFactory(lessons=1)
    program = make_program(course, time_zone="Pacific/Kiritimati")
    EvidenceFactory(learner=make_person(), course=course, performed_on=date(2024, 2, 29))

    before = datetime(2025, 2, 28, 9, 59, tzinfo=UTC)
    reassess_all(program=program, now=before)
    assert Accreditation.objects.get().state == "fading"
    reassess_all(program=program, now=before + timedelta(minutes=2))
    assert Accreditation.objects.get().state == "lapsed"
