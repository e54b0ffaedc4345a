"""Every page of these two apps in each of its states, with templates that name nothing that isn't there."""

import copy
import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accreditation.models import Program, User
from accreditation.tests.factories import (
    AccreditationFactory,
    EnrolmentFactory,
    NoticeFactory,
    OrganisationFactory,
    asks_for,
    make_enablement,
    make_program,
)
from assessments.tests.factories_practicals import PracticalFactory, SubmissionFactory, pass_exam
from badges.tests.factories import make_credential
from courses.actions.feedback import answer_feedback, mark_duplicate, publish_feedback
from courses.tests.factories import (
    CompletionFactory,
    CourseFactory,
    LessonDoneFactory,
    LessonFactory,
    PathFactory,
    PersonaFactory,
    RemarkFactory,
    RoleFactory,
    UseCaseFactory,
)
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


class Missing(str):
    """What a template shows for a name that isn't there: a failure."""

    def __contains__(self, item):
        return True

    def __mod__(self, name):
        raise AssertionError(f"the template names {name}, which is not there")


@pytest.fixture(autouse=True)
def _strict_templates(settings):
    templates = copy.deepcopy(settings.TEMPLATES)
    templates[0]["OPTIONS"]["string_if_invalid"] = Missing("missing")
    settings.TEMPLATES = templates


@pytest.fixture
def learner(client):
    person = make_person()
    client.force_login(person)
    return person


def shown(client, address, status=200):
    response = client.get(address)
    assert response.status_code == status, address
    return response.content.decode()


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def whole_program(**values):
    """A program of a path, an exam and a practical behind it, with a badge."""
    practical = PracticalFactory()
    know = {"title": "Know", "rule": "all_of", "count": None,
            "requirements": [asks_for(PathFactory(courses=[CourseFactory(lessons=1)])), asks_for(practical.exam)]}  # fmt: skip
    show = {"title": "Show", "rule": "n_of", "count": 1, "requirements": [asks_for(practical, "show")]}
    return make_program(groups=[know, show], badge=True, **values), practical


def test_landing(client):
    assert "No program is open yet" in shown(client, "/")
    make_program(title="Seller", summary="Sells.", badge=True)

    assert "Seller" in shown(client, "/")


def test_home_of_a_fresh_learner(client, learner):
    html = shown(client, "/")

    assert "You are on no program yet" in html
    assert "Your badges will stand here" in html
    assert "Nothing new" in html


def test_home_on_the_way(client, learner):
    program, practical = whole_program(title="Seller")
    EnrolmentFactory(learner=learner, program=program, due_on=date(2026, 6, 1))
    NoticeFactory(recipient=learner, title="A notice")
    NoticeFactory(recipient=learner, title="Without a page", link="", read_at=timezone.now())

    html = shown(client, "/")

    assert practical.exam.title in html
    assert "Due 1 June 2026" in html
    assert "A notice" in html
    assert "<span data-notice-digits>1<" in html


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("accredited", "Accredited"),
        ("fading", "Fading"),
        ("lapsed", "Lapsed"),
        ("revoked", "Revoked"),
        ("in_progress", "In progress"),
    ],
)
def test_home_shows_what_is_held_with_its_word(client, learner, state, word):
    program = make_program(title="Seller", badge=True)
    credential = make_credential(holder=learner, achievement=program.achievement)
    until = date.today() + timedelta(days=9)
    AccreditationFactory(learner=learner, program=program, credential=credential, state=state, valid_until=until)

    html = shown(client, "/")

    assert word in html
    assert credential.get_absolute_url() in html


def test_home_of_somebody_who_waits_for_a_grader(client, learner):
    program, practical = whole_program()
    EnrolmentFactory(learner=learner, program=program)
    pass_exam(learner, practical.exam)
    SubmissionFactory(learner=learner, practical=practical, handed_in=True)

    assert "handed in, waiting for a grader" in shown(client, "/")


def test_programs(client, learner):
    assert "No program is open yet" in shown(client, "/programs/")
    role = RoleFactory()
    mine, other = make_program(title="Mine", slug="mine"), make_program(title="Another", slug="another", badge=True)
    mine.roles.add(role)
    learner.role = role
    learner.save()
    EnrolmentFactory(learner=learner, program=other)

    html = shown(client, "/programs/")

    assert html.index("Mine") < html.index("Another")
    assert html.count("You are on it") == 1
    assert "You are on it" not in shown(Client(), "/programs/")


def test_a_program_for_visitors_and_for_learners(client, learner):
    program, _ = whole_program(title="Seller", description="More **words**.")
    program.roles.add(RoleFactory(name="Leader"))
    address = program.get_absolute_url()

    assert "Sign in to enrol" in shown(Client(), address)
    html = shown(client, address)
    assert "<strong>words</strong>" in html
    assert "Get on this program" in html
    assert "0 proved" not in html  # the map says it already


def test_a_program_that_leaves_a_choice_says_how_many_are_needed(client, learner):
    wanted = [asks_for(CourseFactory(title="Planning")), asks_for(CourseFactory(title="Value"))]
    group = {"title": "One of two", "rule": "n_of", "count": 1, "requirements": wanted}
    program = make_program(groups=[group])

    html = shown(client, program.get_absolute_url())

    assert "1 of these 2, 0 proved" in html
    assert "Planning · Value" in html


def test_a_program_that_one_is_on(client, learner):
    program, _ = whole_program()

    client.post(f"{program.get_absolute_url()}enrol")
    html = shown(client, program.get_absolute_url())

    assert "Leave this program" in html
    assert "Your next step stands on the home page" in html
    client.post(f"{program.get_absolute_url()}leave")
    assert "What you proved is kept" in shown(client, program.get_absolute_url())


def test_a_program_that_is_not_open(learner, client):
    draft = make_program(publish=False)
    empty = Program.objects.create(slug="empty", title="Empty")
    staff = signed_in(make_enablement())

    assert "The rules of this program are not written yet" in shown(staff, empty.get_absolute_url())
    shown(client, draft.get_absolute_url(), 404)
    shown(Client(), draft.get_absolute_url(), 404)


def test_a_draft_shows_its_mark_to_whoever_writes_it():
    html = shown(signed_in(make_enablement()), make_program(publish=False).get_absolute_url())

    assert "learners don't see it" in html
    assert "Get on this program" not in html


def test_leaving_a_program_that_one_is_not_on(client, learner):
    assert client.post(f"{make_program().get_absolute_url()}leave").status_code == 404


def test_notices(client, learner):
    assert "Nothing here yet" in shown(client, "/notices/")
    NoticeFactory.create_batch(45, recipient=learner)
    NoticeFactory(recipient=learner, link="", text="", link_text="")

    assert "Older" in shown(client, "/notices/")
    html, seen = shown(client, "/notices/"), 0
    while older := re.search(r'href="(\?[^"]*before=[^"]+)"', html):
        seen += html.count("notice--new")
        html = shown(client, f"/notices/{older[1].replace('&amp;', '&')}")
        assert "Newest" in html
    assert seen + html.count("notice--new") == 46
    assert "46 unread" in html
    assert "Unread:" in shown(client, "/notices/?before=zeal")


@pytest.mark.parametrize(
    "before", ["2026-01-01_1", "2026-13-45T00:00Z_1", "_", "2026-01-01T00:00:00Z_9" + "9" * 30, "٣_٣"]
)
def test_an_odd_cursor_shows_the_newest_notices(client, learner, before):
    NoticeFactory(recipient=learner)

    assert "Unread:" in shown(client, f"/notices/?before={before}")


def test_notices_are_filtered_by_kind_and_whether_they_are_read(client, learner):
    NoticeFactory(recipient=learner, kind="badge", title="A badge", read_at=timezone.now())
    NoticeFactory(recipient=learner, kind="answer", title="An answer")

    badges, unread = shown(client, "/notices/?kind=badge"), shown(client, "/notices/?unread=1")

    assert ("A badge</h3>" in badges, "An answer</h3>" in badges) == (True, False)
    assert ("A badge</h3>" in unread, "An answer</h3>" in unread) == (False, True)
    assert "Nothing like that" in shown(client, "/notices/?kind=badge&unread=1")
    assert "An answer</h3>" in shown(client, "/notices/?kind=zeal")


def test_one_notice_is_marked_read_and_unread_again_where_one_was(client, learner):
    row = NoticeFactory(recipient=learner)

    response = client.post(f"/notices/{row.pk}/read", {"kind": "decision", "before": ""})

    row.refresh_from_db()
    assert (row.read_at is not None, response.url) == (True, f"/notices/?kind=decision#notice-{row.pk}")
    client.post(f"/notices/{row.pk}/unread")
    row.refresh_from_db()
    assert row.read_at is None


@pytest.mark.parametrize("deed", ["read", "unread", "open"])
def test_a_notice_of_somebody_else_is_not_found(client, learner, deed):
    row = NoticeFactory()

    assert client.post(f"/notices/{row.pk}/{deed}").status_code == 404
    assert client.get(f"/notices/{row.pk}/{deed}").status_code == 405


def test_how_many_are_unread_is_asked_cheaply(client, learner, django_assert_max_num_queries):
    NoticeFactory.create_batch(3, recipient=learner)
    NoticeFactory()

    with django_assert_max_num_queries(3):
        first = client.get("/notices/count")
    again = client.get("/notices/count", headers={"If-None-Match": first["ETag"]})

    assert (first.json(), again.status_code, again.content) == ({"unread": 3}, 304, b"")
    client.logout()
    assert client.get("/notices/count").status_code == 401


def test_all_notices_are_read_at_once(client, learner):
    NoticeFactory.create_batch(3, recipient=learner)

    client.post("/notices/read")

    assert "Unread:" not in shown(client, "/notices/")


def test_profile_of_everybody(client, learner):
    assert "none yet" in shown(client, "/profile/")
    organisation = OrganisationFactory(name="Northbeam")
    boss = make_person(
        role=RoleFactory(name="Leader"), persona=PersonaFactory(), organisation=organisation,
        manager=learner, groups=["partner manager"],
    )  # fmt: skip

    html = shown(signed_in(boss), "/profile/")
    assert "Leader" in html
    assert organisation.get_absolute_url() in html
    assert "My team" in shown(client, "/profile/")


def test_a_profile_with_a_mistake(client, learner):
    response = client.post("/profile/", {"name": ""})

    assert response.status_code == 422
    assert "field__error" in response.content.decode()


def test_team_and_organisation(client, learner):
    organisation = OrganisationFactory()
    manager = signed_in(make_person(groups=["partner manager"], organisation=organisation, is_active=True))
    html = shown(manager, organisation.get_absolute_url())
    assert "Not started" in html
    member = make_person(manager=learner, organisation=organisation, persona=PersonaFactory(name="Education"))
    program = make_program(badge=True)
    credential = make_credential(holder=member, achievement=program.achievement)
    AccreditationFactory(learner=member, program=program, credential=credential)
    begun, shared = make_program(), make_program(title="Begun by a shared core")
    EnrolmentFactory(learner=member, program=begun)
    for one in (begun, shared):
        AccreditationFactory(learner=member, program=one, state="in_progress")

    for page in (shown(client, "/team/"), shown(manager, organisation.get_absolute_url())):
        assert "Education" in page
        assert credential.get_absolute_url() in page
        assert "In progress" in page
        assert shared.title not in page


def test_many_people_come_in_pages_whose_figures_stay_whole(client, learner):
    organisation = OrganisationFactory()
    people = [User(email=f"{n}@example.com", name=f"Seller {n:03}") for n in range(51)]
    for person in people:
        person.manager, person.organisation = learner, organisation
    User.objects.bulk_create(people)
    AccreditationFactory(learner=people[50])
    manager = signed_in(make_person(groups=["partner manager"], organisation=organisation, name="The manager"))

    for reader, address, count in ((client, "/team/", 51), (manager, organisation.get_absolute_url(), 51)):
        first, second = shown(reader, address), shown(reader, f"{address}?page=2")
        assert ("Seller 000" in first, "Seller 050" in first, f"of {count}" in first) == (True, False, True)
        assert ("Seller 000" in second, "Seller 050" in second, f"of {count}" in second) == (False, True, True)
        assert "Page 2 of 2" in shown(reader, f"{address}?page=99")


def test_a_page_of_people_costs_the_same_whatever_their_number(django_assert_num_queries):
    organisation, enablement = OrganisationFactory(), signed_in(make_enablement())
    AccreditationFactory(learner=make_person(organisation=organisation))
    with CaptureQueriesContext(connection) as few:
        shown(enablement, organisation.get_absolute_url())
    for _ in range(9):
        AccreditationFactory(learner=make_person(organisation=organisation, persona=PersonaFactory()))

    with django_assert_num_queries(len(few)):
        shown(enablement, organisation.get_absolute_url())


def test_an_organisation_without_people():
    organisation = OrganisationFactory()

    assert "Nobody of this organisation" in shown(signed_in(make_enablement()), organisation.get_absolute_url())


def test_paths_courses_and_lessons(client, learner):
    course = CourseFactory(lessons=2, objectives=1)
    use_case = UseCaseFactory(name="GitOps")
    lesson = LessonFactory(course=course, video=True, objective=course.objectives.get())
    RemarkFactory(lesson=lesson, author=learner)
    pages = [PathFactory(), PathFactory(courses=[course], use_case=use_case), course, CourseFactory(), lesson]
    pages += [LessonFactory(body=""), LessonFactory(kind="file", url="https://example.com/")]

    for one in pages:
        shown(client, one.get_absolute_url())
    for one in course.lessons.all():
        LessonDoneFactory(learner=learner, lesson=one)
    for one in pages:
        shown(client, one.get_absolute_url())
    assert "learners don" in shown(signed_in(make_enablement()), CourseFactory(draft=True).get_absolute_url())


def test_pages_of_faults(client, learner):
    shown(client, "/nowhere/", 404)
    shown(client, "/admin/grading/", 403)
    RemarkFactory.create_batch(20, author=learner)
    lesson = LessonFactory()

    refused = client.post(f"{lesson.get_absolute_url()}feedback", {"kind": "idea", "text": "One more"})

    assert refused.status_code == 409
    assert "a little later" in refused.content.decode()


def test_a_visitor_of_a_missing_page_is_offered_what_they_may_open(client):
    html = client.get("/nothing-here/").content.decode()

    assert "To the first page" in html
    assert "My accreditations" not in html


def test_remarks_record_and_week(client, learner):
    visitor = Client()
    for address in ("/feedback/", "/feedback/new?about=/notices/", "/feedback/done/", "/profile/record/"):
        shown(client, address)
    completion = CompletionFactory(learner=learner)
    shown(client, completion.course.get_absolute_url())
    staff, mine, others = make_enablement(), RemarkFactory(author=learner, may_quote=True), RemarkFactory()
    for row in (mine, others):
        publish_feedback(feedback=row, shown_to="everybody", title="Runners", sentence="Explained.", by=staff)
    answer_feedback(feedback=mine, state="done", answer="Yes.", by=staff)
    mark_duplicate(feedback=RemarkFactory(author=learner), of=mine, by=staff)
    EnrolmentFactory(learner=make_person(manager=learner), program=make_program(), due_on=timezone.now().date())

    for address in ("/feedback/", "/profile/record/", "/team/", "/team/?week=due"):
        shown(client, address)
    shown(visitor, "/feedback/done/")
    board = signed_in(staff)
    assert board.get("/admin/courses/feedback/?waits=late").status_code == 200
    assert board.get(f"/admin/courses/feedback/{mine.pk}/change/").status_code == 200
