"""Making gold, policies and grader profiles in the administration, as who leads the queue does it."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from assessments.models import GoldWork, GraderProfile
from assessments.tests.factories_practicals import make_grader
from assessments.tests.grading import GOOD
from assessments.tests.test_gold import make_gold_work, one_reading_each
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
RIGHTS = ("add_goldwork", "view_goldwork", "add_graderprofile", "view_graderprofile", "change_graderprofile")


@pytest.fixture
def lead(client):
    person = make_person(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=(*RIGHTS, "view_submission")))
    client.force_login(person)
    return client


def decided_work():
    one_reading_each()
    version = make_gold_work().version
    GoldWork.objects.all().delete()
    return version


def test_gold_is_made_by_the_receipt_beginning_with_what_readings_came_to(lead):
    version = decided_work()
    page = lead.get(reverse("admin:assessments_submission_change", args=[version.submission_id])).content.decode()
    address = f"{reverse('admin:assessments_goldwork_add')}?version={version.receipt}"
    assert address in page

    form = lead.get(address).context["adminform"].form
    facts = {"version": version.receipt, "marks": form["marks"].value(), "rationale": "Four.", "consent": "By letter."}
    made = lead.post(address, facts, follow=True).content.decode()

    assert GoldWork.objects.get().marks == GOOD
    assert f"{sum(GOOD.values())} points" in made


def test_gold_form_says_which_receipt_or_criteria_are_missing(lead):
    version = decided_work()
    address = reverse("admin:assessments_goldwork_add")
    facts = {"marks": "{}", "rationale": "Four.", "consent": "By letter."}

    unknown = lead.post(address, facts | {"version": "no-such"}).content.decode()
    bare = lead.post(address, facts | {"version": version.receipt}).content.decode()

    assert "No work has this receipt." in unknown
    assert "Give a level from 1 to 5 for each of" in bare


def test_profile_is_made_for_one_of_the_graders_without_looking_through_people(lead):
    grader, learner = make_grader(), make_person()
    address = reverse("admin:assessments_graderprofile_add")
    tables = {f"{one}-{count}": "0" for one in ("duty_hours", "absences") for count in ("TOTAL_FORMS", "INITIAL_FORMS")}

    refused = lead.post(address, tables | {"grader": learner.pk})
    lead.post(address, tables | {"grader": grader.pk})

    assert refused.status_code == 200
    assert list(GraderProfile.objects.values_list("grader", flat=True)) == [grader.pk]
    page = reverse("admin:assessments_graderprofile_change", args=[grader.grader_profile.pk])
    lead.post(page, tables | {"grader": make_grader().pk, "is_experienced": "on"})
    assert list(GraderProfile.objects.values_list("grader", "is_experienced")) == [(grader.pk, True)]


def test_policy_says_that_what_is_drawn_at_random_is_part_of_the_further_readings(client):
    client.force_login(make_person(is_staff=True, is_superuser=True))
    facts = {"further_percent": 25, "monitor_percent": 100, "reason": "More agreement figures."}

    page = client.post(reverse("admin:assessments_reviewpolicy_add"), facts).content.decode()

    assert "part of the further ones: write 25 or less" in page
    assert "Constraint" not in page
