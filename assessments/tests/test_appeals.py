"""Appeals: who may make one and when, what the fresh reader knows, and what it comes to."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from assessments.actions.appeals import appeal
from assessments.actions.claims import claim_next
from assessments.models import Appeal, Decision, Recording, ReviewTask
from assessments.rules.appeals import why_not_appeal
from assessments.rules.feedback import feedback_on
from assessments.rules.histories import history_of
from assessments.signals import submission_decided
from assessments.tests.factories_practicals import make_grader, make_lease, make_task, marks, send
from assessments.tests.grading import GOOD, refusal_of
from courses.tests.at_once import at_once
from courses.tests.people import make_person
from courses.tests.words import without_tokens

pytestmark = pytest.mark.django_db
SHORT = marks(4, 3, 3, 4, 3)
REASON = "At 12:30 I ask what an approval costs; the mark says that I never did."


def decided(given=SHORT):
    """A decision by one reading, and the lease that gave it."""
    lease = make_lease()
    return send(lease, given), lease


def appealed(given=SHORT):
    decision, lease = decided(given)
    return appeal(decision=decision, reason=REASON, by=decision.submission.learner), lease


def test_appeal_asks_for_a_fresh_reading_before_all_others():
    make_task()
    row, _ = appealed()

    task = row.task
    assert (task.kind, task.asked_because, task.priority_class) == ("appeal", "appeal", 1)
    assert row.promised_at - row.asked_at == timedelta(days=5)
    assert claim_next(by=make_grader()).task == task


def test_grader_of_the_first_reading_never_gets_the_appeal():
    _, lease = appealed()

    assert claim_next(by=lease.grader) is None


@pytest.mark.parametrize(
    ("fresh", "mean", "total", "passed"),
    [(marks(4, 4, 4, 3, 3), "17.50", 18, True), (marks(3, 3, 3, 3, 3), "16.00", 16, False)],
)
def test_answer_is_the_mean_of_all_readings_up_or_down(fresh, mean, total, passed):
    row, _ = appealed()

    answer = send(claim_next(by=make_grader()), fresh)

    assert (str(answer.mean), answer.total, answer.passed, answer.appeal) == (mean, total, passed, row)
    assert row.against.submission.decisions.count() == 2


def test_answer_of_an_appeal_asks_for_no_further_reading():
    appealed()
    make_grader()

    send(claim_next(by=make_grader()), marks(4, 4, 4, 3, 3))

    assert ReviewTask.objects.waiting().count() == 0


def test_pass_can_be_lost_by_an_appeal_and_the_news_says_so():
    appealed(GOOD)
    heard = []
    submission_decided.connect(receiver := lambda decision, **_: heard.append(decision.passed))

    send(claim_next(by=make_grader()), marks(2, 2, 2, 2, 2))

    submission_decided.disconnect(receiver)
    assert heard == [False]


def test_second_appeal_is_refused_also_after_the_answer():
    row, _ = appealed()
    learner = row.against.submission.learner
    assert refusal_of(appeal, decision=row.against, reason=REASON, by=learner).code == "appealed"

    answer = send(claim_next(by=make_grader()), GOOD)

    assert refusal_of(appeal, decision=answer, reason=REASON, by=learner).code == "appealed"


def test_window_closes_after_fourteen_days():
    decision, _ = decided()
    last = decision.decided_at + timedelta(days=14)

    assert why_not_appeal(decision, last) is None
    assert why_not_appeal(decision, last + timedelta(seconds=1)).code == "window-closed"


def test_work_that_was_marked_live_cant_be_appealed():
    decision, _ = decided()

    ReviewTask.objects.update(wanted_grader=make_person())

    assert why_not_appeal(decision, timezone.now()).code == "marked-live"


def test_work_whose_recording_is_gone_cant_be_appealed():
    decision, _ = decided()

    Recording.objects.update(stored="purged")

    assert why_not_appeal(decision, timezone.now()).code == "recording-gone"


def test_until_the_answer_the_learner_reads_the_first_outcome_alone():
    row, _ = appealed()
    submission = row.against.submission
    submission.refresh_from_db()
    claim_next(by=make_grader())

    feedback = feedback_on(submission, 3)

    assert (feedback.decision, feedback.decision.total) == (row.against, 17)
    assert [step.words for step in history_of(submission)][:2] == ["You appealed", "Decided"]


def test_history_says_what_the_appeal_came_to():
    row, _ = appealed()
    send(claim_next(by=make_grader()), marks(4, 4, 4, 3, 3))

    newest = history_of(row.against.submission)[0]

    assert (newest.words, newest.detail) == ("Read once more", "17 before, 18 now")


def test_appeals_and_first_decisions_hold_in_the_database():
    appealed()

    with pytest.raises(DatabaseError), transaction.atomic():
        Appeal.objects.update(reason="Another.")
    with pytest.raises(DatabaseError), transaction.atomic():
        again = Decision.objects.get()
        again.pk = None
        again.save(force_insert=True)


# Pages


def post(client, decision, reason=REASON, by=None):
    client.force_login(by or decision.submission.learner)
    address = reverse("assessments:submission-appeal", args=[decision.submission_id])
    return client.post(address, {"reason": reason})


def test_learner_appeals_on_the_feedback_page_and_sees_until_when(client):
    decision, _ = decided()
    client.force_login(decision.submission.learner)
    before = client.get(decision.submission.get_absolute_url()).content.decode()

    answer = post(client, decision)

    after = client.get(answer.url).content.decode()
    assert "up or down" in before
    assert "without knowing why" in after
    assert "Appeal against this outcome" not in after


def test_appeal_without_its_reason_keeps_what_was_typed(client):
    decision, _ = decided()

    answer = post(client, decision, "Too harsh.")

    assert answer.status_code == 400
    assert "Say a little more" in answer.content.decode()
    assert "Too harsh." in answer.content.decode()
    assert not Appeal.objects.exists()


def test_nobody_appeals_for_somebody_else(client):
    decision, _ = decided()

    assert post(client, decision, by=make_person()).status_code == 404
    assert post(client, decision, by=make_grader()).status_code == 404


def test_undecided_work_cant_be_appealed(client):
    task = make_task()
    client.force_login(task.submission.learner)

    answer = client.post(reverse("assessments:submission-appeal", args=[task.submission_id]), {"reason": REASON})

    assert answer.status_code == 404


def test_desk_says_nothing_of_an_appeal(client):
    appealed()
    grader = make_grader()
    lease = claim_next(by=grader)
    client.force_login(grader)

    page = client.get(reverse("assessments:desk", args=[lease.task_id])).content.decode().lower()

    assert "appeal" not in without_tokens(page)
    assert REASON.lower() not in page


@pytest.mark.django_db(transaction=True)
def test_two_presses_make_one_appeal():
    decision, _ = decided()

    results = at_once([lambda: appeal(decision=decision, reason=REASON, by=decision.submission.learner)] * 4)

    assert results.count("appealed") == 3
    assert Appeal.objects.count() == ReviewTask.objects.waiting().count() == 1
