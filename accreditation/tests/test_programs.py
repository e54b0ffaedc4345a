"""Programs as versions, enrolling and leaving, and what keeps a program closed."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from accreditation.actions.programs import author_program, enrol, leave, publish_program, withdraw_program
from accreditation.models import Enrolment, Notice, Program, RequirementGroup
from accreditation.rules.programs import (
    LONELY,
    local_day,
    program_rules,
    standings,
    why_not_enrol,
    with_rules,
)
from accreditation.rules.proofs import GroupRules, RequirementRules
from accreditation.rules.requirements import why_not_groups, why_not_publish_program
from accreditation.tests.factories import EnrolmentFactory, asks_for, make_enablement, make_program
from assessments.rules.publications import said_of
from assessments.tests.factories_exams import ExamFactory
from courses.lib.refusals import Refused
from courses.tests.at_once import at_once
from courses.tests.factories import CourseFactory, PathFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
DUE = date(2026, 6, 1)


def code(refusal):
    return refusal and refusal.code


def test_the_same_rules_again_make_no_version():
    course = CourseFactory()
    make_program(course, slug="planning")

    program, changed = author_program(
        slug="planning",
        values={"title": "Planning"},
        validity_months=12,
        groups=[{"title": "Proofs", "rule": "all_of", "count": None, "requirements": [asks_for(course)]}],
    )

    assert (changed, program.versions.count()) == (False, 1)


def test_other_rules_make_the_next_version():
    make_program(slug="planning", publish=False)
    program = make_program(slug="planning", months=24, publish=False)

    assert [one.number for one in program.versions.all()] == [2, 1]
    assert program.current_version.number == 2


@pytest.mark.parametrize(
    ("state", "rules", "expected"),
    [
        ("draft", True, None),
        ("withdrawn", True, None),
        ("published", True, "wrong-state"),
        ("draft", False, "no-rules"),
    ],
)
def test_what_keeps_a_program_closed(state, rules, expected):
    program = make_program(publish=False)
    program.state = state
    if not rules:
        program.current_version = None

    assert code(why_not_publish_program(program)) == expected


ONE = RequirementRules(1, "course", "know", 1, "Planning")


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([], "no-groups"),
        ([GroupRules("Empty", "all_of", None, ())], "empty-group"),
        ([GroupRules("Few", "n_of", 2, (ONE,))], "unreachable"),
        ([GroupRules("Good", "n_of", 1, (ONE,)), GroupRules("All", "all_of", None, (ONE,))], None),
    ],
)
def test_rules_that_nobody_could_meet(groups, expected):
    assert code(why_not_groups(groups)) == expected


def test_a_program_opens_closes_and_opens_again():
    program = make_program(publish=False)

    for deed, state in (
        (publish_program, "published"),
        (withdraw_program, "withdrawn"),
        (publish_program, "published"),
    ):
        deed(program=program, by=None)
        assert Program.objects.get(pk=program.pk).state == state


def test_a_draft_is_not_withdrawn():
    with pytest.raises(Refused):
        withdraw_program(program=make_program(publish=False), by=None)


def test_an_own_enrolment_has_no_due_date_and_is_no_news():
    learner = make_person()

    row = enrol(learner=learner, program=make_program(), by=learner)

    assert (row.due_on, row.assigned_by) == (None, None)
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    ("state", "expected"), [("published", None), ("draft", "not-published"), ("withdrawn", "not-published")]
)
def test_anyone_may_enrol_in_what_is_published(state, expected):
    program = make_program()
    program.state = state

    assert code(why_not_enrol(program)) == expected
    if expected:
        with pytest.raises(Refused):
            enrol(learner=make_person(), program=program, by=make_person())


def test_enrolling_twice_changes_nothing():
    learner, boss, program = make_person(), make_enablement(), make_program()

    first = enrol(learner=learner, program=program, by=boss, due_on=DUE)

    assert enrol(learner=learner, program=program, by=learner) == first
    assert Enrolment.objects.get().due_on == DUE
    assert Notice.objects.count() == 1


def test_a_due_date_that_comes_later_is_set_and_told():
    learner, boss, program = make_person(), make_enablement(), make_program()
    enrol(learner=learner, program=program, by=learner)

    row = enrol(learner=learner, program=program, by=boss, due_on=DUE)

    assert (row.due_on, row.assigned_by) == (DUE, boss)
    assert Notice.objects.get().recipient == learner


def test_nobody_sets_a_due_date_for_themselves():
    learner, program = make_person(), make_program()

    assert enrol(learner=learner, program=program, by=learner, due_on=DUE).due_on is None


def test_leaving_and_coming_back_does_not_lift_a_due_date():
    learner, program = make_person(), make_program()
    row = enrol(learner=learner, program=program, by=make_enablement(), due_on=DUE)
    leave(enrolment=row, by=learner)

    again = enrol(learner=learner, program=program, by=learner)

    assert (again.pk, again.withdrawn_at, again.due_on) == (row.pk, None, DUE)


def test_leaving_twice_keeps_the_first_time():
    row = EnrolmentFactory()

    first = leave(enrolment=row, by=row.learner).withdrawn_at

    assert leave(enrolment=row, by=row.learner).withdrawn_at == first
    assert not Enrolment.objects.open().exists()


@pytest.mark.django_db(transaction=True)
def test_ten_who_enrol_at_the_same_moment_enrol_once():
    learner, program = make_person(), make_program()

    results = at_once([lambda: enrol(learner=learner, program=program, by=learner)] * 10)

    assert len({one.pk for one in results}) == 1


@pytest.mark.parametrize("count", [1, 5])
def test_programs_and_standings_take_a_fixed_number_of_queries(django_assert_num_queries, count):
    learner = make_person()
    for _ in range(count):
        path = PathFactory(courses=CourseFactory.create_batch(3))
        make_program(path, CourseFactory())

    with django_assert_num_queries(3):
        programs = list(with_rules(Program.objects.all()))
        for one in programs:
            program_rules(one.current_version)
    with django_assert_num_queries(2):
        assert len(standings(learner, programs, datetime.now(UTC))) == count


def test_a_path_asks_for_its_published_courses_only():
    shown, hidden = CourseFactory(), CourseFactory(draft=True)
    make_program(PathFactory(courses=[hidden, shown]))

    (group,) = program_rules(with_rules(Program.objects.all()).get().current_version).groups

    assert group.requirements[0].courses == (shown.pk,)


@pytest.mark.parametrize(("zone", "day"), [("UTC", 20), ("Pacific/Auckland", 21), ("America/Los_Angeles", 20)])
def test_today_is_that_of_the_program_s_zone(zone, day):
    noon = datetime(2026, 5, 20, 13, tzinfo=UTC)

    assert local_day(Program(time_zone=zone), noon).day == day


@pytest.mark.parametrize(
    "fields",
    [{"rule": "n_of", "count": None}, {"rule": "n_of", "count": 0}, {"rule": "all_of", "count": 1}],
)
def test_the_database_refuses_a_group_that_can_not_be(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        RequirementGroup.objects.create(version=make_program().current_version, title="Odd", **fields)


def test_people_see_published_programs_and_editors_all():
    make_program(publish=False)
    shown = make_program()

    assert list(Program.objects.visible_to(make_person())) == [shown]
    assert Program.objects.visible_to(make_enablement()).count() == 2
    assert Program.objects.visible_to(make_person(groups=["enablement"])).count() == 1


def test_rows_say_what_they_are():
    row = EnrolmentFactory(
        learner=make_person(name="Ada"), program=make_program(CourseFactory(title="Plan"), title="Seller")
    )
    group = row.program.current_version.groups.get()

    assert str(row) == "Ada on Seller"
    assert str(row.program.current_version) == "Seller, version 1"
    assert (str(group), str(group.requirements.get())) == ("Proofs", "course: Plan")


def test_an_open_exam_says_where_no_open_program_asks_for_it():
    asked, forgotten, hidden = ExamFactory(), ExamFactory(), ExamFactory()
    make_program(asked)
    make_program(hidden, publish=False)

    assert said_of(asked) == []
    assert said_of(forgotten) == said_of(hidden) == [LONELY]
