"""The search page: only what a person may see, their own work, and people for those who may open them."""

import pytest
from django.core.management import call_command
from django.urls import reverse

from accreditation.models import Program
from accreditation.rules.search import ADDRESSES, ONE, findings, suggestions
from accreditation.tests.factories import NoticeFactory, OrganisationFactory, make_enablement, make_program
from assessments.models import Exam, Practical
from assessments.tests.factories_exams import AttemptFactory, ExamFactory
from assessments.tests.factories_practicals import PracticalFactory, SubmissionFactory
from badges.models import Achievement
from badges.tests.factories import make_achievement, make_credential
from courses.models import Asset, AssetVersion, Course, EntryKind, LearningPath, Lesson, SearchEntry
from courses.tests.factories import CourseFactory, LessonFactory, PathFactory, RoleFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
WORD = "quokka"


def make_asset(title="Quokka kit", **values):
    slug = title.lower().replace(" ", "-")
    asset = Asset.objects.create(slug=slug, title=title, kind="starter_kit", state="published", **values)
    asset.current_version = AssetVersion.objects.create(asset=asset, number=1, body="Take it along")
    asset.save()
    return asset


def one_of_each(state="published"):
    course = CourseFactory(title="Quokka course", state=state)
    program = make_program(CourseFactory(), title="Quokka program", badge=True)
    exam = ExamFactory(title="Quokka exam")
    Program.objects.filter(pk=program.pk).update(state=state)
    Exam.objects.filter(pk=exam.pk).update(state=state)
    return {
        EntryKind.COURSE: course,
        EntryKind.LESSON: LessonFactory(course=course, title="Quokka lesson"),
        EntryKind.PATH: PathFactory(title="Quokka path", state=state),
        EntryKind.ASSET: make_asset(**({} if state == "published" else {"field_only": True})),
        EntryKind.EXAM: exam,
        EntryKind.PRACTICAL: PracticalFactory(title="Quokka practical", state=state),
        EntryKind.PROGRAM: program,
        EntryKind.BADGE: program.achievement,
    }


def kinds(person, typed=WORD):
    found = findings(person, typed)
    return {tab.name for tab in found.tabs}, {str(hit.address) for hit in found.hits}


def test_everything_that_is_published_is_found_under_its_address(client):
    rows, person = one_of_each(), make_person()

    assert kinds(person) == (set(rows), {row.get_absolute_url() for row in rows.values()})
    assert set(ADDRESSES) | {EntryKind.LESSON} == set(ONE) == set(EntryKind)
    client.force_login(person)
    assert client.get("/search/", {"q": WORD}).status_code == 200


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_nothing_of_what_is_hidden_shows(client, state):
    one_of_each(state)
    person = make_person(organisation=OrganisationFactory())
    client.force_login(person)

    page = client.get("/search/", {"q": WORD}).content.decode()
    told = client.get("/search/suggest", {"q": WORD}).json()

    assert kinds(person) == (set(), set())
    assert "Quokka" not in page
    assert told["items"] == []


def test_what_was_withdrawn_a_moment_ago_is_not_found():
    rows, person = one_of_each(), make_person(organisation=OrganisationFactory())
    assert kinds(person)[0] == set(rows)

    for model in (Course, LearningPath, Asset, Exam, Practical, Program):
        model.objects.update(state="withdrawn")

    assert kinds(person) == (set(), set())
    assert suggestions(person, WORD) == []


def test_a_hidden_title_is_never_meant(client):
    one_of_each("draft")
    person = make_person(organisation=OrganisationFactory())

    found = findings(person, "quoka")

    assert found.is_empty and found.meant == "" and found.total == 0


def test_a_typing_error_is_put_right(client):
    one_of_each()
    client.force_login(make_person())

    page = client.get("/search/", {"q": "quoka"}).content.decode()

    assert "These come close" in page
    assert '<a href="?q=quokka">quokka</a>' in page


def test_who_edits_content_finds_drafts():
    rows = one_of_each("draft")

    assert kinds(make_enablement())[0] == set(rows)


def test_an_asset_for_a_role_is_found_by_that_role_alone():
    role = RoleFactory()
    make_asset().roles.add(role)

    assert kinds(make_person(role=role))[0] == {"asset"}
    assert kinds(make_person())[0] == set()
    assert kinds(make_person(role=RoleFactory()))[0] == set()


def test_the_exam_of_an_update_is_not_found():
    ExamFactory(title="Quokka exam", for_asked_only=True)

    assert kinds(make_person())[0] == set()


def test_a_badge_that_nothing_carries_is_found_by_its_holder():
    badge, holder = make_achievement(slug="quokka", name="Quokka badge"), make_person()
    make_credential(holder=holder, achievement=badge)

    assert kinds(make_person())[0] == set()
    assert kinds(holder)[0] == {"badge", "own"}


def test_own_work_is_found_by_its_owner_alone(client):
    mine, other = make_person(), make_person()
    exam, practical = ExamFactory(title="Quokka exam"), PracticalFactory(title="Quokka practical")
    attempt = AttemptFactory(learner=mine, exam=exam)
    submission = SubmissionFactory(learner=mine, practical=practical)
    NoticeFactory(recipient=mine, title="Quokka passed")

    addresses = {hit.address for hit in findings(mine, WORD, "own").own}

    assert addresses == {attempt.get_absolute_url(), submission.get_absolute_url(), "/notices/"}
    assert findings(other, WORD).own == []
    assert "own" not in {tab.name for tab in findings(other, WORD).tabs}
    client.force_login(other)
    assert str(attempt.pk) not in client.get("/search/", {"q": WORD, "kind": "own"}).content.decode()


def test_people_are_found_by_those_who_may_open_them(client):
    sought = make_person(name="Quinn Quokka", email="quinn@example.com")
    boss = make_enablement()

    assert [hit.address for hit in findings(boss, "quokka").people] == [
        reverse("admin:accreditation_user_change", args=[sought.pk])
    ]
    assert [str(hit.text) for hit in findings(boss, "quinn@").people] == ["<mark>quinn</mark>@example.com"]
    assert findings(make_person(), WORD).people == []
    assert findings(make_person(groups=["grader"], is_staff=True), WORD, "people").people == []


def test_a_partner_manager_finds_their_own_organisation_alone():
    own, other = OrganisationFactory(name="Quokka One"), OrganisationFactory(name="Quokka Two")
    manager = make_person(groups=["partner manager"], organisation=own)

    found = findings(manager, WORD)

    assert [hit.address for hit in found.people] == [own.get_absolute_url()]
    assert other.name not in str(found)


def test_a_hostile_title_is_only_text(client):
    CourseFactory(title='<script>alert("quokka")</script>', summary="<img src=x onerror=alert(1)> quokka")
    client.force_login(make_person())

    page = client.get("/search/", {"q": 'quokka <script>"'}).content.decode()
    found = client.get("/search/", {"q": "quokka"}).content.decode()

    assert "<script>alert" not in page + found and "<img src=x" not in page + found
    assert "<mark>quokka</mark>" in found


@pytest.mark.parametrize(
    "query",
    ["", "q=", "q=%20", "q=!!!", "q=a&kind=nothing", "q=a&page=0", "q=a&page=-1", "q=a&page=999", "q=a&page=9999999999",
     "q=a&page=x", "q=a&page=%C2%B2", "q=%F0%9F%8E%89", "q=a&q=b", "q=a&kind=people", "q=a&kind=own", "q=%ff%fe",
     "q=" + "a" * 3000],
)  # fmt: skip
def test_any_query_has_an_answer(client, query):
    CourseFactory(title="A course")
    client.force_login(make_person())

    assert client.get(f"/search/?{query}").status_code == 200
    assert client.get(f"/search/suggest?{query}").status_code == 200


def test_pages_go_on_and_end(client):
    for number in range(45):
        CourseFactory(title=f"Quokka {number}")
    person = make_person()

    pages = [findings(person, WORD, "course", number) for number in (1, 2, 3, 4)]

    assert [len(page.hits) for page in pages] == [20, 20, 5, 0]
    assert [page.has_next for page in pages] == [True, True, False, False]
    assert len({hit.address for page in pages for hit in page.hits}) == 45


def test_visitors_sign_in_first(client):
    assert client.get("/search/?q=a").headers["Location"].startswith("/accounts/login/")
    assert client.get("/search/suggest?q=a").status_code == 401
    assert "data-site-search" not in client.get("/").content.decode()


def test_too_many_searches_wait(client, monkeypatch):
    monkeypatch.setattr("accreditation.views.search.seconds_to_wait", lambda *args, **kwargs: 7)
    client.force_login(make_person())

    for address in ("/search/?q=a", "/search/suggest?q=a"):
        answer = client.get(address)
        assert answer.status_code == 429 and answer.headers["Retry-After"] == "7"


def test_every_page_has_the_field_and_the_page_keeps_what_was_typed(client):
    client.force_login(make_person())

    assert 'id="site-search"' in client.get("/programs/").content.decode()
    assert 'value="a &quot;b&quot; &lt;c&gt;"' in client.get("/search/", {"q": 'a "b" <c>'}).content.decode()


def test_the_command_finds_and_puts_right(capsys):
    rows = one_of_each()
    SearchEntry.objects.filter(kind="program").delete()

    with pytest.raises(SystemExit):
        call_command("rebuild_search", "--check")
    call_command("rebuild_search")
    call_command("rebuild_search", "--check")

    assert "program: 1 differ" in capsys.readouterr().out
    call_command("rebuild_search", "--all")
    assert {entry.kind for entry in SearchEntry.objects.all()} == set(rows)


def test_badges_and_lessons_are_kept_too():
    rows = one_of_each()
    Achievement.objects.filter(pk=rows["badge"].pk).update(name="Wombat")
    Lesson.objects.filter(pk=rows["lesson"].pk).update(body="a wombat's burrow")

    assert kinds(make_person(), "wombat")[0] == {"badge", "lesson"}
