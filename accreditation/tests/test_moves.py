"""People move between organisations: what stays theirs, who sees and grades them from then on, and who is told what."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accreditation.actions.organisations import move_person
from accreditation.actions.sweeps import sweep_reminders
from accreditation.models import Accreditation, Move, Notice, User
from accreditation.roles import ENABLEMENT, PARTNER_MANAGER
from accreditation.rules.organisations import expiring
from accreditation.tests.factories import AccreditationFactory, OrganisationFactory, make_enablement, make_program
from assessments.actions.claims import claim_next
from assessments.models import Conflict, Lease, Submission
from assessments.tests.factories_practicals import SubmissionFactory, make_grader, make_task
from badges.models import Credential
from badges.tests.factories import make_credential
from courses.lib.refusals import Refused
from courses.models import AuditEvent
from courses.tests.at_once import at_once
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def worlds():
    return OrganisationFactory.create_batch(2)


def move(person, organisation, by=None, **more):
    return move_person(
        person=person, organisation=organisation, reason="Changed jobs.", by=by or make_enablement(), **more
    )


def manager_of(organisation, **fields):
    return make_person(groups=[PARTNER_MANAGER], organisation=organisation, **fields)


def page_of(organisation, person):
    client = Client()
    client.force_login(person)
    return client.get(organisation.get_absolute_url())


def test_credentials_and_standing_stay_with_the_person(worlds):
    old, new = worlds
    seller = make_person(organisation=old)
    credential = make_credential(holder=seller)
    row = AccreditationFactory(learner=seller, program=make_program(), credential=credential)

    move(seller, new)

    assert Accreditation.objects.get(learner=seller) == row
    assert Credential.objects.get(holder=seller).state == "issued"
    assert User.objects.get(pk=seller.pk).organisation == new


def test_both_sides_see_it_on_the_next_request(worlds):
    old, new = worlds
    seller, boss, next_boss = make_person(name="Ada Mover", organisation=old), manager_of(old), manager_of(new)

    move(seller, new)

    assert seller.name not in page_of(old, boss).content.decode()
    assert seller.name in page_of(new, next_boss).content.decode()


def test_the_old_side_is_told_without_where_to_and_the_new_side_who(worlds):
    old, new = worlds
    seller, boss, next_boss = make_person(organisation=old), manager_of(old), manager_of(new)
    AccreditationFactory(learner=seller)

    move(seller, new)

    left, came = (Notice.objects.get(recipient=one) for one in (boss, next_boss))
    assert (left.title, "1 accreditation goes with them" in left.text) == (f"{seller} left {old}", True)
    assert not [text for text in (left.title, left.text, left.link) if new.name in text or new.slug in text]
    assert came.title == f"{seller} belongs to {new} now"
    assert Notice.objects.get(recipient=seller).title == f"You belong to {new} now"


def test_who_leaves_altogether_belongs_nowhere(worlds):
    seller = make_person(organisation=worlds[0])

    row = move(seller, None)

    assert (row.old, row.new, row.moved_on) == (worlds[0], None, timezone.now().date())
    assert User.objects.get(pk=seller.pk).organisation is None
    assert Notice.objects.get(recipient=seller).title == f"You no longer belong to {worlds[0]}"


def test_the_lines_within_the_old_organisation_end(worlds):
    old, new = worlds
    boss, vendor = make_person(organisation=old), make_person()
    seller = make_person(organisation=old, manager=boss)
    report, managed_by_us = make_person(organisation=old, manager=seller), make_person(organisation=old, manager=vendor)

    move(seller, new)
    move(managed_by_us, new)

    lines = {one: User.objects.get(pk=one.pk).manager for one in (seller, report, managed_by_us)}
    assert lines == {seller: None, report: None, managed_by_us: vendor}


def test_a_partner_manager_who_moves_manages_nothing_until_given_anew(worlds):
    old, new = worlds
    boss = manager_of(old)
    boss.groups.add(Group.objects.get_or_create(name="learner")[0])

    move(boss, new)

    assert {group.name for group in boss.groups.all()} == {"learner"}
    assert [page_of(one, boss).status_code for one in worlds] == [404, 404]
    assert AuditEvent.objects.filter(event="groups taken", details__groups=[PARTNER_MANAGER]).exists()


def test_a_seller_moved_in_the_middle_of_a_practical_keeps_the_work(worlds):
    old, new = worlds
    seller = make_person(organisation=old)
    draft, task = SubmissionFactory(learner=seller), make_task(learner=seller)

    move(seller, new)

    states = {row.pk: row.state for row in Submission.objects.filter(learner=seller)}
    assert (states[draft.pk], states[task.submission_id]) == ("draft", "submitted")
    task.refresh_from_db()
    assert task.state == "waiting"


def test_a_grader_of_the_new_organisation_loses_what_they_hold_and_old_colleagues_stay_apart(worlds):
    old, new = worlds
    colleague, new_colleague, stranger = (make_grader(organisation=one) for one in (old, new, None))
    seller = make_person(organisation=old)
    make_task(learner=seller)
    lease = claim_next(by=new_colleague)

    move(seller, new)

    assert Lease.objects.get(pk=lease.pk).end == "taken_back"
    assert Conflict.objects.get(grader=colleague, learner=seller).kind == "organisation"
    assert [claim_next(by=one) for one in (colleague, new_colleague)] == [None, None]
    assert claim_next(by=stranger).task == lease.task


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"reason": "  "}, "no-reason"),
        ({"organisation": "same"}, "same"),
        ({"moved_on": timezone.now().date() + timedelta(days=2)}, "not-yet"),
        ({"by": "seller"}, "own"),
        ({"by": "manager"}, "not-allowed"),
    ],
)
def test_what_keeps_a_person_from_being_moved(worlds, change, code):
    old, new = worlds
    seller = make_person(organisation=old, groups=[ENABLEMENT], is_staff=True)
    people = {"seller": seller, "manager": manager_of(old)}
    wanted = {"person": seller, "organisation": new, "reason": "Changed jobs.", "by": make_enablement()} | change
    wanted["by"] = people.get(wanted["by"], wanted["by"])
    if wanted["organisation"] == "same":
        wanted["organisation"] = old

    with pytest.raises(Refused) as caught:
        move_person(**wanted)

    assert caught.value.refusal.code == code
    assert not Move.objects.exists()


def test_moves_are_never_changed_and_lead_elsewhere(worlds):
    row = move(make_person(organisation=worlds[0]), worlds[1], moved_on=date(2026, 5, 1))

    assert row.moved_on == date(2026, 5, 1)
    assert str(row).endswith(f"{worlds[0]} to {worlds[1]}")
    for deed in (row.delete, row.save):
        with pytest.raises(DatabaseError), transaction.atomic():
            deed()
    with pytest.raises(IntegrityError), transaction.atomic():
        Move.objects.create(person=row.person, old=worlds[0], new=worlds[0], moved_on=date.today(), reason="x")


@pytest.mark.django_db(transaction=True)
def test_two_who_move_somebody_to_the_same_place_move_them_once():
    old, new = OrganisationFactory.create_batch(2)
    seller, by = make_person(organisation=old), make_enablement()

    results = at_once([lambda: move(seller, new, by=by)] * 4)

    assert sorted(str(one) for one in results if isinstance(one, str)) == ["same"] * 3
    assert Move.objects.count() == 1


def test_enablement_moves_in_the_administration(client, worlds):
    seller = make_person(organisation=worlds[0])
    client.force_login(make_enablement())
    address = reverse("admin:accreditation_user_move", args=[seller.pk])

    change = client.get(reverse("admin:accreditation_user_change", args=[seller.pk])).content.decode()
    assert address in change
    assert 'name="organisation"' not in change
    assert "not where to" in client.get(address).content.decode()
    assert (
        client.post(address, {"organisation": worlds[1].pk, "moved_on": "2026-05-01", "reason": ""}).status_code == 422
    )
    sent = client.post(address, {"organisation": worlds[1].pk, "moved_on": "2026-05-01", "reason": "Changed jobs."})

    assert sent.status_code == 302
    assert User.objects.get(pk=seller.pk).organisation == worlds[1]
    assert "Changed jobs." in client.get(reverse("admin:accreditation_user_change", args=[seller.pk])).content.decode()


def test_others_find_no_page_to_move_people(client, worlds):
    seller = make_person(organisation=worlds[0])
    client.force_login(manager_of(worlds[0]))

    assert client.get(reverse("admin:accreditation_user_move", args=[seller.pk])).status_code == 404


@pytest.mark.parametrize(("days", "counts"), [(0, True), (90, True), (91, False), (-1, False)])
def test_what_an_organisation_may_lose_within_ninety_days(worlds, days, counts):
    today = date(2026, 5, 20)
    row = AccreditationFactory(
        learner=make_person(organisation=worlds[0]), valid_until=today + timedelta(days=days), completed_on=today
    )
    AccreditationFactory(learner=make_person(organisation=worlds[1]), valid_until=today)

    assert list(expiring(worlds[0], today)) == ([row] if counts else [])


def test_partner_managers_are_told_once_how_many_end(worlds):
    boss, now = manager_of(worlds[0]), timezone.now()
    people = [make_person(organisation=worlds[0]) for _ in range(3)]
    ends = now.date() + timedelta(days=90)
    for person in people:
        AccreditationFactory(learner=person, valid_until=ends)

    sweep_reminders(now=now)
    sweep_reminders(now=now)

    row = Notice.objects.get(recipient=boss)
    assert (row.title, row.link) == ("3 accreditations end in 90 days", worlds[0].get_absolute_url())
