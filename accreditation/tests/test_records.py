"""A learner's own record, and what a manager has to do this week."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accreditation.models import Enrolment, GivenAttestation
from accreditation.models.statements import Attestation
from accreditation.rules.people import team_of
from accreditation.rules.records import record_of
from accreditation.rules.team_week import KINDS, part_of_week, week_of
from accreditation.tests.factories import (
    AccreditationFactory,
    EnrolmentFactory,
    EvidenceFactory,
    OrganisationFactory,
    make_enablement,
    make_program,
)
from assessments.models import Attempt, Booking
from assessments.tests.factories_practicals import PracticalFactory, SubmissionFactory, fail_exam, make_slot, pass_exam
from badges.models import Credential
from badges.tests.factories import make_credential
from courses.tests.factories import CompletionFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def learner(client):
    person = make_person()
    client.force_login(person)
    return person


def attestation(**fields):
    return Attestation.objects.create(slug="alone", title="Sells alone", statement="Sells alone.", **fields)


def attested(person):
    return GivenAttestation.objects.create(
        attestation=attestation(), learner=person, by=make_enablement(), performed_on=timezone.now().date()
    )


def texts(record):
    return [one.text for one in record.entries]


def test_a_record_holds_what_was_done_and_earned_newest_first(learner):
    now = timezone.now()
    CompletionFactory(learner=learner, completed_at=now - timedelta(days=9))
    pass_exam(learner, PracticalFactory().exam)
    credential = make_credential(holder=learner)
    Credential.objects.filter(pk=credential.pk).update(revoked_at=now + timedelta(days=1), state="revoked")
    attested(learner)

    found = record_of(learner)

    assert texts(found)[0] == "Badge revoked"
    assert texts(found)[-1] == "Course completed"
    assert {"Exam passed", "Badge issued", "Attested by your manager"} <= set(texts(found))
    assert found.older == ""


def test_a_result_that_is_held_tells_neither_pass_nor_fail(learner):
    fail_exam(learner, PracticalFactory().exam)
    assert texts(record_of(learner)) == ["Exam not passed"]

    Attempt.objects.update(current_run=None, state="submitted")

    (entry,) = record_of(learner).entries
    assert (entry.text, entry.good) == ("Exam handed in; the result is not there yet", None)


def test_pages_of_a_record_hold_every_line_once(learner):
    now = timezone.now()
    for n in range(7):
        CompletionFactory(learner=learner, completed_at=now - timedelta(days=n // 3))
    make_credential(holder=learner)

    seen, before, pages = [], "", 0
    while pages < 20:
        page = record_of(learner, before=before, most=2)
        seen += [one.cursor for one in page.entries]
        before, pages = page.older, pages + 1
        if not before:
            break

    assert len(seen) == len(set(seen)) == 8
    assert seen == [one.cursor for one in record_of(learner).entries]


@pytest.mark.parametrize(
    "cursor", ["x", "~~", "2026-01-01~0~1", "2026-01-01T00:00:00+00:00~9~1", "2026-01-01T00:00:00+00:00~3~1",
               "2026-01-01T00:00:00+00:00~0~" + "9" * 40, "2026-01-01T00:00:00+00:00~٣~1", "9999-99-99T00:00:00+00:00~0~1"],
)  # fmt: skip
def test_a_forged_cursor_is_the_beginning(client, learner, cursor):
    CompletionFactory(learner=learner)

    response = client.get("/profile/record/", {"before": cursor})

    assert response.status_code == 200
    assert "Course completed" in response.content.decode()


def test_a_record_is_filtered_by_kind_and_is_ones_own(client, learner):
    mine, others = CompletionFactory(learner=learner), CompletionFactory()
    attested(learner)

    page = client.get("/profile/record/?kind=course").content.decode()

    assert mine.course.title in page
    assert others.course.title not in page
    assert "Attested by your manager" not in page
    assert "Attested by your manager" in client.get("/profile/record/?kind=nothing&whole=1").content.decode()


def test_an_empty_record_says_what_comes(client, learner):
    assert "Nothing stands here yet" in client.get("/profile/record/").content.decode()


def test_a_record_takes_no_more_statements_for_more_lines(client, learner, django_assert_max_num_queries):
    for _ in range(30):
        CompletionFactory(learner=learner)
    for _ in range(5):
        make_credential(holder=learner)

    with django_assert_max_num_queries(12):
        client.get("/profile/record/")


def kinds_of(manager):
    return {part.kind: part for part in week_of(manager, team_of(manager), timezone.now())}


def enrol(person, program, *, due=None, ago=0):
    row = EnrolmentFactory(learner=person, program=program, due_on=due)
    Enrolment.objects.filter(pk=row.pk).update(enrolled_at=timezone.now() - timedelta(days=ago))
    return row


def test_what_is_due_or_overdue_and_not_yet_held(learner):
    today = timezone.now().date()
    late, soon, far, held = (make_person(manager=learner, name=f"P {n}") for n in range(4))
    program = make_program()
    for person, days in ((late, -1), (soon, 6), (far, 30), (held, 1)):
        enrol(person, program, due=today + timedelta(days=days))
    AccreditationFactory(learner=held, program=program)

    part = kinds_of(learner)["due"]

    assert [(one.person, one.is_late) for one in part.lines] == [(late, True), (soon, False)]


def test_who_waits_for_an_attestation(learner):
    statement = attestation()
    program = make_program(statement)
    waiting, said = make_person(manager=learner), make_person(manager=learner)
    for person in (waiting, said):
        enrol(person, program)
    GivenAttestation.objects.create(attestation=statement, learner=said, by=learner, performed_on=timezone.now().date())

    assert [one.person for one in kinds_of(learner)["attest"].lines] == [waiting]


def test_what_ends_who_has_not_begun_and_what_was_proved(learner):
    person = make_person(manager=learner)
    fading, idle = make_program(), make_program()
    AccreditationFactory(
        learner=person, program=fading, state="fading", valid_until=timezone.now().date() + timedelta(days=20)
    )
    enrol(person, idle, ago=8)
    enrol(person, make_program(), ago=2)
    EvidenceFactory(learner=person, kind="exam", course=None, exam=PracticalFactory().exam)

    found = kinds_of(learner)

    assert {"fading", "idle", "proved"} <= set(found)
    assert [one.text.split(" not begun")[0] for one in found["idle"].lines] == [idle.title]


def test_sessions_of_the_week(learner):
    person = make_person(manager=learner)
    submission = SubmissionFactory(learner=person)
    for hours in (48, 400):
        slot = make_slot(submission.practical, hours=hours)
        one = submission if hours == 48 else SubmissionFactory(learner=person)
        Booking.objects.create(slot=slot, submission=one, booked_at=timezone.now())

    assert kinds_of(learner)["booked"].total == 1


def test_a_partners_manager_sees_nobody_of_another_organisation(learner):
    learner.organisation = OrganisationFactory()
    learner.save()
    stranger = make_person(manager=learner, organisation=OrganisationFactory())
    enrol(stranger, make_program(), due=timezone.now().date())

    assert kinds_of(learner) == {}


def test_a_part_shows_a_handful_and_leads_to_all(client, learner):
    program, today = make_program(), timezone.now().date()
    for n in range(7):
        enrol(make_person(manager=learner, name=f"Person Number{n}"), program, due=today)

    page = client.get("/team/").content.decode()
    everybody = client.get("/team/?week=due").content.decode()

    assert "All 7" in page
    assert "See what is missing" in page
    assert everybody.count("See what is missing") == 7
    assert len(part_of_week("due", learner, team_of(learner), timezone.now(), start=5, most=50).lines) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_every_part_has_its_empty_page_and_nobody_elses(client, learner, kind):
    make_person(manager=learner)

    assert "Nothing of this at the moment" in client.get(f"/team/?week={kind}&from=x").content.decode()
    client.force_login(make_person())
    assert client.get(f"/team/?week={kind}").status_code == 404
