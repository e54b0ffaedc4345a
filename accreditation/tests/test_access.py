"""Who gets where: every route of the project, and every row of somebody else."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accreditation.checks import every_route_has_a_policy
from accreditation.middleware import policy_of
from accreditation.models import Organisation
from accreditation.tests.addresses import every_route
from accreditation.tests.factories import (
    EnrolmentFactory,
    NoticeFactory,
    OrganisationFactory,
    make_enablement,
    make_program,
)
from assessments.tests.factories_practicals import SubmissionFactory, make_grader, make_lease, make_recording
from assessments.tests.sittings import begin
from badges.tests.factories import make_credential
from badges.tests.test_endorsements import endorse
from courses.lib.clock import zone_of
from courses.tests.factories import LessonFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
ROUTES = every_route()
CLOSED = [(address, policy) for address, policy, _ in ROUTES if not policy.open]
ACCOUNT_PAGES = ["account_email", "account_change_password", "mfa_index", "mfa_activate_totp", "account_reauthenticate"]
OF_PROGRAMS = {f"/ims/ob/v3p0/{name}" for name in ("discovery", "credentials", "profile", "7")}
OF_PROGRAMS |= {f"/ims/ob/v3p0/oauth/{name}" for name in ("token", "revoke", "register")}
OF_FRAMEWORKS = {address for address, _, _ in ROUTES if address.startswith("/ims/case/v1p0/")}
CSRF_FREE = {
    "/credentials/verify",
    "/notices/stop/nothing",
    "/.well-known/oauth-authorization-server",
    *OF_PROGRAMS,
    *OF_FRAMEWORKS,
}
"""Where no cookie counts."""


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def test_every_route_has_a_policy():
    assert every_route_has_a_policy() == []
    assert len(ROUTES) > 100


def test_a_route_without_a_policy_is_found_and_closed(settings, client):
    settings.ROOT_URLCONF = "accreditation.tests.forgotten_urls"

    (error,) = every_route_has_a_policy()

    assert "/forgotten/" in error.msg
    assert client.get("/forgotten/").status_code == 403
    assert signed_in(make_person(is_superuser=True)).get("/forgotten/").status_code == 403


def test_visitors_are_led_to_sign_in(client):
    for address, policy in CLOSED:
        for call in (client.get, client.post):
            response = call(address)
            if policy.json:
                assert (response.status_code, response.json()["code"]) == (401, "sign-in"), address
            else:
                assert response.status_code == 302, address
                assert response.url.startswith("/accounts/login/?next=/"), address


@pytest.mark.parametrize("name", ACCOUNT_PAGES)
def test_pages_of_an_account_ask_for_sign_in_themselves(client, name):
    assert client.get(reverse(name)).url.startswith("/accounts/login/")


def test_a_person_without_rights_finds_nothing_below_admin():
    client = signed_in(make_person())

    for address, policy in CLOSED:
        if address.startswith("/admin/"):
            status = client.get(address).status_code
            assert status == 404 or (policy.permission and status == 403), address


@pytest.mark.parametrize("group", ["learner", "grader", "partner manager"])
def test_groups_outside_the_staff_find_no_admin(group):
    assert signed_in(make_person(groups=[group])).get("/admin/").status_code == 404


def test_refused_functions_answer_in_the_form_that_was_asked_for():
    client = signed_in(make_person())

    assert client.get(reverse("assessments:grading")).status_code == 403
    for address, policy in CLOSED:
        if policy.permission and policy.json:
            assert client.post(address).json()["code"] == "denied", address


def of_somebody_else():
    """Addresses of one learner's rows: (GET pages, deeds)."""
    attempt, submission, notice = begin(), SubmissionFactory(), NoticeFactory()
    recording = make_recording(submission)
    enrolment, credential = EnrolmentFactory(), make_credential()
    endorsement = endorse(credential)
    exam, work = [attempt.pk], [submission.pk]
    pages = [
        reverse("assessments:attempt", args=exam),
        reverse("assessments:attempt-hand-in", args=exam),
        reverse("assessments:attempt-result", args=exam),
        reverse("assessments:submission", args=work),
        reverse("assessments:recording-media", args=[recording.pk]),
        reverse("assessments:recording-poster", args=[recording.pk]),
        reverse("assessments:recording-status", args=[recording.pk]),
    ]
    deeds = [
        reverse("assessments:attempt-responses", args=exam),
        reverse("assessments:attempt-continue", args=exam),
        reverse("assessments:attempt-submit", args=exam),
        reverse("assessments:submission-notes", args=work),
        reverse("assessments:submission-hand-in", args=work),
        reverse("assessments:submission-withdraw", args=work),
        reverse("notice-open", args=[notice.pk]),
        reverse("leave", args=[enrolment.program.slug]),
        reverse("badges:shown-name", args=[credential.pk]),
        reverse("badges:endorsement-hidden", args=[endorsement.pk]),
        reverse("badges:endorsement-withdraw", args=[endorsement.pk]),
    ]
    return pages, deeds


FILLED_IN = {"client_id": "tab", "epoch": 1, "responses": [], "notes": "Mine", "revision": 0, "shown_name": "full"}


def form_of(address):
    """Exams take JSON, everything else a form."""
    return {"content_type": "application/json"} if "/attempts/" in address else {}


@pytest.mark.parametrize(
    "make",
    [
        make_person,
        make_enablement,
        make_grader,
        lambda: make_person(groups=["partner manager"], organisation=OrganisationFactory()),
    ],
    ids=["learner", "enablement", "grader", "partner manager"],
)
def test_rows_of_somebody_else_are_not_there(make):
    pages, deeds = of_somebody_else()
    client = signed_in(make())

    for address in pages:
        found = client.get(address).status_code
        staff_may_watch = make is make_enablement and "/recordings/" in address
        assert found == 404 or staff_may_watch, address
    for address in deeds:
        assert client.post(address, FILLED_IN, **form_of(address)).status_code == 404, address


def test_what_belongs_to_somebody_else_reads_like_what_is_not_there():
    submission, client = SubmissionFactory(), signed_in(make_person())

    theirs = client.get(reverse("assessments:submission", args=[submission.pk])).content
    missing = client.get(reverse("assessments:submission", args=["00000000-0000-0000-0000-000000000007"])).content

    assert theirs == missing


def test_a_grader_without_the_lease_has_no_desk():
    lease = make_lease()

    status = signed_in(make_grader()).get(reverse("assessments:desk", args=[lease.task_id])).status_code

    assert status == 404


def test_ids_too_large_for_a_column_are_not_there():
    assert signed_in(make_person()).post(f"/notices/{10**30}/open").status_code == 404


def test_a_suspended_person_is_out_on_the_next_request():
    person = make_enablement()
    client = signed_in(person)
    assert client.get("/admin/").status_code == 200

    person.is_active = False
    person.save()

    assert client.get("/admin/").url.startswith("/accounts/login/")
    assert client.post(reverse("assessments:uploads"), HTTP_ACCEPT="application/json").status_code == 401
    assert b"Your next step" in client.get("/").content
    assert "Create an account" in client.get("/").content.decode()


def test_losing_a_role_acts_on_the_next_request():
    person = make_enablement()
    client = signed_in(person)
    assert client.get("/admin/accreditation/user/").status_code == 200

    person.groups.clear()
    assert client.get("/admin/accreditation/user/").status_code == 403
    person.is_staff = False
    person.save()

    assert client.get("/admin/accreditation/user/").status_code == 404


def manager_of(organisation):
    return make_person(groups=["partner manager"], organisation=organisation)


def test_a_partner_manager_sees_the_own_organisation_only():
    own, other = OrganisationFactory.create_batch(2)
    learner, stranger = make_person(name="Ada Own", organisation=own), make_person(name="Bo Other", organisation=other)
    client = signed_in(manager_of(own))

    shown = client.get(own.get_absolute_url()).content.decode()

    assert (learner.name in shown, stranger.name in shown, learner.email in shown) == (True, False, False)
    assert client.get(other.get_absolute_url()).status_code == 404


def test_without_an_organisation_a_partner_manager_sees_nothing():
    organisation, manager = OrganisationFactory(), manager_of(None)

    assert signed_in(manager).get(organisation.get_absolute_url()).status_code == 404
    assert not Organisation.objects.visible_to(manager).exists()


def test_people_of_an_organisation_do_not_see_each_other():
    organisation = OrganisationFactory()

    assert signed_in(make_person(organisation=organisation)).get(organisation.get_absolute_url()).status_code == 404


def test_a_manager_who_moves_sees_the_new_organisation_on_the_next_request():
    old, new = OrganisationFactory.create_batch(2)
    manager = manager_of(old)
    client = signed_in(manager)
    assert client.get(old.get_absolute_url()).status_code == 200

    manager.organisation = new
    manager.save()

    assert [client.get(one.get_absolute_url()).status_code for one in (old, new)] == [404, 200]


def test_enablement_sees_every_organisation():
    assert signed_in(make_enablement()).get(OrganisationFactory().get_absolute_url()).status_code == 200


def test_the_team_is_that_of_whoever_has_reports():
    boss = make_person()
    client = signed_in(boss)
    assert client.get("/team/").status_code == 404
    make_person(name="Mateo Report", manager=boss)
    make_person(name="Gone Away", manager=boss, is_active=False)
    make_person(name="Somebody Else", manager=make_person())

    shown = client.get("/team/").content.decode()

    assert [name in shown for name in ("Mateo Report", "Gone Away", "Somebody Else")] == [True, False, False]


def test_every_unsafe_request_needs_its_token():
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_person(is_staff=True, is_superuser=True))

    for address, _, name in ROUTES:
        for call in (client.post, client.put, client.patch, client.delete):
            assert call(address).status_code == 403 or address in CSRF_FREE, (address, name)


def test_a_form_from_another_site_is_refused_with_our_page():
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_person())
    client.get("/profile/")
    token = client.cookies["csrftoken"].value

    foreign = client.post("/profile/", {"csrfmiddlewaretoken": token}, headers={"origin": "https://example.org"})
    own = client.post("/profile/", {"csrfmiddlewaretoken": token}, headers={"origin": "http://testserver"})

    assert (foreign.status_code, own.status_code) == (403, 422)
    assert "open for too long" in foreign.content.decode()


def test_reading_changes_nothing():
    person = make_enablement()
    client = signed_in(person)
    lesson, program = LessonFactory(), make_program()

    for address in (
        "/notices/read",
        f"{lesson.get_absolute_url()}done",
        f"/programs/{program.slug}/enrol",
    ):
        assert client.get(address).status_code == 405


@pytest.mark.parametrize("link", ["https://example.org/", "//example.org/", "javascript:alert(1)", ""])
def test_a_notice_never_leads_elsewhere(link):
    notice = NoticeFactory(link=link)

    response = signed_in(notice.recipient).post(reverse("notice-open", args=[notice.pk]))

    assert response.url == "/notices/"


def test_a_notice_leads_to_its_page_and_is_read():
    notice = NoticeFactory(link="/programs/")

    response = signed_in(notice.recipient).post(reverse("notice-open", args=[notice.pk]))

    notice.refresh_from_db()
    assert (response.url, notice.read_at is None) == ("/programs/", False)


@pytest.mark.parametrize(
    ("name", "known"), [("Europe/Madrid", True), ("", False), ("Nowhere/Land", False), ("../etc", False)]
)
def test_only_zones_that_exist_are_used(name, known):
    assert (zone_of(name) is not None) is known


def test_times_are_shown_in_the_person_s_zone():
    moment = timezone.make_aware(timezone.datetime(2026, 5, 20, 23, 30), timezone.get_fixed_timezone(0))
    notice = NoticeFactory(recipient=make_person(time_zone="Asia/Tokyo"))
    type(notice).objects.update(created_at=moment)

    assert "21 May 2026, 08:30" in signed_in(notice.recipient).get("/notices/").content.decode()


def test_a_zone_that_no_longer_exists_shows_utc():
    assert signed_in(make_person(time_zone="Nowhere/Land")).get("/").status_code == 200


def test_views_of_accounts_ask_for_themselves_and_others_must_be_marked():
    def view(request):
        """No mark."""

    assert policy_of(view) is None
    assert policy_of(view, "admin").open is False
