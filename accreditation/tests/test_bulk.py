"""Bulk deeds: whom they leave alone, that each person gets theirs once, and that they can be put back."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.core.cache import cache
from django.db import connection

from accreditation.actions import bulk
from accreditation.actions.bulk import order_deed, stop_deed, undo_deed, work_on_deed
from accreditation.actions.erasure import erase_person
from accreditation.actions.programs import enrol, leave
from accreditation.models import Accreditation, BulkDeed, Enrolment, Move, Notice, PeopleImportRow, User
from accreditation.rules.bulk import order_of, outlook_of
from accreditation.rules.selections import selected
from accreditation.tests.factories import (
    AccreditationFactory,
    EnrolmentFactory,
    EvidenceFactory,
    OrganisationFactory,
    make_enablement,
    make_program,
)
from accreditation.tests.people_files import applied, csv_of, whys
from courses.lib.refusals import Refused
from courses.tests.factories import PersonaFactory, RoleFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
TODAY = date.today()


@pytest.fixture(autouse=True)
def nobody_asked_before():
    cache.clear()


@pytest.fixture
def staff():
    return make_enablement()


def order(kind, people, by, **arguments):
    return order_deed(kind=kind, people=[one.pk for one in people], title=kind, filter={}, arguments=arguments, by=by)


def done(kind, people, by, **arguments):
    deed = order(kind, people, by, **arguments)
    work_on_deed(deed_id=deed.pk)
    deed.refresh_from_db()
    return deed


def test_enrolling_leaves_alone_who_is_on_it_and_who_is_suspended(staff):
    program, fresh, there = make_program(), make_person(), make_person()
    gone, back = make_person(is_active=False), make_person()
    enrol(learner=there, program=program, by=there)
    leave(enrolment=enrol(learner=back, program=program, by=back), by=back)

    deed = done("enrol", [fresh, there, gone, back, staff], staff, program=program.pk)

    assert [state for state, _ in whys(deed)] == ["done", "skipped", "skipped", "done", "skipped"]
    assert Enrolment.objects.open().filter(learner__in=[fresh, back]).count() == 2
    assert Accreditation.objects.filter(learner=fresh, program=program, state="not_started").exists()


def test_enrolling_is_undone_where_nothing_changed_since(staff):
    program = make_program()
    fresh, early, moved = make_person(), make_person(), make_person()
    enrol(learner=early, program=program, by=staff, due_on=TODAY)
    deed = done("enrol", [fresh, early, moved], staff, program=program.pk, due_on=str(TODAY + timedelta(days=9)))
    Enrolment.objects.filter(learner=moved).update(due_on=TODAY + timedelta(days=50))

    undone = undo_deed(deed=deed, by=staff)
    work_on_deed(deed_id=undone.pk)

    assert not Enrolment.objects.open().filter(learner=fresh).exists()
    assert not Accreditation.objects.filter(learner=fresh).exists()
    assert Enrolment.objects.open().get(learner=early).due_on == TODAY
    assert Enrolment.objects.open().filter(learner=moved).exists()
    assert whys(undone)[0] == ("skipped", "The enrolment was changed since, so it stays as it is.")


def test_due_dates_are_extended_by_days_or_to_a_day_and_put_back(staff):
    program = make_program()
    rows = [EnrolmentFactory(program=program, due_on=day) for day in (TODAY, TODAY + timedelta(days=40), None)]
    people = [row.learner for row in rows]

    to_day = done("extend", people, staff, program=program.pk, due_on=str(TODAY + timedelta(days=20)))
    by_days = done("extend", people, staff, program=program.pk, days=5)

    assert [state for state, _ in whys(to_day)] == ["done", "skipped", "done"]
    dates = dict(Enrolment.objects.values_list("learner", "due_on"))
    assert [dates[one.pk] for one in people] == [TODAY + timedelta(days=days) for days in (25, 45, 25)]
    work_on_deed(deed_id=undo_deed(deed=by_days, by=staff).pk)
    work_on_deed(deed_id=undo_deed(deed=to_day, by=staff).pk)
    assert [row.due_on for row in Enrolment.objects.filter(program=program).order_by("pk")] == [
        row.due_on for row in rows
    ]


def test_who_is_released_keeps_what_was_proved(staff):
    row = EnrolmentFactory()
    EvidenceFactory(learner=row.learner)

    deed = done("release", [row.learner, make_person()], staff, program=row.program_id)

    row.refresh_from_db()
    assert row.withdrawn_at and row.learner.evidence.count() == 1
    assert [state for state, _ in whys(deed)] == ["done", "skipped"]


def test_people_move_by_the_rules_of_a_move(staff):
    old, new = OrganisationFactory(), OrganisationFactory()
    mover, there, root = make_person(organisation=old), make_person(organisation=new), make_person(is_superuser=True)

    deed = done("move", [mover, there, staff, root], staff, organisation=new.pk, reason="They merged.")

    mover.refresh_from_db()
    assert (mover.organisation, Move.objects.get(person=mover).reason) == (new, "They merged.")
    assert [state for state, _ in whys(deed)] == ["done", "skipped", "skipped", "skipped"]


def test_suspending_and_letting_in_spare_oneself_and_superusers(staff):
    person, root = make_person(), make_person(is_superuser=True)

    deed = done("deactivate", [person, staff, root], staff)

    person.refresh_from_db()
    assert [person.is_active, *(state for state, _ in whys(deed))] == [False, "done", "skipped", "skipped"]
    assert person.history.first().history_user == staff
    done("reactivate", [person], staff)
    person.refresh_from_db()
    assert person.is_active


def test_a_message_reaches_each_person_once_however_often_it_is_worked_on(staff):
    people = [make_person() for _ in range(3)]
    deed = done("message", people, staff, title="Hello", text="<b>All</b>", link="/programs/")
    work_on_deed(deed_id=deed.pk)

    assert Notice.objects.filter(kind="message", title="Hello", link="/programs/").count() == 3


def test_messages_within_an_hour_are_counted(staff):
    person = make_person()
    for _ in range(bulk.MESSAGES_AN_HOUR):
        order("message", [person], staff, title="T", text="x")

    with pytest.raises(Refused, match="many messages"):
        order("message", [person], staff, title="T", text="x")


@pytest.mark.parametrize("kind", ["enrol", "move", "message", "deactivate"])
def test_others_order_nothing(kind):
    for groups in (["grader"], ["review lead"], ["partner manager"], []):
        with pytest.raises(Refused, match="Only Field Enablement"):
            order(kind, [make_person()], make_person(groups=groups), organisation=None, reason="x")
    assert not BulkDeed.objects.exists()


def test_a_day_that_passed_and_nobody_are_refused(staff):
    program = make_program()
    with pytest.raises(Refused, match="passed"):
        order("enrol", [make_person()], staff, program=program.pk, due_on=str(TODAY - timedelta(days=2)))
    with pytest.raises(Refused, match="Nobody is like that"):
        order("enrol", [], staff, program=program.pk)
    with pytest.raises(Refused, match="isn't open yet"):
        order("enrol", [make_person()], staff, program=make_program(publish=False).pk)


def test_what_can_not_be_undone_says_so(staff):
    deed = done("message", [make_person()], staff, title="T", text="x")

    with pytest.raises(Refused, match="can't be undone"):
        undo_deed(deed=deed, by=staff)


def test_the_outlook_counts_by_reason_in_the_words_of_the_rules(staff):
    program, people = make_program(), [make_person() for _ in range(3)]
    enrol(learner=people[0], program=program, by=people[0])
    keys = [one.pk for one in [*people, make_person(is_active=False)]]

    found = outlook_of(order_of("enrol", {"program": program.pk}, staff, TODAY), keys)

    assert (found.done, found.people) == (2, 4)
    assert dict(found.skipped) == {"Is on the program already.": 1, "The account is suspended.": 1}


def chosen(**filter):
    return set(selected(filter).values_list("name", flat=True))


def test_people_are_chosen_by_every_field():
    role, persona = RoleFactory(slug="ae"), PersonaFactory(slug="sales")
    home = OrganisationFactory(slug="acme", region="EMEA")
    boss = make_person(name="Boss", email="boss@example.com")
    ada = make_person(
        name="Ada",
        role=role,
        persona=persona,
        organisation=home,
        manager=boss,
        groups=["grader"],
        last_login="2020-01-01T00:00Z",
    )
    make_person(name="Low", manager=ada, is_active=False)
    row = AccreditationFactory(learner=ada)
    EnrolmentFactory(learner=ada, program=row.program, due_on=TODAY)
    slug = row.program.slug

    for filter in (
        {"role": "ae"}, {"persona": "sales"}, {"organisation": "acme"}, {"region": "EMEA"}, {"group": "grader"},
        {"words": "ADA"}, {"standing": "accredited", "program": slug}, {"enrolled": "on", "program": slug},
        {"due_before": TODAY + timedelta(days=1)}, {"signed_in": "90"},
    ):  # fmt: skip
        expected = {"Ada"} | ({"Boss", "Low"} if filter == {"signed_in": "90"} else set())
        assert chosen(**filter) == expected, filter
    assert chosen(manager="BOSS@example.com") == {"Ada", "Low"}
    assert chosen(active="no") == {"Low"}
    assert chosen(role="none") == {"Boss", "Low"} == chosen(signed_in="never")
    assert chosen(credential="has") == chosen(manager="who@example.com") == chosen(signed_in="in30") == set()
    assert "Ada" not in chosen(enrolled="off", program=slug)


def test_an_erased_person_leaves_the_journal():
    staff = make_enablement()
    data = csv_of(
        ["email", "name", "manager"], ["ada@example.com", "Ada Love", ""], ["bo@example.com", "Bo", "ada@example.com"]
    )
    deed = applied(data, staff)
    User.objects.filter(email="bo@example.com").update(manager=None)
    ada = User.objects.get(email="ada@example.com")
    User.objects.filter(pk=ada.pk).update(is_active=False)

    erase_person(person=ada, reason="Asked.", by=staff)

    kept = str([list(PeopleImportRow.objects.values()), list(deed.rows.values())])
    assert "ada@example.com" not in kept and "Ada Love" not in kept
    assert PeopleImportRow.objects.count() == deed.rows.count() == 2


def test_ten_thousand_rows_take_no_more_statements_each(staff, django_assert_max_num_queries):
    program = make_program()
    people = [make_person() for _ in range(20)]
    deed = order("enrol", people, staff, program=program.pk)

    with django_assert_max_num_queries(30 + 30 * len(people)):
        work_on_deed(deed_id=deed.pk)

    assert Enrolment.objects.count() == 20


def test_a_batch_of_enrolments_takes_no_statement_for_each(staff, django_assert_max_num_queries):
    deed = order("enrol", [make_person() for _ in range(40)], staff, program=make_program().pk, due_on=str(TODAY))

    with django_assert_max_num_queries(60):
        work_on_deed(deed_id=deed.pk)

    assert [state for state, _ in whys(deed)] == ["done"] * 40


def test_a_batch_enrols_as_each_alone_would(staff, monkeypatch):
    program = make_program()
    people = [make_person() for _ in range(4)]
    together = order("enrol", people[:2], staff, program=program.pk, due_on=str(TODAY))
    alone = order("enrol", people[2:], staff, program=program.pk, due_on=str(TODAY))
    work_on_deed(deed_id=together.pk)
    monkeypatch.setattr(bulk.bulk_batches, "begin_standings", lambda **_: 1 / 0)
    work_on_deed(deed_id=alone.pk)

    def left(person):
        row = Enrolment.objects.get(learner=person)
        held = Accreditation.objects.values_list("program", "version", "state", "met", "asked", "open_requirements")
        return (
            row.due_on, row.assigned_by, row.history.count(), list(held.filter(learner=person)),
            list(person.notices.values_list("kind", "title", "text", "link", "mail_state", "words")),
        )  # fmt: skip

    assert left(people[0]) == left(people[1]) == left(people[2]) == left(people[3])
    assert whys(together) == whys(alone)
    assert [row.after["due_on"] for row in together.rows.all()] == [str(TODAY)] * 2


@pytest.mark.django_db(transaction=True)
def test_two_deeds_over_the_same_people_at_once_do_each_once(monkeypatch, nobody_hurries):
    monkeypatch.setattr(bulk, "BATCH", 4)
    staff, program = make_enablement(), make_program()
    people = [make_person() for _ in range(12)]
    deeds = [order("enrol", people, staff, program=program.pk) for _ in range(2)]
    deeds.append(order("enrol", people[::-1], staff, program=program.pk))
    barrier, errors = Barrier(3), []

    def run(pk):
        try:
            barrier.wait(timeout=20)
            work_on_deed(deed_id=pk)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[deed.pk]) for deed in deeds]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)

    assert not errors
    states = [state for deed in deeds for state, _ in whys(deed)]
    assert (states.count("done"), states.count("skipped"), states.count("waiting")) == (12, 24, 0)
    assert Notice.objects.filter(kind="enrolled").count() == 12


def test_who_stops_it_must_be_allowed_to_order_it(staff):
    deed = order("message", [make_person()], staff, title="T", text="x")

    with pytest.raises(Refused, match="Only Field Enablement"):
        stop_deed(deed=deed, by=make_person())
