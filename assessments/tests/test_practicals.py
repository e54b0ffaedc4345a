"""Opening, writing, handing in, withdrawing and giving back a try."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from assessments.actions.claims import claim_next
from assessments.actions.practicals import (
    hand_in,
    open_submission,
    return_submission,
    save_work,
    withdraw_submission,
)
from assessments.models import Decision, ReviewTask, Submission, SubmissionEvent, SubmissionVersion
from assessments.rules.practicals import brief_choices, tries_left, why_not_open
from assessments.signals import practical_opening, submission_received
from assessments.tests.factories_practicals import (
    BriefFactory,
    PracticalFactory,
    SubmissionFactory,
    make_decided,
    make_grader,
    make_lease,
    make_recording,
    make_task,
    marks,
    pass_exam,
)
from courses.lib.refusals import Refusal, Refused
from courses.models import Persona
from courses.tests.at_once import at_once
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def a_learner_who_passed(practical, **fields):
    learner = make_person(**fields)
    pass_exam(learner, practical.exam)
    return learner


def refusal_of(deed, **arguments):
    with pytest.raises(Refused) as caught:
        deed(**arguments)
    return caught.value.refusal


def ended(submission, state="decided", hours_ago=100, **fields):
    moment = timezone.now() - timedelta(hours=hours_ago)
    submission.state = state
    setattr(submission, "decided_at" if state == "decided" else "withdrawn_at", moment)
    submission.submitted_at = submission.promised_at = moment
    submission.receipt = "0000-0000"
    submission.save()
    return submission


# Opening


def test_try_opens_with_brief_and_rubric_after_the_exam_is_passed():
    practical = PracticalFactory()
    learner = a_learner_who_passed(practical)

    submission = open_submission(practical=practical, by=learner)

    assert (submission.number, submission.state) == (1, "draft")
    assert submission.brief.pool == practical.brief_pool
    assert submission.rubric_version == practical.rubric_version
    assert [event.new for event in submission.events.all()] == ["draft"]


def test_practical_is_locked_before_its_exam_is_passed_and_names_it():
    practical = PracticalFactory()

    refusal = why_not_open(make_person(), practical, timezone.now())

    assert refusal.code == "exam-not-passed"
    assert practical.exam.title in refusal.sentence
    assert refusal.link == f"/exams/{practical.exam.slug}/"


def test_a_try_keeps_how_alone_its_practical_said():
    practical = PracticalFactory(supervision="alone")
    submission = open_submission(practical=practical, by=a_learner_who_passed(practical))

    practical.supervision = "observed"
    practical.save()

    submission.refresh_from_db()
    assert submission.supervision == "alone"


def test_another_exam_or_another_persons_pass_opens_nothing():
    practical, learner = PracticalFactory(), make_person()
    pass_exam(learner, PracticalFactory().exam)
    pass_exam(make_person(), practical.exam)

    refusal = refusal_of(open_submission, practical=practical, by=learner)

    assert refusal.code == "exam-not-passed"
    assert not Submission.objects.exists()


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_unpublished_practical_opens_for_nobody(state):
    practical = PracticalFactory(state=state)

    assert why_not_open(a_learner_who_passed(practical), practical, timezone.now()).code == "withdrawn"


def test_second_try_waits_until_the_first_is_over():
    practical = PracticalFactory()
    learner = a_learner_who_passed(practical)
    first = open_submission(practical=practical, by=learner)

    refusal = refusal_of(open_submission, practical=practical, by=learner)

    assert refusal.code == "already-open"
    assert refusal.link == f"/submissions/{first.pk}/"


def test_next_try_waits_for_the_cool_down():
    practical = PracticalFactory(cool_down_hours=24)
    learner = a_learner_who_passed(practical)
    ended(SubmissionFactory(practical=practical, learner=learner), hours_ago=23)
    now = timezone.now()

    assert why_not_open(learner, practical, now).code == "cooling-down"
    assert why_not_open(learner, practical, now + timedelta(hours=1, minutes=1)) is None


def test_tries_run_out_but_withdrawn_ones_do_not_count():
    practical = PracticalFactory(max_attempts=2)
    learner = a_learner_who_passed(practical)
    ended(SubmissionFactory(practical=practical, learner=learner, number=1))
    ended(SubmissionFactory(practical=practical, learner=learner, number=2), state="withdrawn")
    assert tries_left(learner, practical) == 1
    assert why_not_open(learner, practical, timezone.now()) is None

    ended(SubmissionFactory(practical=practical, learner=learner, number=3))

    assert why_not_open(learner, practical, timezone.now()).code == "tries-used"


def test_empty_pool_refuses_instead_of_opening_without_a_brief():
    practical = PracticalFactory()
    practical.brief_pool.briefs.update(retired_at=timezone.now())

    assert why_not_open(a_learner_who_passed(practical), practical, timezone.now()).code == "no-brief"


def test_practical_without_a_pool_opens_without_a_brief():
    practical = PracticalFactory(brief_pool=None)

    assert open_submission(practical=practical, by=a_learner_who_passed(practical)).brief is None


def test_gate_may_refuse_the_opening():
    practical = PracticalFactory()

    def gate(sender, **news):
        raise Refused(Refusal("suspended", "Not now."))

    practical_opening.connect(gate)
    try:
        assert refusal_of(open_submission, practical=practical, by=a_learner_who_passed(practical)).code == "suspended"
    finally:
        practical_opening.disconnect(gate)


# Briefs


def test_brief_is_one_the_learner_never_had_in_any_wording():
    practical, learner = PracticalFactory(), make_person()
    old = practical.brief_pool.briefs.get()
    ended(SubmissionFactory(practical=practical, learner=learner, brief=old))
    old.retired_at = timezone.now()
    old.save()
    BriefFactory(pool=practical.brief_pool, slug=old.slug, version=2)
    fresh = BriefFactory(pool=practical.brief_pool)

    assert brief_choices(learner, practical) == [fresh]


def test_brief_of_the_learners_persona_comes_first_then_neutral_then_others():
    education, sales = (Persona.objects.create(slug=slug, name=slug) for slug in ("education", "sales"))
    practical = PracticalFactory()
    neutral = practical.brief_pool.briefs.get()
    own = BriefFactory(pool=practical.brief_pool, persona=education)
    other = BriefFactory(pool=practical.brief_pool, persona=sales)
    learner = make_person(persona=education)

    assert brief_choices(learner, practical) == [own]
    assert brief_choices(make_person(), practical) == [neutral]
    neutral.delete()
    own.delete()
    assert brief_choices(learner, practical) == [other]


def test_exhausted_pool_gives_the_brief_used_longest_ago():
    practical, learner = PracticalFactory(), make_person()
    first = practical.brief_pool.briefs.get()
    second = BriefFactory(pool=practical.brief_pool)
    now = timezone.now()
    for number, (brief, days) in enumerate([(first, 3), (second, 5), (second, 1)], start=1):
        ended(
            SubmissionFactory(
                practical=practical, learner=learner, brief=brief, number=number, opened_at=now - timedelta(days=days)
            )
        )

    assert brief_choices(learner, practical) == [first]


# Notes


def test_notes_are_saved_with_a_new_revision():
    submission = SubmissionFactory(notes="")

    saved, _ = save_work(submission=submission, notes="Three tools.", revision=0, by=submission.learner)

    assert (saved.notes, saved.revision) == ("Three tools.", 1)


def test_notes_of_a_stale_tab_overwrite_nothing():
    submission = SubmissionFactory(notes="")
    save_work(submission=submission, notes="First tab.", revision=0, by=submission.learner)

    _, refusal = save_work(submission=submission, notes="Second tab.", revision=0, by=submission.learner)

    submission.refresh_from_db()
    assert (refusal.code, submission.notes) == ("stale-notes", "First tab.")


def test_same_notes_from_another_tab_are_no_conflict():
    submission = SubmissionFactory(notes="")
    save_work(submission=submission, notes="Three tools.", revision=0, by=submission.learner)

    saved, refusal = save_work(submission=submission, notes="Three tools.", revision=0, by=submission.learner)

    assert (saved.revision, refusal) == (1, None)


def test_notes_are_closed_after_hand_in():
    submission = make_task().submission

    refusal = refusal_of(save_work, submission=submission, notes="Later", revision=0, by=submission.learner)

    assert refusal.code == "not-editable"


# Hand-in


def test_hand_in_freezes_recording_and_notes_and_asks_for_a_reading():
    submission = SubmissionFactory()
    recording = make_recording(submission)

    hand_in(submission=submission, by=submission.learner)

    submission.refresh_from_db()
    version, task = submission.versions.get(), submission.review_tasks.get()
    assert (submission.state, version.recordings.get(), version.notes) == ("submitted", recording, submission.notes)
    assert submission.receipt == version.receipt
    assert submission.promised_at - submission.submitted_at == timedelta(days=5)
    assert (task.kind, task.state, task.due_at) == ("first", "waiting", submission.promised_at)


def test_handing_in_twice_gives_the_same_receipt_and_one_task():
    submission = SubmissionFactory()
    make_recording(submission)
    heard = []
    submission_received.connect(listener := lambda **news: heard.append(news["submission"].pk), weak=False)

    receipts = {hand_in(submission=submission, by=submission.learner).receipt for _ in range(2)}
    submission_received.disconnect(listener)

    assert len(receipts) == 1
    assert heard == [submission.pk]
    assert (SubmissionVersion.objects.count(), ReviewTask.objects.count()) == (1, 1)


@pytest.mark.parametrize("state", ["uploading", "received", "checking", "preparing", "rejected", "failed", "discarded"])
def test_recording_that_is_not_ready_cannot_be_handed_in(state):
    submission = SubmissionFactory()
    make_recording(submission, state=state, rejection_code="no-sound" if state == "rejected" else "")

    refusal = refusal_of(hand_in, submission=submission, by=submission.learner)

    assert refusal.code.startswith("recording-")
    assert not SubmissionVersion.objects.exists()


def test_ready_recording_does_not_stand_in_for_a_newer_one_on_its_way():
    submission = SubmissionFactory()
    make_recording(submission)
    make_recording(submission, state="uploading", created_at=timezone.now() + timedelta(seconds=1))

    assert refusal_of(hand_in, submission=submission, by=submission.learner).code == "recording-uploading"


@pytest.mark.parametrize(("notes", "code"), [("", "notes-missing"), ("  \n", "notes-missing")])
def test_written_practical_wants_its_notes(notes, code):
    submission = SubmissionFactory(practical=PracticalFactory(written=True), notes=notes)

    assert refusal_of(hand_in, submission=submission, by=submission.learner).code == code


def test_written_practical_needs_no_recording():
    submission = SubmissionFactory(practical=PracticalFactory(written=True), handed_in=True)

    assert not submission.versions.get().recordings.exists()
    assert submission.state == "submitted"


def test_withdrawn_try_cannot_be_handed_in():
    submission = SubmissionFactory()
    withdraw_submission(submission=submission, by=submission.learner)

    assert refusal_of(hand_in, submission=submission, by=submission.learner).code == "wrong-state"


# Withdrawing


def test_handed_in_try_can_be_withdrawn_before_a_grader_has_it():
    task = make_task()

    withdraw_submission(submission=task.submission, by=task.submission.learner)

    task.refresh_from_db()
    task.submission.refresh_from_db()
    assert (task.state, task.submission.state) == ("cancelled", "withdrawn")
    assert claim_next(by=make_grader()) is None


def test_nothing_is_withdrawn_once_a_grader_had_it():
    submission = make_lease().task.submission

    refusal = refusal_of(withdraw_submission, submission=submission, by=submission.learner)

    assert refusal.code == "taken"


def test_withdrawing_twice_is_refused():
    submission = SubmissionFactory()
    withdraw_submission(submission=submission, by=submission.learner)

    assert refusal_of(withdraw_submission, submission=submission, by=submission.learner).code == "withdrawn-already"


# Giving back by staff


def test_returned_try_ends_the_lease_and_can_be_handed_in_again():
    lease = make_lease()
    submission, staff = lease.task.submission, make_person()

    return_submission(submission=submission, reason="The sound stops after a minute.", by=staff)

    lease.refresh_from_db()
    submission.refresh_from_db()
    assert (submission.state, lease.end, lease.task.submission.review_tasks.get().state) == (
        "returned",
        "taken_back",
        "cancelled",
    )
    assert submission.events.last().reason == "The sound stops after a minute."
    hand_in(submission=submission, by=submission.learner)
    assert submission.versions.count() == 2
    assert ReviewTask.objects.waiting().get().submission_version.number == 2


@pytest.mark.parametrize("points", [3, 4])
def test_decided_try_is_not_given_back(points):
    submission = make_decided(marks(*[points] * 5))

    refusal = refusal_of(return_submission, submission=submission, reason="x", by=make_person())

    assert (refusal.code, submission.decisions.count()) == ("wrong-state", 1)


def test_draft_cannot_be_given_back():
    assert refusal_of(return_submission, submission=SubmissionFactory(), reason="x", by=make_person()).code == (
        "wrong-state"
    )


# What the database refuses whatever the code does


@pytest.mark.parametrize("model", [SubmissionVersion, SubmissionEvent, Decision])
def test_what_was_handed_in_and_decided_never_changes(model):
    make_decided(marks(4, 4, 4, 4, 4))
    row = model.objects.first()

    for deed in (row.delete, row.save):
        with pytest.raises(DatabaseError), transaction.atomic():
            deed()


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"state": "decided"}, "submission_decided_has_its_time"),
        ({"decided_at": timezone.now()}, "submission_decided_has_its_time"),
        ({"state": "withdrawn"}, "submission_withdrawn_has_its_time"),
        ({"state": "submitted"}, "submission_handed_in_has_receipt_and_promise"),
        ({"number": 0}, "submission_number_from_one"),
    ],
)
def test_submission_states_hold_in_the_database(change, name):
    submission = SubmissionFactory()

    with pytest.raises(DatabaseError, match=name), transaction.atomic():
        Submission.objects.filter(pk=submission.pk).update(**change)


def test_one_open_try_per_learner_holds_in_the_database():
    submission = SubmissionFactory()

    with pytest.raises(DatabaseError, match="submission_one_open_per_learner"), transaction.atomic():
        SubmissionFactory(learner=submission.learner, practical=submission.practical, number=2)


# Races on the real database


@pytest.mark.django_db(transaction=True)
def test_opening_twice_at_once_opens_one_try():
    practical = PracticalFactory()
    learner = a_learner_who_passed(practical)

    results = at_once([lambda: open_submission(practical=practical, by=learner)] * 5)

    assert results.count("already-open") == 4
    assert Submission.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_handing_in_at_once_gives_one_receipt():
    submission = SubmissionFactory()
    make_recording(submission)

    results = at_once([lambda: hand_in(submission=submission, by=submission.learner).receipt] * 5)

    assert len(set(results)) == 1
    assert (SubmissionVersion.objects.count(), ReviewTask.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_withdrawing_while_a_grader_claims_has_one_winner():
    for _ in range(10):
        submission, grader = make_task().submission, make_grader()

        claimed, withdrawn = at_once(
            [
                lambda grader=grader: claim_next(by=grader),
                lambda submission=submission: withdraw_submission(submission=submission, by=submission.learner),
            ]
        )

        submission.refresh_from_db()
        assert (submission.state, bool(claimed)) in [("in_review", True), ("withdrawn", False)]
        assert (withdrawn == "taken") is bool(claimed)
