"""What graders write: drafts, comments, marks; and the decision that marks lead to."""

import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from assessments.actions.claims import claim_next
from assessments.actions.marks import delete_comment, send_review
from assessments.actions.practicals import return_submission
from assessments.actions.reviews import expire_leases
from assessments.models import (
    Comment,
    Decision,
    Lease,
    Mark,
    Review,
    ReviewTask,
    Submission,
)
from assessments.signals import review_task_waiting, submission_decided
from assessments.tests.factories_practicals import (
    PracticalFactory,
    add_comment,
    make_grader,
    make_lease,
    make_task,
    marks,
    run_out,
    send,
)
from assessments.tests.grading import GOOD, comment_of, draft_of, refusal_of
from courses.lib.refusals import Refused
from courses.tests.at_once import at_once
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


# R17: two tabs of one grader


def test_second_tab_overwrites_no_draft_and_gets_the_stored_one():
    lease = make_lease()
    draft_of(lease, {"marks": marks(4, 4, 4, 4, 4)})

    stored, refusal = draft_of(lease, {"marks": marks(2, 2, 2, 2, 2)}, revision=0)

    assert refusal.code == "stale-draft"
    assert (stored.data["marks"]["pain"], stored.revision) == (4, 1)


def test_same_draft_from_a_second_tab_is_no_conflict():
    lease = make_lease()
    draft_of(lease)

    assert draft_of(lease, revision=0)[1] is None


def test_comments_of_two_tabs_are_both_kept():
    lease = make_lease()

    comment_of(lease, text="First tab")
    comment_of(lease, text="Second tab")

    assert Comment.objects.count() == 2


# Comments


def test_comment_saved_twice_under_one_id_is_one_comment():
    lease, key = make_lease(), uuid.uuid4()

    for _ in range(2):
        comment, refusal = comment_of(lease, key=key)

    assert (Comment.objects.count(), comment.revision, refusal) == (1, 1, None)


def test_comment_is_changed_on_its_revision_only():
    lease, key = make_lease(), uuid.uuid4()
    comment_of(lease, key=key)

    changed, refusal = comment_of(lease, key=key, revision=1, text="Better words")
    assert (changed.text, changed.revision, refusal) == ("Better words", 2, None)

    stale, refusal = comment_of(lease, key=key, revision=1, text="Old tab")
    assert (stale.text, refusal.code) == ("Better words", "stale-comment")


def test_comment_id_of_another_grader_is_refused():
    lease, key = make_lease(), uuid.uuid4()
    comment_of(lease, key=key)
    other = make_lease()

    with pytest.raises(Refused) as refused:
        comment_of(other, key=key)

    assert refused.value.refusal.code == "not-yours"
    assert Comment.objects.get().grader == lease.grader


def test_a_lease_writes_no_comment_of_other_work():
    lost, key = make_lease(), uuid.uuid4()
    comment_of(lost, key=key, text="Before")
    run_out(lost)
    expire_leases()
    ReviewTask.objects.filter(pk=lost.task_id).update(due_at=timezone.now() + timedelta(days=9))
    now = make_lease(lost.grader)

    with pytest.raises(Refused):
        comment_of(now, key=key, revision=1, text="After")

    assert now.task_id != lost.task_id
    assert Comment.objects.get().text == "Before"


def test_own_comment_is_removed_as_it_was_last_seen():
    lease = make_lease()
    comment, _ = comment_of(lease)
    arguments = {"task": lease.task, "token": lease.token, "key": comment.pk, "by": lease.grader}

    assert refusal_of(delete_comment, revision=9, **arguments).code == "stale-comment"
    delete_comment(revision=1, **arguments)
    delete_comment(revision=1, **arguments)

    assert not Comment.objects.exists()


# Sending and deciding


@pytest.mark.parametrize(
    ("given", "total", "passed"),
    [((4, 4, 3, 3, 3), 17, False), ((4, 4, 4, 3, 3), 18, True), ((4, 4, 4, 4, 3), 19, True)],
)
def test_one_reading_decides_by_the_rubrics_pass_mark(given, total, passed):
    lease = make_lease()

    decision = send(lease, marks(*given))

    submission = Submission.objects.get()
    assert (decision.total, decision.passed, decision.maximum) == (total, passed, 25)
    assert (submission.state, submission.decided_at) == ("decided", decision.decided_at)
    assert [mark.points for mark in Mark.objects.all()] == list(given)
    assert Lease.objects.get().end == "sent"


def test_decision_is_told_once_inside_the_transaction():
    heard = []
    submission_decided.connect(listener := lambda **news: heard.append(news["decision"].passed), weak=False)

    send(make_lease(), GOOD)
    submission_decided.disconnect(listener)

    assert heard == [True]


def test_marks_are_sent_once():
    lease = make_lease()
    send(lease, GOOD)

    assert refusal_of(send_review, task=lease.task, token=lease.token, marks=GOOD, by=lease.grader).code == (
        "already-sent"
    )
    assert draft_of(lease)[1].code == "already-sent"
    assert comment_of(lease)[1].code == "already-sent"
    assert (Review.objects.count(), Decision.objects.count()) == (1, 1)


def test_two_marks_are_asked_of_two_graders_and_their_mean_decides():
    practical = PracticalFactory(marks_required=2)
    wanted = []
    review_task_waiting.connect(listener := lambda **news: wanted.append(news["task"].kind), weak=False)
    first = make_lease(practical=practical)

    assert send(first, marks(4, 4, 3, 3, 3)) is None
    assert claim_next(by=first.grader) is None
    decision = send(claim_next(by=make_grader()), marks(4, 4, 4, 3, 3))
    review_task_waiting.disconnect(listener)

    assert wanted == ["first", "second"]
    assert (decision.mean, decision.total, decision.passed) == (17.5, 18, True)


def test_third_mark_is_asked_for_where_the_practical_wants_three():
    practical = PracticalFactory(marks_required=3)
    send(make_lease(practical=practical), GOOD)
    send(claim_next(by=make_grader()), GOOD)

    assert ReviewTask.objects.waiting().get().kind == "third"


def test_send_after_the_work_was_taken_back_by_staff_is_stale():
    lease = make_lease()
    return_submission(submission=lease.task.submission, reason="No sound", by=make_person())

    refusal = refusal_of(send_review, task=lease.task, token=lease.token, marks=GOOD, by=lease.grader)

    assert refusal.code == "stale-lease"


def test_marks_without_their_evidence_are_refused():
    lease = make_lease()

    refusal = refusal_of(send_review, task=lease.task, token=lease.token, marks=marks(5, 4, 4, 4, 4), by=lease.grader)

    assert (refusal.code, Review.objects.count()) == ("evidence-missing", 0)


# What the database refuses whatever the code does


def test_review_whose_total_is_not_its_marks_is_refused():
    lease = make_lease()

    with pytest.raises(DatabaseError, match="review_total_is_its_marks"), transaction.atomic():
        Review.objects.create(
            task=lease.task,
            submission_version=lease.task.submission_version,
            grader=lease.grader,
            kind="first",
            total=25,
            sent_at=timezone.now(),
        )
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("model", [Review, Mark, Comment])
def test_sent_marks_and_their_comments_never_change(model):
    send(make_lease(), GOOD)

    for deed in (model.objects.first().save, model.objects.first().delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            deed()


def test_mark_outside_the_levels_is_refused():
    send(make_lease(), GOOD)
    mark = Mark.objects.first()

    for points, name in [(6, "mark_between_one_and_five"), (0, "mark_between_one_and_five")]:
        with pytest.raises(DatabaseError, match=name), transaction.atomic():
            Mark.objects.create(review=mark.review, criterion=mark.criterion, points=points)


@pytest.mark.parametrize(
    ("change", "name"),
    [({}, "lease_one_per_task"), ({"task": None}, "lease_one_per_grader")],
)
def test_one_live_lease_per_task_and_per_grader_holds_in_the_database(change, name):
    lease = make_lease()
    grader = make_grader() if not change else lease.grader
    task = lease.task if not change else make_task()

    with pytest.raises(DatabaseError, match=name), transaction.atomic():
        Lease.objects.create(
            task=task,
            grader=grader,
            taken_at=timezone.now(),
            seconds=10,
            expires_at=timezone.now() + timedelta(seconds=10),
        )


def test_one_open_task_per_submission_holds_in_the_database_gold_apart():
    task = make_task()
    fields = {
        "submission": task.submission,
        "submission_version": task.submission_version,
        "due_at": task.due_at,
        "shuffle": 1,
        "created_at": timezone.now(),
    }
    ReviewTask.objects.create(kind="gold", **fields)

    with pytest.raises(DatabaseError, match="review_task_one_open_per_submission"), transaction.atomic():
        ReviewTask.objects.create(kind="second", **fields)


def test_comment_without_a_recording_needs_no_moment():
    lease = make_lease(practical=PracticalFactory(written=True))

    add_comment(lease, "pain", start_ms=None)

    assert send(lease, GOOD).passed


# A race on the real database


@pytest.mark.django_db(transaction=True)
def test_marks_sent_twice_at_once_are_counted_once():
    lease = make_lease()
    for slug in GOOD:
        add_comment(lease, slug)

    results = at_once(
        [lambda: send_review(task=lease.task, token=lease.token, marks=GOOD, unheard_reason="A test.", by=lease.grader)]
        * 4
    )

    assert results.count("already-sent") == 3
    assert (Review.objects.count(), Decision.objects.count()) == (1, 1)
