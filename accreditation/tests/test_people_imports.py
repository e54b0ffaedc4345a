"""Files of people are applied as they were seen, once, by whoever may; and put back."""

from threading import Barrier, Thread

import pytest
from django.core import mail
from django.db import InternalError, connection, transaction

from accreditation.actions import bulk, bulk_batches
from accreditation.actions.bulk import continue_deed, stop_deed, undo_deed, work_on_deed
from accreditation.actions.people_imports import apply_people, drop_people, read_people
from accreditation.actions.sweeps import sweep_bulk_work, sweep_notices
from accreditation.models import BulkDeed, BulkDeedRow, Move, Notice, PeopleImport, User
from accreditation.tests.factories import EnrolmentFactory, OrganisationFactory, make_enablement
from accreditation.tests.people_files import applied, csv_of, read, whys
from courses.lib.refusals import Refused
from courses.models import AuditEvent
from courses.tests.factories import RoleFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
HEAD = ["email", "name", "role", "organisation", "manager", "groups"]


@pytest.fixture
def staff():
    return make_enablement()


def many(count, start=0):
    return csv_of(["email", "name"], *([f"p{at}@example.com", f"P {at}"] for at in range(start, start + count)))


def spoil_batches(monkeypatch):
    """No batch can be done at once."""
    monkeypatch.setattr(bulk_batches, "record_events", lambda **_: 1 / 0)


def test_new_people_come_with_everything_and_set_their_own_password(staff):
    role, home = RoleFactory(slug="ae"), OrganisationFactory(slug="acme")
    data = csv_of(
        HEAD, ["bo@example.com", "Bo", "", "", "ann@example.com", ""],
        ["ann@example.com", "Ann", "ae", "acme", "", "grader|partner manager"],
    )  # fmt: skip

    deed = applied(data, staff)

    ann, bo = User.objects.get(email="ann@example.com"), User.objects.get(email="bo@example.com")
    assert (deed.state, ann.role, ann.organisation, bo.manager) == ("done", role, home, ann)
    assert set(ann.groups.values_list("name", flat=True)) == {"learner", "grader", "partner manager"}
    assert (ann.is_staff, ann.has_usable_password(), bo.is_staff) == (True, False, False)
    assert ann.history.get(history_type="+").history_user == staff
    assert AuditEvent.objects.filter(event="groups given", actor=staff, subject=f"accreditation.user:{ann.pk}").exists()
    sweep_notices()
    assert {one.to[0] for one in mail.outbox} == {"ann@example.com", "bo@example.com"}
    assert "/accounts/password/reset/" in mail.outbox[0].body


def test_nobody_is_written_to_where_the_importer_does_not_want_it(staff):
    applied(many(1), staff, tells=False)

    assert not Notice.objects.exists()


def test_people_who_are_here_change_by_the_actions_that_are_for_it(staff):
    old, new = OrganisationFactory(slug="old"), OrganisationFactory(slug="new")
    boss = make_person(organisation=old)
    person = make_person(organisation=old, manager=boss, groups=["learner"])

    deed = applied(csv_of(HEAD, [person.email, "Other", "", "new", "", "learner|grader"]), staff)

    person.refresh_from_db()
    assert whys(deed) == [("done", "")]
    assert (person.name, person.organisation, person.manager) == ("Other", new, None)
    assert Move.objects.get(person=person).by == staff
    row = deed.rows.get()
    assert (row.before["name"], row.after["name"]) == (row.import_row.seen["name"], "Other")


def test_a_person_who_changed_since_the_preview_is_left_alone(staff):
    person = make_person(name="Then")
    seen = read(csv_of(["email", "name"], [person.email, "Wanted"]), staff)
    User.objects.filter(pk=person.pk).update(name="Meanwhile")

    deed = apply_people(row=seen, tells=True, by=staff)
    work_on_deed(deed_id=deed.pk)

    person.refresh_from_db()
    assert (person.name, whys(deed)) == ("Meanwhile", [("skipped", "Changed since the preview: name.")])


def test_wrong_rows_hold_up_the_others_only_where_it_was_to_be_whole(staff):
    data = csv_of(["email", "name"], ["a@example.com", "A"], ["nonsense", "B"])

    with pytest.raises(Refused, match="applied whole"):
        applied(data, staff, only_whole=True)
    assert not User.objects.filter(email="a@example.com").exists()
    assert applied(data, staff).people == 1


def test_a_file_is_applied_once_and_a_dropped_one_never(staff):
    first, second = read(many(1), staff), read(many(1), staff)
    apply_people(row=first, tells=True, by=staff)
    drop_people(row=second, by=staff)

    for row in (first, second):
        with pytest.raises(Refused, match="can't become applied"):
            apply_people(row=row, tells=True, by=staff)


def test_a_poisoned_row_does_not_stop_the_others(staff, monkeypatch):
    real = bulk.apply_row

    def poisoned(*, row, **more):
        if row.import_row.email == "p1@example.com":
            raise KeyError("poison")
        real(row=row, **more)

    spoil_batches(monkeypatch)
    monkeypatch.setattr(bulk, "apply_row", poisoned)

    deed = applied(many(3), staff)

    assert [state for state, _ in whys(deed)] == ["done", "failed", "done"]
    assert "KeyError" in deed.rows.get(position=1).why


def test_a_worker_that_dies_in_a_batch_has_done_nothing_of_it_and_a_sweep_goes_on(staff, monkeypatch):
    monkeypatch.setattr(bulk, "BATCH", 2)
    deed = apply_people(row=read(many(5), staff), tells=True, by=staff)
    real, calls = bulk.apply_row, []

    def dies(**more):
        calls.append(1)
        if len(calls) == 4:
            raise SystemExit
        real(**more)

    spoil_batches(monkeypatch)
    monkeypatch.setattr(bulk, "apply_row", dies)
    with pytest.raises(SystemExit), transaction.atomic():
        work_on_deed(deed_id=deed.pk)
    monkeypatch.setattr(bulk, "apply_row", real)
    BulkDeed.objects.filter(pk=deed.pk).update(due_at=deed.made_at)

    sweep_bulk_work()

    deed.refresh_from_db()
    assert deed.state == "done"
    assert (
        User.objects.filter(email__startswith="p", email__endswith="@example.com", name__startswith="P ").count() == 5
    )
    assert Notice.objects.filter(kind="account").count() == 5


def test_a_deed_that_fails_each_time_is_given_up_and_can_go_on_later(staff, monkeypatch):
    deed = apply_people(row=read(many(2), staff), tells=True, by=staff)
    with monkeypatch.context() as broken:
        broken.setattr(bulk, "_settle_all", lambda *_: 1 / 0)
        for _ in range(6):
            work_on_deed(deed_id=deed.pk)
        deed.refresh_from_db()
        assert (deed.state, deed.problem) == ("failed", "ZeroDivisionError")

    continue_deed(deed=deed, by=staff)
    work_on_deed(deed_id=deed.pk)

    deed.refresh_from_db()
    assert deed.state == "done"


def test_it_is_stopped_between_batches_and_goes_on(staff, monkeypatch):
    monkeypatch.setattr(bulk, "BATCH", 2)
    deed = apply_people(row=read(many(5), staff), tells=True, by=staff)
    work_on_deed(deed_id=deed.pk, seconds=0)
    bulk._batch(deed.pk)

    stop_deed(deed=deed, by=staff)
    work_on_deed(deed_id=deed.pk)
    assert [state for state, _ in whys(deed)] == ["done", "done", "waiting", "waiting", "waiting"]
    continue_deed(deed=deed, by=staff)
    work_on_deed(deed_id=deed.pk)

    assert {state for state, _ in whys(deed)} == {"done"}


def test_who_lost_the_right_meanwhile_imports_nobody(staff):
    deed = apply_people(row=read(many(1), staff), tells=True, by=staff)
    staff.groups.clear()

    work_on_deed(deed_id=deed.pk)

    deed.refresh_from_db()
    assert (deed.state, User.objects.filter(email="p0@example.com").exists()) == ("stopped", False)


def test_undo_puts_back_what_nobody_changed_since_and_names_the_rest(staff):
    first, _ = RoleFactory(slug="one"), RoleFactory(slug="two")
    people = [make_person(name=f"Old {at}", role=first) for at in range(3)]
    data = csv_of(["email", "name", "role"], *([one.email, f"New {at}", "two"] for at, one in enumerate(people)))
    deed = applied(data, staff)
    User.objects.filter(pk=people[1].pk).update(name="By hand")
    User.objects.filter(pk=people[2].pk).update(name="By hand", role=None)

    undone = undo_deed(deed=deed, by=staff)
    work_on_deed(deed_id=undone.pk)

    now = [(one.name, one.role_id) for one in User.objects.filter(pk__in=[p.pk for p in people]).order_by("pk")]
    assert now == [("Old 0", first.pk), ("By hand", first.pk), ("By hand", None)]
    assert sorted(whys(undone)) == [
        ("done", ""),
        ("done", "Changed since, so it stays: name."),
        ("skipped", "Changed since, so it stays: name, role."),
    ]


def test_undo_removes_who_did_nothing_and_suspends_who_has_work(staff):
    data = csv_of(
        ["email", "name", "manager"], ["boss@example.com", "Boss", ""], ["one@example.com", "One", "boss@example.com"],
        ["two@example.com", "Two", "boss@example.com"], ["free@example.com", "Free", ""],
    )  # fmt: skip
    deed = applied(data, staff)
    EnrolmentFactory(learner=User.objects.get(email="two@example.com"))

    undone = undo_deed(deed=deed, by=staff)
    work_on_deed(deed_id=undone.pk)

    left = dict(
        User.objects.filter(email__endswith="@example.com", name__in=["Boss", "One", "Two", "Free"]).values_list(
            "name", "is_active"
        )
    )
    assert left == {"Boss": False, "Two": False}
    assert not User.history.filter(email="one@example.com").exists()
    assert {state for state, _ in whys(undone)} == {"done"}
    with pytest.raises(Refused, match="undone already"):
        undo_deed(deed=deed, by=staff)


def test_a_later_import_may_bring_back_who_was_removed(staff):
    undone = undo_deed(deed=applied(many(1), staff), by=staff)
    work_on_deed(deed_id=undone.pk)

    applied(many(1), staff)

    assert User.objects.get(email="p0@example.com").is_active


def test_the_journal_can_not_be_changed(staff):
    deed = applied(many(1), staff)
    for change in (
        lambda: BulkDeed.objects.filter(pk=deed.pk).update(title="Other"),
        lambda: BulkDeed.objects.filter(pk=deed.pk).update(state="stopped", ended_at=None),
        lambda: BulkDeedRow.objects.filter(deed=deed).update(why="Another reason"),
        lambda: BulkDeedRow.objects.filter(deed=deed).update(state="failed"),
        lambda: BulkDeedRow.objects.filter(deed=deed)._raw_delete("default"),
        lambda: deed.people_import.rows.update(email="x@example.com"),
    ):
        with pytest.raises(InternalError), transaction.atomic():
            change()


def test_a_file_that_nobody_hurried_is_read_by_the_sweep(staff, monkeypatch):
    monkeypatch.setattr("accreditation.tests.people_files.read_people", lambda import_id: None)
    row = read(many(1), staff)
    PeopleImport.objects.update(due_at=row.made_at)

    sweep_bulk_work()

    row.refresh_from_db()
    assert row.state == "read"
    assert read_people(import_id=row.pk) is None


def run_at_once(*deeds):
    barrier, errors = Barrier(len(deeds)), []

    def run(pk):
        try:
            barrier.wait(timeout=20)
            while work_on_deed(deed_id=pk):
                pass
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


@pytest.mark.django_db(transaction=True)
def test_two_files_about_the_same_people_at_once_make_each_of_them_once(monkeypatch, nobody_hurries):
    monkeypatch.setattr(bulk, "BATCH", 3)
    staff = make_enablement()
    files = [read(many(10), staff) for _ in range(2)]
    deeds = [apply_people(row=row, tells=True, by=staff) for row in files]

    run_at_once(*deeds, deeds[0])

    found = [state for deed in deeds for state, _ in whys(deed)]
    assert (found.count("done"), found.count("skipped")) == (10, 10)
    assert User.objects.filter(name__startswith="P ").count() == 10
    assert Notice.objects.filter(kind="account").count() == 10


@pytest.mark.django_db(transaction=True)
def test_stopping_while_a_worker_runs_leaves_whole_batches(monkeypatch, nobody_hurries):
    monkeypatch.setattr(bulk, "BATCH", 4)
    staff = make_enablement()
    deed = apply_people(row=read(many(60), staff), tells=False, by=staff)
    worker = Thread(target=lambda: (work_on_deed(deed_id=deed.pk), connection.close()))
    worker.start()
    while not BulkDeedRow.objects.filter(deed=deed, state="done").exists():
        pass

    stop_deed(deed=deed, by=staff)
    worker.join(60)

    done = deed.rows.filter(state="done").count()
    assert done % 4 == 0 and User.objects.filter(name__startswith="P ").count() == done


def test_a_batch_leaves_what_each_row_alone_would_leave(staff, monkeypatch):
    OrganisationFactory(slug="acme")
    rows = [
        [f"n{number}@example.com", f"N {number}", "", "acme", "boss@example.com" if number else "", ""]
        for number in range(4)
    ]
    make_person(email="boss@example.com")
    deed = applied(csv_of(HEAD, *rows[:2]), staff)
    with monkeypatch.context() as patch:
        spoil_batches(patch)
        alone = applied(csv_of(HEAD, *rows[2:]), staff)

    def left(deed):
        people = User.objects.filter(pk__in=deed.rows.values("person"))
        return [
            (
                one.organisation.slug, one.is_active, one.has_usable_password(), one.time_zone, one.language,
                list(one.groups.values_list("name", flat=True)),
                list(one.history.values_list("history_type", "history_user")),
                list(one.notices.values_list("kind", "key", "title", "mail_state")),
                AuditEvent.objects.filter(subject=f"accreditation.user:{one.pk}").count(),
            )
            for one in people.order_by("pk")
        ]  # fmt: skip

    assert left(deed) == left(alone)
    assert len(left(deed)) == 2
    assert [state for state, _ in whys(deed)] == [state for state, _ in whys(alone)] == ["done", "done"]


def test_managers_of_an_organisation_hear_once_of_the_people_of_a_file(staff):
    home = OrganisationFactory(slug="acme")
    boss = make_person(organisation=home, groups=["partner manager"])
    stranger = make_person(organisation=OrganisationFactory(), groups=["partner manager"])
    rows = [[f"n{number}@example.com", f"N {number}", "", "acme", "", ""] for number in range(3)]

    applied(csv_of(HEAD, *rows), staff)

    assert boss.notices.get(kind="organisation").title == f"3 people are new at {home}"
    assert not stranger.notices.exists()


def test_new_people_take_no_statement_for_each_nor_does_their_undo(
    staff, django_assert_max_num_queries, monkeypatch, nobody_hurries
):
    deed = apply_people(row=read(many(40), staff), tells=True, by=staff)
    with django_assert_max_num_queries(60):
        work_on_deed(deed_id=deed.pk)
    assert (User.objects.filter(name__startswith="P ").count(), Notice.objects.filter(kind="account").count()) == (
        40,
        40,
    )

    deed.refresh_from_db()
    undo = undo_deed(deed=deed, by=staff)
    monkeypatch.setattr(bulk.people_undo, "put_back", lambda **_: 1 / 0)
    with django_assert_max_num_queries(260):
        work_on_deed(deed_id=undo.pk)

    assert not User.objects.filter(name__startswith="P ").exists()
    assert AuditEvent.objects.filter(event="person removed").count() == 40
