"""Practicals, queue and conflicts in the administration."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from assessments.actions.claims import claim_next
from assessments.models import Brief, Comment, Conflict, Practical, Review, ReviewTask, Submission
from assessments.tests.factories_practicals import (
    BriefFactory,
    PracticalFactory,
    SubmissionFactory,
    make_decided,
    make_grader,
    make_lease,
    make_task,
    marks,
    send,
)
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
MODELS = [
    "rubric", "rubricversion", "briefpool", "brief", "practical", "submission", "reviewtask", "review", "comment",
    "conflict",
]  # fmt: skip


def list_of(model):
    return reverse(f"admin:assessments_{model}_changelist")


def page_of(row):
    return reverse(f"admin:assessments_{row._meta.model_name}_change", args=[row.pk])


@pytest.fixture
def staff(client):
    """A person with every permission, signed in."""
    client.person = make_person(is_staff=True, is_superuser=True)
    client.force_login(client.person)
    return client


def fill():
    """One of everything."""
    lease = make_lease()
    make_decided(marks(4, 4, 4, 3, 3))
    Conflict.objects.create(grader=lease.grader, learner=make_person())


@pytest.mark.parametrize("model", MODELS)
def test_every_list_costs_the_same_for_one_row_and_for_many(
    staff, model, django_assert_num_queries, django_assert_max_num_queries
):
    fill()
    with django_assert_max_num_queries(30) as few:
        assert staff.get(list_of(model)).status_code == 200
    for _ in range(3):
        fill()

    with django_assert_num_queries(len(few)):
        staff.get(list_of(model))


@pytest.mark.parametrize("model", MODELS)
def test_every_list_can_be_searched(staff, model):
    fill()

    assert staff.get(list_of(model), {"q": "capstone"}).status_code == 200


@pytest.mark.parametrize("model", [Practical, Brief, Submission, ReviewTask, Review, Comment, Conflict])
def test_every_page_opens(staff, model):
    fill()

    assert staff.get(page_of(model.objects.first())).status_code == 200


@pytest.mark.parametrize("model", [Submission, ReviewTask, Review, Comment])
def test_what_only_actions_change_is_read_only(staff, model):
    fill()
    row = model.objects.first()

    assert 'name="_save"' not in staff.get(page_of(row)).content.decode()
    assert staff.post(page_of(row), {"state": "decided", "total": 25}).status_code == 403
    assert staff.post(reverse(f"admin:assessments_{row._meta.model_name}_delete", args=[row.pk])).status_code == 403


def test_title_of_a_rubric_is_edited_and_its_versions_are_not(staff):
    rubric = PracticalFactory().rubric_version.rubric
    form = {"title": "Deal simulation", "slug": "else"}
    form |= {f"versions-{name}_FORMS": 0 for name in ("TOTAL", "INITIAL")}

    assert 'name="versions-0-pass_points"' not in staff.get(page_of(rubric)).content.decode()
    staff.post(page_of(rubric), form)

    rubric.refresh_from_db()
    assert (rubric.title, rubric.slug) == ("Deal simulation", "capstone")


def test_rubric_version_shows_its_levels(staff):
    version = PracticalFactory().rubric_version

    assert "pain level 3" in staff.get(page_of(version)).content.decode()


def test_state_of_a_practical_moves_by_deed_only(staff):
    practical = PracticalFactory()
    assert 'name="state"' not in staff.get(page_of(practical)).content.decode()

    for action, state in [("withdraw", "withdrawn"), ("withdraw", "withdrawn"), ("publish", "published")]:
        staff.post(list_of("practical"), {"action": action, "_selected_action": [practical.pk]})
        practical.refresh_from_db()
        assert practical.state == state

    assert practical.history.latest().history_user == staff.person


def brief_form(brief, **changes):
    fields = ("customer", "situation", "industry", "size_text", "region", "tools", "people", "hidden_notes")
    values = {name: getattr(brief, name) for name in fields}
    return values | {"pool": brief.pool_id, "slug": brief.slug, "pain_points": "Lost plans\r\n\r\nLate plans"} | changes


def test_saving_a_brief_makes_a_new_version_and_tries_keep_theirs(staff):
    submission = SubmissionFactory()
    old = submission.brief

    staff.post(page_of(old), brief_form(old, customer="Lindenhof Trust"))

    new = Brief.objects.drawable().get()
    submission.refresh_from_db()
    assert (new.customer, new.version, submission.brief) == ("Lindenhof Trust", 2, old)
    assert new.history.latest().history_user == staff.person
    assert new.pain_points == ["Lost plans", "Late plans"]


def test_new_brief_is_written_in_the_administration_and_retired_there(staff):
    pool = BriefFactory().pool

    staff.post(reverse("admin:assessments_brief_add"), brief_form(Brief(pool=pool), slug="new", customer="New"))
    brief = Brief.objects.get(slug="new")
    staff.post(list_of("brief"), {"action": "retire", "_selected_action": [brief.pk]})

    brief.refresh_from_db()
    assert brief.retired_at


@pytest.mark.parametrize("model", ["rubric", "brief", "practical", "conflict"])
def test_nothing_that_others_stand_on_is_deleted(staff, model):
    fill()
    row = {"rubric": PracticalFactory().rubric_version.rubric, "brief": Brief.objects.first()}.get(model)
    row = row or {"practical": Practical, "conflict": Conflict}[model].objects.first()

    assert staff.post(reverse(f"admin:assessments_{model}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def test_submission_is_given_back_with_a_reason(staff):
    submission = make_task().submission
    url = reverse("admin:assessments_submission_return", args=[submission.pk])
    assert url in staff.get(page_of(submission)).content.decode()
    assert staff.post(url, {"reason": ""}).status_code == 200

    staff.post(url, {"reason": "The sound stops."})

    submission.refresh_from_db()
    assert (submission.state, submission.events.last().by) == ("returned", staff.person)
    assert url not in staff.get(page_of(submission)).content.decode()
    again = staff.post(url, {"reason": "Again"}).context["form"]
    assert again.non_field_errors()
    assert again["reason"].value() == "Again"


def test_viewing_submissions_is_not_giving_them_back(client):
    submission = make_task().submission
    viewer = make_person(is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_submission"))
    client.force_login(viewer)
    url = reverse("admin:assessments_submission_return", args=[submission.pk])

    assert url not in client.get(page_of(submission)).content.decode()
    assert client.post(url, {"reason": "x"}).status_code == 403


def test_conflict_is_declared_and_ended_and_voids_the_lease(staff):
    lease = make_lease()
    learner = lease.task.submission.learner
    form = {"grader": lease.grader_id, "learner": learner.pk, "kind": "declared", "source": "told us"}

    staff.post(reverse("admin:assessments_conflict_add"), form)
    conflict = Conflict.objects.get()
    lease.refresh_from_db()
    assert lease.end == "taken_back"

    staff.post(page_of(conflict), form | {"source": "edited"})
    staff.post(list_of("conflict"), {"action": "end", "_selected_action": [conflict.pk]})

    conflict.refresh_from_db()
    assert (conflict.source, bool(conflict.ended_at)) == ("told us", True)


def test_graders_see_no_list_of_people_or_work(client):
    grader = make_grader(is_staff=True)
    client.force_login(grader)

    for model in MODELS:
        assert client.get(list_of(model)).status_code == 403


READ = ["view_review", "view_comment", "grade"]


@pytest.fixture
def lead(client):
    """Staff who read what graders sent, and may be given the next reading themselves."""
    client.person = make_person(is_staff=True)
    client.person.user_permissions.set(Permission.objects.filter(codename__in=READ))
    client.force_login(client.person)
    return client


def shown_in(client, model):
    return list(client.get(list_of(model)).context["cl"].result_list)


@pytest.mark.parametrize("model", ["review", "comment"])
def test_what_a_grader_wrote_is_shown_when_the_work_is_decided(lead, model):
    first = make_lease(practical=PracticalFactory(marks_required=2))
    send(first, marks(4, 4, 4, 3, 3))

    assert shown_in(lead, model) == []

    send(claim_next(by=make_grader()), marks(4, 4, 4, 3, 3))

    assert len(shown_in(lead, model)) in (2, 10)


@pytest.mark.parametrize("model", ["review", "comment"])
def test_what_a_grader_wrote_of_ones_own_work_is_not_shown(lead, model):
    Submission.objects.filter(pk=make_decided(marks(4, 4, 4, 3, 3)).pk).update(learner=lead.person)

    assert shown_in(lead, model) == []


def test_one_row_that_is_refused_does_not_stop_the_others(staff):
    draft, published = PracticalFactory(title="A", state="draft"), PracticalFactory(title="B")
    chosen = {"action": "withdraw", "_selected_action": [draft.pk, published.pk]}

    page = staff.post(list_of("practical"), chosen, follow=True)

    published.refresh_from_db()
    assert (page.status_code, published.state) == (200, "withdrawn")
    assert "can&#x27;t become withdrawn" in page.content.decode()


def practical_form(staff, practical, **changes):
    """What the page of a practical sends when nothing on it was touched."""
    form = staff.get(page_of(practical)).context["adminform"].form
    shown = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in shown.items() if value is not None and value is not False} | changes


def errors_of(response):
    return response.context["adminform"].form.errors


def test_parts_are_written_a_line_each(staff):
    practical = PracticalFactory()
    lines = "Discovery; 10-15; Ask who decides; and why.\r\n\r\nNext steps; 5;"

    response = staff.post(page_of(practical), practical_form(staff, practical, parts=lines))

    assert response.status_code == 302, errors_of(response)
    practical.refresh_from_db()
    assert practical.parts == [
        {"name": "Discovery", "minutes": "10-15", "text": "Ask who decides; and why."},
        {"name": "Next steps", "minutes": "5", "text": ""},
    ]
    assert "Discovery; 10-15; Ask who decides; and why." in staff.get(page_of(practical)).content.decode()


@pytest.mark.parametrize("line", ["Discovery", "Discovery; long; x", "; 5; x", "Discovery; 10-; x"])
def test_a_part_that_can_not_be_read_is_named_by_its_line(staff, line):
    practical = PracticalFactory()

    response = staff.post(page_of(practical), practical_form(staff, practical, parts=f"Close; 5; x\n{line}"))

    assert errors_of(response)["parts"][0].startswith("Line 2: ")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"min_minutes": 50, "max_minutes": 10}, "max_minutes"),
        ({"links_required": 1}, "takes_evidence"),
        ({"recordings_required": 0}, "recordings_required"),
        ({"max_attempts": 0}, "max_attempts"),
        ({"kept_months": 0}, "kept_months"),
    ],
)
def test_what_does_not_go_together_is_said_at_its_field_and_names_no_constraint(staff, change, name):
    practical = PracticalFactory()

    response = staff.post(page_of(practical), practical_form(staff, practical, **change))

    assert list(errors_of(response)) == [name]
    assert "onstraint" not in response.content.decode()
