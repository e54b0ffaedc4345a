"""Comments to use again: kept with a comment, shown at the desk of that rubric, forgotten, never another's."""

import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from assessments.actions.reusable import keep_for_reuse
from assessments.models import Comment, ReusableComment, Rubric
from assessments.rules.reusable import MOST, reusable_by
from assessments.tests.factories_practicals import make_grader, make_lease
from assessments.tests.grading import refusal_of

pytestmark = pytest.mark.django_db


def add(client, lease, **more):
    client.force_login(lease.grader)
    typed = {"token": lease.token, "revision": 0, "key": uuid.uuid4(), "comment_revision": 0, "visibility": "learner"}
    typed |= {"note": "Ask who decides.", "about": "pain", "moment": "0:05"}
    return client.post(reverse("assessments:desk-comment", args=[lease.task_id]), typed | more)


def test_comment_is_kept_for_reuse_only_where_asked_and_only_once(client):
    lease = make_lease()

    add(client, lease)
    assert not ReusableComment.objects.exists()
    add(client, lease, reuse="on", key=uuid.uuid4())
    add(client, lease, reuse="on", key=uuid.uuid4())

    kept = ReusableComment.objects.get()
    assert (kept.grader, kept.criterion, kept.text) == (lease.grader, "pain", "Ask who decides.")


def test_kept_wordings_show_at_the_desk_of_their_grader_alone(client):
    lease = make_lease()
    keep_for_reuse(task=lease.task, criterion="", text="Name the next step.", by=make_grader())
    keep_for_reuse(task=lease.task, criterion="pain", text="Ask who decides.", by=lease.grader)
    client.force_login(lease.grader)

    page = client.get(reverse("assessments:desk", args=[lease.task_id])).content.decode()

    assert 'data-use="Ask who decides."' in page
    assert "Name the next step." not in page


def test_wordings_of_another_rubric_stay_away():
    lease = make_lease()
    other = Rubric.objects.create(slug="other", title="Other")
    ReusableComment.objects.create(grader=lease.grader, rubric=other, text="Of the other.", kept_at=timezone.now())

    assert not reusable_by(lease.grader, lease.task).exists()


def test_forgetting_keeps_the_marks_and_leaves_the_comment(client):
    lease = make_lease()
    add(client, lease, reuse="on")
    kept = ReusableComment.objects.get()

    client.post(
        reverse("assessments:desk-forget", args=[lease.task_id, kept.pk]),
        {"token": lease.token, "revision": 1, "mark-pain": "4"},
    )

    assert (ReusableComment.objects.count(), Comment.objects.count()) == (0, 1)
    assert lease.task.drafts.get().data["marks"] == {"pain": 4}


def test_nobody_forgets_what_another_keeps(client):
    lease = make_lease()
    kept = keep_for_reuse(task=lease.task, criterion="", text="Mine.", by=make_grader())
    client.force_login(lease.grader)

    answer = client.post(reverse("assessments:desk-forget", args=[lease.task_id, kept.pk]), {"token": lease.token})

    assert (answer.status_code, ReusableComment.objects.count()) == (404, 1)


def test_sixty_are_enough():
    lease = make_lease()
    for number in range(MOST):
        keep_for_reuse(task=lease.task, criterion="", text=f"Wording {number}.", by=lease.grader)

    refusal = refusal_of(keep_for_reuse, task=lease.task, criterion="", text="One more.", by=lease.grader)

    assert refusal.code == "too-many"


@pytest.mark.parametrize(
    ("until", "status", "end_ms"), [("", 302, None), ("0:09", 302, 9000), ("0:04", 400, None), ("soon", 400, None)]
)
def test_comment_may_be_about_a_stretch(client, until, status, end_ms):
    lease = make_lease()

    answer = add(client, lease, until=until)

    assert answer.status_code == status
    assert Comment.objects.filter(end_ms=end_ms, start_ms=5000).exists() == (status == 302)
