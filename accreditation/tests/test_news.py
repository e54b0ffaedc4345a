"""What people are told of their work, and the step that every page may show."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.utils import timezone

from accreditation.actions import standing as standing_actions
from accreditation.actions.standing import reassess
from accreditation.actions.sweeps import sweep_reminders
from accreditation.context import portal
from accreditation.models import Notice, Program
from accreditation.rules import health
from accreditation.rules.programs import rules_of
from accreditation.tests.factories import AccreditationFactory, EnrolmentFactory, make_enablement, make_program
from assessments.actions.closing import close_overdue_attempts, submit_attempt
from assessments.actions.interventions import ask_to_reopen, consent_to_reopen, schedule_attempt
from assessments.actions.practicals import return_submission
from assessments.actions.recorder import begin_recording, give_consent
from assessments.actions.sessions import attest, book_slot, cancel_slot
from assessments.models import SessionSlot
from assessments.signals import recording_checked, upload_waits
from assessments.tests.factories_practicals import SubmissionFactory, make_grader, make_recording, make_slot
from assessments.tests.factories_recordings import upload_for
from assessments.tests.sittings import answer_all, begin, entry, save
from courses.actions.feedback import answer_feedback
from courses.tests.factories import RemarkFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def news_of(person):
    return list(Notice.objects.filter(recipient=person).order_by("pk").values_list("kind", "title"))


def test_a_hand_in_has_its_receipt():
    submission = SubmissionFactory(handed_in=True, practical__title="Capstone")

    (notice,) = Notice.objects.filter(recipient=submission.learner)

    assert (notice.kind, notice.title) == ("submission_received", "Handed in: Capstone")
    assert notice.text.startswith(f"Receipt {submission.receipt}. Your answer comes by ")


def test_a_hand_in_that_comes_back_says_why():
    submission = SubmissionFactory(handed_in=True, practical__title="Capstone")

    return_submission(submission=submission, reason="The screen can't be read.", by=make_enablement())

    notice = Notice.objects.get(recipient=submission.learner, title="Given back to you: Capstone")
    assert (notice.text, notice.link) == ("The screen can't be read.", submission.get_absolute_url())


@pytest.mark.parametrize(("state", "told"), [("rejected", True), ("ready", False)])
def test_a_recording_that_can_not_be_used_is_news(state, told):
    recording = make_recording(SubmissionFactory(practical__title="Capstone"))
    recording.state, recording.rejection_code = state, "no-sound"

    recording_checked.send(sender=type(recording), recording=recording)

    found = Notice.objects.filter(title="Your recording can't be used: Capstone")
    assert [bool(one.text) for one in found] == [True] * told


def test_a_camera_track_that_can_not_be_used_is_no_news():
    main = make_recording(SubmissionFactory())
    track = make_recording(main.submission, main=main)
    track.state, track.rejection_code = "rejected", "no-picture"

    recording_checked.send(sender=type(track), recording=track)

    assert not Notice.objects.filter(title__startswith="Your recording can't be used").exists()


def booked_session(**fields):
    submission = SubmissionFactory(practical__title="Role-play", practical__session="required")
    slot = make_slot(submission.practical, **fields)
    return book_slot(submission=submission, slot=slot, by=submission.learner)


def test_a_booked_session_is_news_to_everybody_in_it():
    booking = booked_session(grader=make_grader(), location="Room 4")

    people = [booking.submission.learner, booking.slot.host, booking.slot.grader]
    assert [news_of(person)[-1] for person in people] == [("session", "Booked: Role-play")] * 3
    assert "Room 4" in Notice.objects.filter(recipient=people[0]).latest("pk").text


def test_a_session_that_is_called_off_is_news_to_the_others():
    booking = booked_session()

    cancel_slot(slot=booking.slot, reason="Ill.", by=booking.slot.host)

    notice = Notice.objects.get(title="Called off: Role-play")
    assert notice.recipient == booking.submission.learner
    assert notice.text.endswith("Ill.")


def test_a_session_that_took_place_is_news_to_its_learner():
    booking = booked_session()
    SessionSlot.objects.update(starts_at=timezone.now() - timedelta(hours=1))

    attest(booking=booking, took_place=True, text="", by=booking.slot.host)

    assert ("session", "It took place: Role-play") in news_of(booking.submission.learner)


def test_a_session_is_remembered_a_day_ahead_once():
    near, far = booked_session(hours=20), booked_session(hours=60)

    for _ in range(2):
        sweep_reminders()

    told = Notice.objects.filter(title="Soon: Role-play").values_list("recipient_id", flat=True)
    assert sorted(told) == sorted([near.submission.learner_id, near.slot.host_id])
    assert far.submission.learner_id not in told


def test_an_upload_that_waits_says_until_when_it_can_go_on():
    submission = SubmissionFactory(practical__title="Capstone")
    upload, learner = upload_for(submission), submission.learner

    for _ in range(2):
        upload_waits.send(sender=type(upload), upload=upload)

    (notice,) = Notice.objects.filter(recipient=learner, kind="upload_waits")
    assert notice.title == "Your upload isn't finished: Capstone"
    assert f"after {upload.expires_at:%-d %B %Y} it starts anew" in notice.text


def test_a_recording_in_the_browser_that_waits_leads_to_the_recorder():
    submission = SubmissionFactory(practical__title="Capstone")
    consent = give_consent(submission=submission, others="", by=submission.learner)
    upload = begin_recording(submission=submission, consent=consent, metadata={}, by=submission.learner)

    upload_waits.send(sender=type(upload), upload=upload)

    notice = Notice.objects.get(recipient=submission.learner, kind="upload_waits")
    assert notice.title == "Your recording isn't finished: Capstone"
    assert notice.link == f"/submissions/{submission.pk}/record/?place=1"


def test_an_answer_to_a_remark_is_news_each_time():
    remark, staff = RemarkFactory(), make_enablement()

    for answer in ("Soon.", "It is there."):
        answer_feedback(feedback=remark, answer=answer, by=staff)
    answer_feedback(feedback=remark, state="planned", by=staff)

    told = [("answer", f"Answered: {remark.lesson}")] * 2 + [("answer", f"Planned: {remark.lesson}")]
    assert sorted(news_of(remark.author)) == sorted(told)


def request_of(person):
    request = RequestFactory().get("/")
    request.user = person
    return request


def test_every_page_may_show_the_next_step_and_the_unread_notices():
    learner = make_person()
    program = make_program(title="Seller")
    EnrolmentFactory(learner=learner, program=program)

    context = portal(request_of(learner))

    assert context["next_step"].text == "For Seller."
    assert context["unread_notices"] == 0


@pytest.mark.parametrize("person", [AnonymousUser, make_person])
def test_without_a_program_there_is_no_step(person):
    assert not portal(request_of(person()))["next_step"]


def test_rules_that_were_never_written_are_named():
    with pytest.raises(ValueError, match="Empty has no rules yet"):
        rules_of(Program(title="Empty"))


def test_standings_that_never_settle_are_left_after_as_many_rounds_as_programs(monkeypatch):
    make_program()
    row = AccreditationFactory()
    monkeypatch.setattr(standing_actions, "_store", lambda *_: row)

    assert len(reassess(learner=row.learner)) == 3


class Broker:
    """A broker that answers."""

    def ping(self):
        return True

    def close(self):
        """Nothing to close."""


def test_readiness_has_a_word_for_each_check(monkeypatch, tmp_path, settings):
    settings.MEDIA_STORAGE_ROOT = tmp_path
    monkeypatch.setattr(health.Redis, "from_url", lambda *_, **__: Broker())

    assert health.readiness()["redis"] == "ok"


def test_a_disk_that_fills_up_is_low(monkeypatch, tmp_path, settings):
    settings.MEDIA_STORAGE_ROOT, settings.DISK_RESERVE_PERCENT = tmp_path, 100

    assert health.readiness()["storage"] == "low"
    settings.DISK_RESERVE_PERCENT, settings.DISK_RESERVE_GIB, settings.DISK_ALARM_PERCENT = 0, 0, 100
    assert health.readiness()["storage"] == "filling"
    settings.DISK_ALARM_PERCENT = 0
    assert health.readiness()["storage"] == "ok"


def test_the_receipt_of_an_exam_is_mailed_with_its_result():
    attempt = begin()
    answer_all(attempt, right=1)
    submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1)
    submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1)

    (notice,) = Notice.objects.filter(recipient=attempt.learner)

    attempt.refresh_from_db()
    assert (notice.kind, notice.mail_state, notice.link) == ("exam_failed", "waiting", attempt.result_url)
    closed = f"{attempt.closed_at:%-d %B %Y, %H:%M:%S} UTC"
    assert notice.text.endswith(f"Closed {closed} with 4 answers. Receipt {attempt.receipt} ({attempt.answers_hash}).")


def test_an_exam_that_can_not_be_scored_at_once_has_its_receipt_at_once(monkeypatch):
    attempt = begin()
    save(attempt, entry(attempt))
    with monkeypatch.context() as broken:
        broken.setattr("assessments.actions.scoring.mark_of", lambda item: 1 / 0)
        submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1)
    close_overdue_attempts()

    first, second = Notice.objects.filter(recipient=attempt.learner).order_by("pk")

    attempt.refresh_from_db()
    assert (first.kind, second.kind) == ("exam_received", "exam_failed")
    assert "with 1 answer. Receipt" in first.text
    assert attempt.receipt in first.text


def test_planned_and_reopened_exams_are_news():
    attempt = begin()
    answer_all(attempt, right=0)
    submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1)
    opens = datetime(2030, 1, 1, 10, tzinfo=UTC)
    learner = make_person()
    schedule_attempt(
        exam=attempt.exam, learner=learner, opens_at=opens, closes_at=opens + timedelta(hours=2), reason="Ill",
        by=make_enablement(),
    )  # fmt: skip
    asked = ask_to_reopen(attempt=attempt, minutes=20, reason="Net", by=make_enablement())
    consent_to_reopen(reopening=asked, by=make_enablement())

    planned, reopened = Notice.objects.filter(kind="sitting").order_by("pk")

    assert planned.text == "You may start it from 1 January 2030, 10:00 UTC until 1 January 2030, 12:00 UTC."
    assert (planned.recipient, reopened.recipient) == (learner, attempt.learner)
    assert reopened.text.startswith("You may go on until ")
