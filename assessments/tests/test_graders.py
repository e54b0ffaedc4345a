"""Graders: who could read a work, pauses, and the lead's pages for them."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import DatabaseError, transaction
from django.utils import timezone

from assessments.actions.claims import claim_next
from assessments.actions.conflicts import declare_conflict
from assessments.actions.graders import decide_policy, pause_grader, resume_grader
from assessments.actions.reviews import give_back, open_to_all, take_back
from assessments.models import (
    GraderProfile,
    Offer,
    Practical,
    ReviewDraft,
    ReviewerPool,
    ReviewPolicy,
    ReviewTask,
    Submission,
)
from assessments.rules.claims import claimable_by, facts_of
from assessments.rules.graders import free_for, graders
from assessments.rules.policies import budget_of, policy_now
from assessments.tests.factories_practicals import make_grader, make_lease, make_task
from assessments.tests.grading import draft_of, refusal_of
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def free(task):
    return list(free_for(task.submission_version, timezone.now()))


def test_only_active_people_with_the_right_are_graders():
    make_person(), make_grader(is_active=False)
    grader = make_grader()
    own_right = make_person()
    own_right.user_permissions.add(Permission.objects.get(codename="grade", content_type__app_label="assessments"))

    assert list(graders()) == [grader, own_right]


def related_graders(learner, task):
    """One grader for each thing that stands between them and this work."""
    declared = make_grader()
    declare_conflict(grader_id=declared.pk, learner_id=learner.pk, kind="declared", source="", by=None)
    Submission.objects.update(language="de")
    english = make_grader()
    GraderProfile.objects.create(grader=english, languages=["en"])
    paused = make_grader()
    pause_grader(grader=paused, reason="A rest.", by=None)
    return [
        make_grader(manager=learner),
        learner.manager,
        make_grader(organisation=learner.organisation),
        declared,
        english,
        paused,
    ]


def test_who_could_read_a_work_is_the_claim_seen_from_the_other_side():
    organisation = apps.get_model("accreditation.Organisation").objects.create(slug="northbeam", name="Northbeam")
    learner = make_person(manager=make_grader(), organisation=organisation)
    task = make_task(learner=learner)
    stopped = related_graders(learner, task)
    stranger = make_grader()

    assert free(task) == [stranger]
    assert claimable_by(stranger, facts_of(stranger)).count() == 1
    paused = stopped.pop()
    assert [claimable_by(one, facts_of(one)).count() for one in stopped] == [0] * len(stopped)
    assert refusal_of(claim_next, by=paused).code == "paused"


def test_pool_and_what_was_given_back_narrow_who_could_read():
    task, member, other = make_task(), make_grader(), make_grader()
    assert free(task) == [member, other]

    pool = ReviewerPool.objects.create(slug="banks", title="Banks")
    pool.members.set([member])
    Practical.objects.update(reviewer_pool=pool)
    task = ReviewTask.objects.get()
    assert free(task) == [member]

    lease = claim_next(by=member)
    give_back(task=lease.task, token=lease.token, reason="No sound.", knows_learner=False, by=member)
    assert free(task) == []


def test_pause_stays_until_the_lead_ends_it_and_history_names_both():
    grader, lead = make_grader(), make_person()
    profile = pause_grader(grader=grader, reason="Two calibrations were missed.", by=None)
    again = pause_grader(grader=grader, reason="Another reason.", by=None)

    resume_grader(profile=profile, by=lead)

    profile.refresh_from_db()
    assert (again.pause_reason, profile.paused_at) == ("Two calibrations were missed.", None)
    assert [one.history_user for one in profile.history.order_by("history_id")][-2:] == [None, lead]


# The lead


def test_lead_takes_work_back_and_what_was_written_stays():
    lease, lead = make_lease(), make_person()
    draft_of(lease)

    take_back(task=lease.task, by=lead)

    lease.refresh_from_db()
    assert (lease.end, ReviewTask.objects.get().state, ReviewDraft.objects.count()) == ("taken_back", "waiting", 1)
    assert refusal_of(take_back, task=lease.task, by=lead).code == "wrong-state"


def test_lead_opens_offered_work_to_everybody():
    task, asked, other = make_task(), make_grader(), make_grader()
    ReviewTask.objects.update(offered_until=timezone.now() + timedelta(hours=1))
    Offer.objects.create(task=task, grader=asked, rank=1)
    assert claim_next(by=other) is None

    open_to_all(task=task, by=make_person())

    assert claim_next(by=other).task == task


def test_newest_policy_counts_and_none_is_ever_changed():
    assert (policy_now().further_percent, policy_now().monitor_percent) == (25, 3)

    decide_policy(further_percent=50, monitor_percent=5, reason="The noisy quarter.", by=make_person())

    assert policy_now().further_percent == 50
    with pytest.raises(DatabaseError), transaction.atomic():
        ReviewPolicy.objects.update(further_percent=10)


def test_budget_counts_what_it_pays_for():
    for because in ("handed_in", "handed_in", "value", "monitor", "appeal", "required"):
        task = make_task()
        kind = "first" if because == "handed_in" else "second"
        ReviewTask.objects.filter(pk=task.pk).update(asked_because=because, kind=kind)
    ReviewTask.objects.filter(kind="first").update(state="done")
    ReviewTask.objects.filter(asked_because="monitor").update(state="cancelled")

    used = budget_of(policy_now(), timezone.now())

    assert (used.firsts, used.further, used.forced) == (2, 1, 0)
