"""The queue: claims, conflicts of interest, leases that hold, end and lapse, and the figures beside it."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from assessments.actions.claims import claim_next, resume
from assessments.actions.conflicts import declare_conflict, end_conflict
from assessments.actions.marks import send_review
from assessments.actions.practicals import hand_in
from assessments.actions.promises import raise_priorities
from assessments.actions.reviews import expire_leases, give_back, heartbeat
from assessments.models import (
    Conflict,
    Lease,
    PriorityClass,
    Review,
    ReviewDraft,
    ReviewTask,
)
from assessments.rules.queues import place_of, queue_of
from assessments.tasks import sweep_review_queue
from assessments.tests.factories_practicals import (
    SubmissionFactory,
    make_grader,
    make_lease,
    make_recording,
    make_task,
    run_out,
    send,
)
from assessments.tests.grading import GOOD, comment_of, draft_of, refusal_of
from courses.tests.at_once import at_once
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


# Claiming


def test_claim_leases_the_task_and_puts_the_submission_in_review():
    task, grader = make_task(), make_grader()

    lease = claim_next(by=grader)

    task.refresh_from_db()
    task.submission.refresh_from_db()
    assert (lease.task, task.state, task.submission.state) == (task, "leased", "in_review")
    assert task.submission.events.last().by == grader


@pytest.mark.parametrize(("minutes", "holds"), [(10, 45), (15, 45), (40, 120)])
def test_lease_holds_45_minutes_or_three_times_the_recording(minutes, holds):
    submission = SubmissionFactory()
    make_recording(submission, duration_ms=minutes * 60_000)
    make_task_of(submission)

    lease = claim_next(by=make_grader())

    assert lease.expires_at - lease.taken_at == timedelta(minutes=holds)


def make_task_of(submission):
    hand_in(submission=submission, by=submission.learner)
    return submission.review_tasks.get()


def test_work_is_drawn_by_class_then_due_time_then_shuffle():
    now = timezone.now()
    tasks = [make_task() for _ in range(4)]
    order = [(4, 1, 2), (4, 1, 1), (4, 0, 9), (3, 5, 0)]
    for task, (klass, days, shuffle) in zip(tasks, order, strict=True):
        task.priority_class, task.due_at, task.shuffle = klass, now + timedelta(days=days), shuffle
        task.save()

    drawn = [claim_next(by=make_grader()).task for _ in range(4)]

    assert drawn == [tasks[3], tasks[2], tasks[1], tasks[0]]


def test_empty_queue_gives_nothing():
    assert claim_next(by=make_grader()) is None


def test_grader_holds_one_at_a_time_and_is_told_where():
    make_task()
    lease = make_lease()
    make_task()

    refusal = refusal_of(claim_next, by=lease.grader)

    assert refusal.code == "holds-one"
    assert str(lease.task_id) in refusal.link


def test_own_lease_past_its_time_does_not_block_the_next_claim():
    lease = run_out(make_lease())

    again = claim_next(by=lease.grader)

    lease.refresh_from_db()
    assert (lease.end, again.task_id) == ("expired", lease.task_id)
    assert again.token > lease.token


# Conflicts of interest


def test_grader_never_gets_own_work():
    grader = make_grader()
    make_task(learner=grader)

    assert claim_next(by=grader) is None


def test_grader_never_gets_the_work_of_a_person_they_manage_or_of_their_manager():
    boss = make_grader()
    grader = make_grader(manager=boss)
    make_task(learner=make_person(manager=grader))
    make_task(learner=boss)

    assert claim_next(by=grader) is None


def test_grader_never_gets_work_from_their_own_organisation():
    partner = apps.get_model("accreditation.Organisation").objects.create(slug="northbeam", name="Northbeam")
    make_task(learner=make_person(organisation=partner))

    assert claim_next(by=make_grader(organisation=partner)) is None
    assert claim_next(by=make_grader()) is not None


def test_people_without_an_organisation_are_no_conflict():
    make_task(learner=make_person(organisation=None))

    assert claim_next(by=make_grader(organisation=None)) is not None


def test_live_conflict_row_blocks_the_claim_and_an_ended_one_does_not():
    task, grader = make_task(), make_grader()
    conflict = declare_conflict(
        grader_id=grader.pk, learner_id=task.submission.learner_id, kind="declared", source="", by=None
    )
    assert claim_next(by=grader) is None

    end_conflict(conflict=conflict, by=grader)

    assert claim_next(by=grader).task == task


def test_same_conflict_twice_is_one_row():
    grader, learner = make_grader(), make_person()

    for _ in range(2):
        declare_conflict(grader_id=grader.pk, learner_id=learner.pk, kind="trainer", source="course", by=grader)

    assert Conflict.objects.get().history.latest().history_user == grader


def test_conflict_found_later_voids_the_lease_and_hides_the_work():
    lease = make_lease()

    declare_conflict(
        grader_id=lease.grader_id, learner_id=lease.task.submission.learner_id, kind="trainer", source="", by=None
    )

    lease.refresh_from_db()
    assert (lease.end, ReviewTask.objects.waiting().get()) == ("taken_back", lease.task)
    assert not ReviewTask.objects.visible_to(lease.grader).exists()


# Holding, losing, giving back


def test_heartbeat_renews_the_lease():
    lease = make_lease()
    Lease.objects.update(expires_at=timezone.now() + timedelta(seconds=50))

    renewed = heartbeat(task=lease.task, token=lease.token, by=lease.grader)

    assert renewed.expires_at > timezone.now() + timedelta(minutes=44)


@pytest.mark.parametrize("loss", ["run out", "ended", "another's", "unknown"])
def test_lease_that_does_not_hold_renews_nothing(loss):
    lease = make_lease()
    by, token = lease.grader, lease.token
    if loss == "run out":
        run_out(lease)
    elif loss == "ended":
        give_back(task=lease.task, token=token, reason="Ill", knows_learner=False, by=by)
    elif loss == "another's":
        by = make_grader()
    else:
        token += 1

    assert refusal_of(heartbeat, task=lease.task, token=token, by=by).code == "stale-lease"


def test_sweep_puts_work_back_whose_lease_ran_out_and_keeps_the_draft():
    lease = make_lease()
    draft_of(lease)
    run_out(lease)
    held = make_lease()

    sweep_review_queue.apply()

    lease.refresh_from_db()
    assert (lease.end, lease.task.submission.review_tasks.get().state) == ("expired", "waiting")
    assert ReviewTask.objects.get(pk=held.task_id).state == "leased"
    assert ReviewDraft.objects.get().data == {"marks": GOOD}
    assert expire_leases() == 0


def test_first_reading_near_its_promise_moves_up():
    near, far = make_task(), make_task()
    ReviewTask.objects.filter(pk=near.pk).update(due_at=timezone.now() + timedelta(hours=23))

    assert raise_priorities() == 1
    assert list(ReviewTask.objects.order_by("priority_class").values_list("pk", "priority_class")) == [
        (near.pk, PriorityClass.PROMISED),
        (far.pk, PriorityClass.FIRST),
    ]


def test_work_given_back_keeps_its_place_and_goes_to_another():
    lease = make_lease()

    give_back(task=lease.task, token=lease.token, reason="The sound fails", knows_learner=False, by=lease.grader)

    assert claim_next(by=lease.grader) is None
    assert claim_next(by=make_grader()).task == lease.task


def test_three_skips_a_day_and_no_fourth():
    grader = make_grader()
    for _ in range(3):
        lease = make_lease(grader)
        give_back(task=lease.task, token=lease.token, reason="Later", knows_learner=False, by=grader)
    lease = make_lease(grader)

    refusal = refusal_of(give_back, task=lease.task, token=lease.token, reason="Later", knows_learner=False, by=grader)

    assert refusal.code == "skips-used"
    give_back(task=lease.task, token=lease.token, reason="My brother", knows_learner=True, by=grader)
    assert Conflict.objects.live().get().learner == lease.task.submission.learner


def test_lost_work_is_taken_again_with_its_draft_while_nobody_has_it():
    lease = run_out(make_lease())
    expire_leases()

    again = resume(task=lease.task, by=lease.grader)

    assert (again.task, again.token > lease.token) == (lease.task, True)


def test_lost_work_that_another_grader_has_is_not_taken_again():
    lease = run_out(make_lease())
    expire_leases()
    claim_next(by=make_grader())

    assert refusal_of(resume, task=lease.task, by=lease.grader).code == "taken"


def test_work_never_held_cannot_be_resumed():
    task = make_task()

    assert refusal_of(resume, task=task, by=make_grader()).code == "taken"


# R15: a lease lapses, another grader has the work, the first one still saves


def test_stale_grader_writes_nothing_but_a_kept_draft():
    first = run_out(make_lease())
    expire_leases()
    second = claim_next(by=make_grader())

    draft, refusal = draft_of(first)
    _, about_comment = comment_of(first)
    refused = refusal_of(send_review, task=first.task, token=first.token, marks=GOOD, by=first.grader)

    assert {refusal.code, about_comment.code, refused.code} == {"stale-lease"}
    assert (draft.data, Review.objects.count()) == ({"marks": GOOD}, 0)
    send(second, GOOD)
    assert Review.objects.get().grader == second.grader
    assert second.token > first.token


def test_token_of_another_lease_on_the_same_task_gives_no_rights():
    first = run_out(make_lease())
    expire_leases()
    second = claim_next(by=make_grader())

    refusal = refusal_of(send_review, task=first.task, token=second.token, marks=GOOD, by=first.grader)

    assert refusal.code == "stale-lease"


# Figures


def test_queue_counts_classes_drafts_and_what_is_for_this_grader():
    grader = make_grader()
    lease = make_lease(grader)
    draft_of(lease)
    run_out(lease)
    expire_leases()
    make_task(learner=grader)

    figures = queue_of(grader, timezone.now())

    assert (figures.waiting, figures.for_you, figures.sent_today) == (2, 1, 0)
    assert [(one.task, one.lease, one.may_resume) for one in figures.drafts] == [(lease.task, None, True)]
    assert [one.waiting for one in figures.classes] == [0, 0, 0, 2]


def test_learner_sees_the_place_in_the_queue():
    tasks = [make_task() for _ in range(2)]

    assert sorted(place_of(task.submission).before for task in tasks) == [0, 1]
    lease = claim_next(by=make_grader())
    assert place_of(lease.task.submission).is_taken
    send(lease, GOOD)
    assert place_of(lease.task.submission) is None


# Races on the real database


@pytest.mark.django_db(transaction=True)
def test_fifty_graders_claiming_at_once_never_share_work():
    for _ in range(15):
        make_task()
    graders = [make_grader() for _ in range(50)]

    leases = at_once([lambda grader=grader: claim_next(by=grader) for grader in graders])

    taken = [lease.task_id for lease in leases if lease]
    assert (len(taken), len(set(taken))) == (15, 15)
    assert Lease.objects.live().count() == 15


@pytest.mark.django_db(transaction=True)
def test_one_grader_pressing_twice_gets_one_lease():
    for _ in range(5):
        make_task()
    grader = make_grader()

    results = at_once([lambda: claim_next(by=grader)] * 5)

    assert results.count("holds-one") == 4
    assert Lease.objects.count() == 1
