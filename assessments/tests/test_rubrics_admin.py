"""Rubrics written in the administration: prefilled, kept when refused, a version only where something changed."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.urls import reverse

from assessments.actions.rubrics import author_rubric, use_wording
from assessments.models import Rubric, RubricVersion
from assessments.tests.factories_practicals import PracticalFactory, SubmissionFactory
from assessments.tests.rubric_texts import rubric_text
from courses.lib.refusals import Refused
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
ADD = reverse("admin:assessments_rubric_add")
WRITERS = ["view_rubric", "add_rubric", "view_rubricversion", "add_rubricversion", "change_practical"]


@pytest.fixture
def staff(client):
    """Somebody who may write rubrics, signed in."""
    client.person = make_person(is_staff=True)
    client.person.user_permissions.set(Permission.objects.filter(codename__in=WRITERS))
    client.force_login(client.person)
    return client


def wording(rubric):
    return reverse("admin:assessments_rubric_wording", args=[rubric.pk])


def use(version, practical):
    return reverse("admin:assessments_rubricversion_use", args=[version.pk, practical.pk])


def typed_on(response, **changes):
    """What the page sends when nothing on it was touched."""
    typed = response.context["typed"]
    sent = {
        "criteria-TOTAL_FORMS": len(typed.criteria.forms),
        "criteria-INITIAL_FORMS": typed.criteria.initial_form_count(),
    }
    for form in (typed.form, *typed.criteria):
        sent |= {form.add_prefix(name): form[name].value() for name in form.fields}
    return {name: value for name, value in sent.items() if value is not None and value is not False} | changes


def new_rubric(**changes):
    """A new rubric of one criterion, as it is sent."""
    levels = {f"criteria-0-level_{number}": f"Level {number} is this." for number in range(1, 6)}
    raises = {f"criteria-0-raise_{number}": f"Do more than {number}." for number in range(1, 5)}
    whole = {
        "title": "Demo",
        "slug": "demo",
        "pass_points": 3,
        "after": 0,
        "criteria-0-name": "The pain",
        "criteria-0-area": "",
    }
    return whole | levels | raises | {"criteria-TOTAL_FORMS": 5, "criteria-INITIAL_FORMS": 0} | changes


def test_a_rubric_is_written_with_its_criteria_and_slugs_follow_from_names(staff):
    assert staff.get(ADD).status_code == 200

    staff.post(ADD, new_rubric())

    version = Rubric.objects.get(slug="demo").versions.get()
    criterion = version.criteria.get()
    assert (version.number, version.pass_points, criterion.slug) == (1, 3, "the-pain")
    assert list(criterion.levels.values_list("raise_text", flat=True)) == [
        *(f"Do more than {n}." for n in range(1, 5)),
        "",
    ]


def test_a_wording_that_was_not_touched_makes_no_version(staff):
    version = author_rubric(**rubric_text())
    page = staff.get(wording(version.rubric))

    response = staff.post(wording(version.rubric), typed_on(page), follow=True)

    assert RubricVersion.objects.get() == version
    assert "says this already" in response.content.decode()


def test_a_changed_word_makes_a_version_and_leaves_the_used_one_as_it_was(staff):
    old = author_rubric(**rubric_text())
    page = staff.get(wording(old.rubric))

    staff.post(wording(old.rubric), typed_on(page, **{"criteria-1-level_3": "Names a\r\nfigure."}))

    new = RubricVersion.objects.get(number=2)
    slugs = [list(one.criteria.values_list("slug", flat=True)) for one in (old, new)]
    texts = [one.criteria.get(slug="value").levels.get(number=3).text for one in (old, new)]
    assert texts == ["value level 3", "Names a\nfigure."]
    assert slugs[0] == slugs[1]


def test_criteria_are_renamed_moved_left_out_and_added(staff):
    old = author_rubric(**rubric_text())
    page = staff.post(wording(old.rubric), typed_on(staff.get(wording(old.rubric)), more="1"))
    added = {name.replace("-0-", "-5-"): value for name, value in new_rubric().items() if "-0-" in name}
    changes = {"criteria-0-name": "Felt pain", "criteria-0-ORDER": 9, "criteria-1-DELETE": "on", "criteria-5-ORDER": 1}

    staff.post(wording(old.rubric), typed_on(page, **added | changes))

    rows = RubricVersion.objects.get(number=2).criteria.values_list("slug", "name")
    assert list(rows) == [
        ("the-pain", "The pain"),
        ("objections", "Objections"),
        ("presence", "Presence"),
        ("next-steps", "Next-Steps"),
        ("pain", "Felt pain"),
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"slug": "Two words"}, "slug"),
        ({"slug": "capstone"}, "slug"),
        ({"pass_points": 0}, "pass_points"),
        ({"pass_points": 6}, "pass_points"),
        ({"criteria-0-level_4": " "}, "level_4"),
        ({"criteria-0-raise_1": ""}, "raise_1"),
        ({"criteria-0-name": "x" * 121}, "name"),
    ],
)
def test_what_does_not_do_is_said_at_its_field_and_all_that_was_typed_stays(staff, changes, field):
    author_rubric(**rubric_text())

    response = staff.post(ADD, new_rubric(**changes | {"criteria-0-area": "Typed area"}))

    typed = response.context["typed"]
    assert field in typed.form.errors | typed.criteria.forms[0].errors
    assert "Typed area" in response.content.decode()
    assert RubricVersion.objects.count() == 1


def test_a_name_twice_is_refused_at_the_second(staff):
    old = author_rubric(**rubric_text())
    sent = typed_on(staff.get(wording(old.rubric)), **{"criteria-3-name": "pAIN"})

    response = staff.post(wording(old.rubric), sent)

    assert [list(one) for one in response.context["typed"].criteria.errors] == [[], [], [], ["name"], []]


def test_a_rubric_without_criteria_is_refused(staff):
    response = staff.post(ADD, {"title": "Demo", "slug": "demo", "pass_points": 1, "after": 0})

    assert response.status_code == 200
    assert not Rubric.objects.exists()


def test_adding_a_criterion_keeps_what_was_typed_and_calls_nothing_wrong(staff):
    page = staff.post(ADD, new_rubric(title="", more="1"))

    typed = page.context["typed"]
    assert len(typed.criteria.forms) == 6
    assert "Level 3 is this." in page.content.decode()
    assert "errorlist" not in page.content.decode()
    assert not Rubric.objects.exists()


@pytest.mark.parametrize("count", ["99", "-1", "x", "9" * 400])
def test_no_more_criteria_than_there_may_be(staff, count):
    page = staff.post(ADD, new_rubric(more="1", **{"criteria-TOTAL_FORMS": count}))

    assert len(page.context["typed"].criteria.forms) <= 12


def test_preview_shows_the_wording_and_saves_nothing(staff):
    html = staff.post(ADD, new_rubric(preview="1")).content.decode()

    assert "Level 3 is this." in html
    assert "3 of 5 passes" in html
    assert "To reach 2:" in html
    assert not Rubric.objects.exists()
    assert "something to mend" in staff.post(ADD, new_rubric(preview="1", title="")).content.decode()


def test_who_wrote_from_an_older_wording_is_told_before_theirs_follows(staff):
    old = author_rubric(**rubric_text())
    sent = typed_on(staff.get(wording(old.rubric)), pass_points=20)
    author_rubric(**rubric_text(pass_points=19))

    response = staff.post(wording(old.rubric), sent)

    assert "Somebody wrote another wording" in response.content.decode()
    assert RubricVersion.objects.count() == 2
    staff.post(wording(old.rubric), typed_on(response, after=2))
    assert RubricVersion.objects.get(number=3).pass_points == 20


@pytest.mark.django_db(transaction=True)
def test_two_who_write_at_the_same_moment_make_one_version():
    old = author_rubric(**rubric_text())

    def write(points):
        try:
            return author_rubric(**rubric_text(pass_points=points, after=1)).number
        except Refused as refused:
            return refused.refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(write, [19, 20]))

    assert sorted(map(str, done)) == ["2", "written-meanwhile"]
    assert old.rubric.versions.count() == 2


def test_only_who_may_add_wordings_writes_one(client):
    version = author_rubric(**rubric_text())
    reader = make_person(is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename__in=["view_rubric", "view_rubricversion"]))
    client.force_login(reader)
    practical = PracticalFactory(rubric_version=version)

    for url in (ADD, wording(version.rubric), use(version, practical)):
        assert client.post(url, new_rubric()).status_code == 403
    assert (
        "Use this wording"
        not in client.get(reverse("admin:assessments_rubricversion_change", args=[version.pk])).content.decode()
    )


def test_practical_gets_a_wording_by_its_deed_and_open_tries_keep_theirs(staff):
    submission = SubmissionFactory()
    practical, old = submission.practical, submission.rubric_version
    new = author_rubric(**rubric_text(pass_points=20))
    page = reverse("admin:assessments_rubricversion_change", args=[new.pk])
    assert f"Use this wording for new tries of {practical}" in staff.get(page).content.decode()

    response = staff.post(use(new, practical), follow=True)

    practical.refresh_from_db()
    submission.refresh_from_db()
    assert (practical.rubric_version, submission.rubric_version) == (new, old)
    assert practical.history.latest().history_user == staff.person
    assert "get this wording already" in response.content.decode()


def test_learner_with_an_open_try_reads_the_wording_that_it_is_marked_by(client):
    submission = SubmissionFactory()
    use_wording(practical=submission.practical, version=author_rubric(**rubric_text(pass_points=20)), by=make_person())
    client.force_login(submission.learner)

    html = client.get(submission.practical.get_absolute_url()).content.decode()

    assert "18 of 25 passes" in html


def test_a_wording_of_another_rubric_is_refused_and_one_in_use_too(staff):
    practical = PracticalFactory()
    other = author_rubric(**rubric_text(slug="other"))

    for version, code in [(other, "other-rubric"), (practical.rubric_version, "used-already")]:
        with pytest.raises(Refused) as refused:
            use_wording(practical=practical, version=version, by=staff.person)
        assert refused.value.refusal.code == code


def test_page_of_a_wording_costs_the_same_for_one_practical_and_for_many(
    staff, django_assert_num_queries, django_assert_max_num_queries
):
    version = PracticalFactory().rubric_version
    page = reverse("admin:assessments_rubricversion_change", args=[version.pk])
    with django_assert_max_num_queries(20) as few:
        staff.get(page)
    for number in range(3):
        PracticalFactory(rubric_version=version, title=f"Practical {number}")

    with django_assert_num_queries(len(few)):
        staff.get(page)
