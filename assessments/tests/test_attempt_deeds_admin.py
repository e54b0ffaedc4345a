"""What staff do to attempts and agreements in the administration: each deed by its page, and only with its right."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from assessments.actions.closing import submit_attempt
from assessments.actions.timekeeping import pause_attempt, take_break
from assessments.actions.waivers import waive
from assessments.admin.attempt_deeds import DEEDS
from assessments.models import Accommodation, Attempt, AttemptState, TimeAdjustment
from assessments.rules.interventions import NOBODY
from assessments.rules.limits import NOTHING_NEW
from assessments.tests.agreements import agree
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.sittings import answer_all, begin, entry, move_clock, past_deadline, save
from courses.tests.people import make_person
from courses.tests.words import without_tokens

pytestmark = pytest.mark.django_db


def sign_in(client, *permissions, **fields):
    person = make_person(is_staff=True, **fields)
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(person)
    return person


@pytest.fixture
def staff(client):
    client.person = sign_in(client, is_superuser=True)
    return client


def deed(name, attempt):
    return reverse(f"admin:assessments_attempt_{name}", args=[attempt.pk])


def change(attempt):
    return reverse("admin:assessments_attempt_change", args=[attempt.pk])


def failed():
    attempt = begin()
    answer_all(attempt, right=0)
    submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1)
    return attempt


def state_of(attempt):
    attempt.refresh_from_db()
    return attempt.state


def test_an_attempt_is_paused_and_resumed(staff):
    attempt = begin()

    assert "Pause" in staff.get(deed("pause", attempt)).content.decode()
    assert staff.post(deed("pause", attempt), {"reason": "Fire alarm"}).url == change(attempt)
    assert state_of(attempt) == AttemptState.PAUSED
    staff.post(deed("resume", attempt))

    assert state_of(attempt) == AttemptState.IN_PROGRESS
    assert attempt.adjustments.get().reason == "Paused: Fire alarm"


def test_a_result_that_was_shown_is_reopened_by_two(client, staff):
    attempt = failed()

    page = staff.post(deed("reopen", attempt), {"minutes": 20, "reason": "Net"}, follow=True).content.decode()
    assert "a second person has to consent" in page
    assert "Consent to reopening" in page
    assert "A second person has to consent" in staff.post(deed("consent", attempt)).content.decode()
    sign_in(client, is_superuser=True)
    client.post(deed("consent", attempt))

    assert state_of(attempt) == AttemptState.IN_PROGRESS
    assert "Nothing waits" in client.post(deed("consent", attempt), follow=True).content.decode()


def test_an_unscored_attempt_is_reopened_by_one(staff, monkeypatch):
    monkeypatch.setattr("assessments.actions.scoring.mark_of", lambda item: 1 / 0)
    attempt = failed()

    page = staff.post(deed("reopen", attempt), {"minutes": 20, "reason": "Net"}, follow=True).content.decode()

    assert "open again, for 20 minutes" in page
    assert state_of(attempt) == AttemptState.IN_PROGRESS


def test_late_answers_are_let_in(staff):
    attempt = begin()
    past_deadline(attempt, seconds=60)
    save(attempt, entry(attempt))

    page = staff.post(deed("admit", attempt), {"minutes": 5, "reason": "Net"}, follow=True).content.decode()

    assert "The late answers count. The result is 1 of 4." in page


def test_deeds_are_offered_where_they_are_open(staff):
    offered = {
        begin(): {"time", "pause", "void"},
        failed(): {"reopen", "admit", "void"},
    }

    for attempt, names in offered.items():
        html = staff.get(change(attempt)).content.decode()
        assert {one.name for one in DEEDS if deed(one.name, attempt) in html} == names


@pytest.mark.parametrize("name", [one.name for one in DEEDS])
def test_each_deed_needs_its_permission(client, name):
    attempt = begin()
    sign_in(client, "view_attempt")

    assert client.post(deed(name, attempt), {"reason": "x"}).status_code == 403


def test_a_sitting_is_planned(staff):
    learner, exam = make_person(), ExamFactory()
    url = reverse("admin:assessments_attempt_schedule")
    fields = {"learner": learner.email.upper(), "exam": exam.pk, "opens_at": "2030-01-01 10:00", "reason": "Ill"}

    assert url in staff.get(reverse("admin:assessments_attempt_changelist")).content.decode()
    assert "Nobody here" in staff.post(url, fields | {"learner": "x@example.com"}).content.decode()
    assert staff.post(url, fields).status_code == 302

    planned = Attempt.objects.get(learner=learner)
    assert (planned.state, planned.opens_at.isoformat()) == (AttemptState.READY, "2030-01-01T10:00:00+00:00")
    assert staff.get(change(planned)).status_code == 200


def test_an_outage_shows_whom_it_reaches_before_it_is_made_good(staff):
    attempt, cut_off = begin(), begin()
    move_clock(attempt, minutes=30)
    past_deadline(cut_off, seconds=300)
    save(cut_off)
    url, now = reverse("admin:assessments_attempt_outage"), timezone.now()
    times = {"began_at": now - timedelta(minutes=20), "ended_at": now - timedelta(minutes=2)}
    fields = {name: value.strftime("%Y-%m-%d %H:%M:%S") for name, value in times.items()} | {"reason": "Net"}

    assert "Show whom it reaches" in staff.get(url).content.decode()
    preview = staff.post(url, fields).content.decode()
    assert str(attempt.learner) in preview
    assert change(cut_off) in preview
    assert not TimeAdjustment.objects.exists()
    page = staff.post(url, fields | {"confirmed": "1"}, follow=True).content.decode()

    assert "1 attempt got 18 minutes more." in page
    assert attempt.adjustments.get().seconds == 1080
    again = staff.post(url, fields).content.decode()
    assert "Left out, because they got this time already" in again


@pytest.mark.parametrize("more", [{}, {"confirmed": "1"}])
def test_an_outage_that_is_none_is_said_on_its_form_and_keeps_what_was_typed(staff, more):
    times = {"began_at": "2026-01-01 10:00", "ended_at": "2026-01-01 09:00", "reason": "Net"}

    form = staff.post(reverse("admin:assessments_attempt_outage"), times | more).context["form"]

    assert form.errors == {"ended_at": ["An outage has a beginning and an end, and both are past."]}
    assert {name: form[name].value() for name in times} == times


def test_an_outage_that_reaches_nobody_any_more_is_said_on_its_form(staff):
    times = {"began_at": "2026-01-01 10:00", "ended_at": "2026-01-01 11:00", "reason": "Net"}

    page = staff.post(reverse("admin:assessments_attempt_outage"), times | {"confirmed": "1"})

    assert page.context["form"].non_field_errors() == [NOBODY.sentence]


def test_from_the_preview_the_times_are_changed_with_what_was_typed(staff):
    times = {"began_at": "2026-01-01 10:00", "ended_at": "2026-01-01 11:00", "reason": "Net"}

    form = staff.post(reverse("admin:assessments_attempt_outage"), times | {"change": "1"}).context["form"]

    assert ({name: form[name].value() for name in times}, dict(form.errors)) == (times, {})


def test_a_sitting_that_cannot_be_planned_says_so_at_its_field(staff):
    fields = {
        "learner": make_person().email,
        "exam": ExamFactory().pk,
        "closes_at": "2020-01-01 10:00",
        "reason": "Ill",
    }

    form = staff.post(reverse("admin:assessments_attempt_schedule"), fields).context["form"]

    assert list(form.errors) == ["closes_at"]
    assert form["reason"].value() == "Ill"


LIST = "admin:assessments_accommodation_changelist"
FIELDS = {
    "time_percent": 150, "extra_minutes": 0, "break_minutes": 10, "extra_attempts": 0, "window_extension_minutes": 0,
    "valid_from": "2020-01-01", "reason": "Letter",
}  # fmt: skip


def test_an_accommodation_is_approved_by_who_saves_it_and_its_history_is_kept(staff):
    learner = make_person()

    staff.post(reverse("admin:assessments_accommodation_add"), FIELDS | {"learner": learner.pk})

    agreed = Accommodation.objects.get()
    assert (agreed.approved_by, agreed.time_percent) == (staff.person, 150)
    page = reverse("admin:assessments_accommodation_change", args=[agreed.pk])
    staff.post(page, FIELDS | {"learner": learner.pk, "time_percent": 200})
    assert [one.time_percent for one in agreed.history.order_by("history_id")] == [150, 200]
    assert staff.get(reverse("admin:assessments_accommodation_delete", args=[agreed.pk])).status_code == 403


@pytest.mark.parametrize("fields", [{"time_percent": 90}, {"time_percent": 401}, {"valid_until": "2019-01-01"}])
def test_what_is_no_accommodation_gets_a_clear_message(staff, fields):
    response = staff.post(
        reverse("admin:assessments_accommodation_add"), FIELDS | {"learner": make_person().pk} | fields
    )

    assert response.status_code == 200
    assert "errornote" in response.content.decode()


def test_nobody_approves_their_own(staff):
    response = staff.post(reverse("admin:assessments_accommodation_add"), FIELDS | {"learner": staff.person.pk})

    assert "Nobody approves their own" in response.content.decode()
    assert not Accommodation.objects.exists()


def test_an_accommodation_is_applied_to_a_running_exam_after_a_preview(staff):
    attempt = begin()
    agreed = agree(attempt.learner, time_percent=200, exam=attempt.exam)
    url = reverse("admin:assessments_accommodation_apply", args=[agreed.pk])
    page = reverse("admin:assessments_accommodation_change", args=[agreed.pk])

    assert url in staff.get(page).content.decode()
    after = attempt.deadline_at + timedelta(minutes=60)
    assert f"{after:%Y-%m-%d %H:%M:%S}" in staff.get(url).content.decode()
    assert f"now ends at {after:%H:%M} UTC" in staff.post(url, follow=True).content.decode()
    assert "holds for the exam that they sit already" in staff.get(url).content.decode()
    assert NOTHING_NEW.sentence in unescape(staff.post(url).content.decode())


def test_without_a_running_exam_there_is_nothing_to_apply_to(staff):
    attempt = begin()
    agreed = agree(attempt.learner, exam=ExamFactory())
    url = reverse("admin:assessments_accommodation_apply", args=[agreed.pk])

    assert url not in staff.get(reverse("admin:assessments_accommodation_change", args=[agreed.pk])).content.decode()
    assert "sits no such exam now" in staff.post(url, follow=True).content.decode()


@pytest.mark.parametrize("group", ["grader", "review lead", "enablement", "partner manager", "learner"])
def test_graders_and_readers_of_results_never_see_accommodations(client, group):
    learner = make_person()
    agreed = agree(learner, time_percent=237, break_minutes=17)
    attempt = take_break(attempt_id=begin(None, learner).pk, by=learner)
    client.force_login(make_person(groups=[group], is_staff=True))

    assert client.get(reverse(LIST)).status_code == 403
    for name in ("change", "history", "apply"):
        assert client.get(reverse(f"admin:assessments_accommodation_{name}", args=[agreed.pk])).status_code in (
            302,
            403,
        )
    page = client.get(change(attempt))
    if group == "enablement":
        words = without_tokens(page.content.decode()).split('<div class="submit-row"')[0]
        assert not re.search(r"\b237\b", words)
        for secret in ("time_percent", "break_minutes", "large_print", ">break<", "Agreed time"):
            assert secret not in words
    else:
        assert page.status_code == 403


def test_the_group_for_accommodations_runs_them(client):
    client.force_login(make_person(groups=["accommodations"], is_staff=True))
    agreed = agree(begin().learner)

    assert client.get(reverse(LIST)).status_code == 200
    assert client.get(reverse("admin:assessments_accommodation_apply", args=[agreed.pk])).status_code == 200
    assert client.get(reverse("admin:assessments_attempt_changelist")).status_code == 403


def test_the_list_of_accommodations_costs_the_same_for_one_and_for_many(
    staff, django_assert_num_queries, django_assert_max_num_queries
):
    agree(make_person(), exam=ExamFactory())
    with django_assert_max_num_queries(15) as few:
        staff.get(reverse(LIST), {"q": "person"})
    for _ in range(4):
        agree(make_person(), exam=ExamFactory(), valid_until=date(2030, 1, 1))

    with django_assert_num_queries(len(few)):
        staff.get(reverse(LIST), {"q": "person"})


def test_staff_do_not_touch_their_own_attempt(client, staff):
    exam = ExamFactory()
    waive(learner=staff.person, exam=exam, reason="Wrote none of it", by=make_person())
    attempt = begin(exam, staff.person)
    fields = {"reason": "x", "minutes": 5, "cause": "incident"}

    for name in ("time", "pause", "void"):
        assert "This is your own attempt" in staff.post(deed(name, attempt), fields).content.decode()
    pause_attempt(attempt=attempt, reason="Alarm", by=make_person())
    assert "This is your own attempt" in staff.post(deed("resume", attempt)).content.decode()
    assert state_of(attempt) == AttemptState.PAUSED
