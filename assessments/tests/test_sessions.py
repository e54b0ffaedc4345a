"""Live sessions: slots, bookings, calendars, attestations and marking while they run."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from assessments.actions import sessions as actions
from assessments.actions.claims import claim_next
from assessments.actions.practicals import hand_in, withdraw_submission
from assessments.forms.sessions import SlotForm
from assessments.models import Attestation, Booking, Conflict, ReviewTask, SessionSlot
from assessments.rules.practicals import brief_choices, why_not_hand_in
from assessments.rules.sessions import hosted_by, sessions_of, slots_for
from assessments.signals import session_booked, session_called_off
from assessments.tests.factories_practicals import (
    BriefFactory,
    PracticalFactory,
    SubmissionFactory,
    make_grader,
    make_recording,
    make_slot,
)
from courses.lib.clock import database_now
from courses.lib.refusals import Refused
from courses.tests.at_once import at_once
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def submission():
    """An open try at a practical that is always live."""
    return SubmissionFactory(practical__session="required")


def booked(submission, **fields):
    return actions.book_slot(
        submission=submission, slot=make_slot(submission.practical, **fields), by=submission.learner
    )


def begun(booking, hours=1):
    """Let a booked session have begun so many hours ago."""
    SessionSlot.objects.filter(pk=booking.slot_id).update(starts_at=timezone.now() - timedelta(hours=hours))
    return Booking.objects.get(pk=booking.pk)


def attest(booking, took_place=True, text="", by=None):
    return actions.attest(booking=booking, took_place=took_place, text=text, by=by or booking.slot.host)


def code_of(deed, **arguments):
    with pytest.raises(Refused) as caught:
        deed(**arguments)
    return caught.value.refusal.code


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


# Slots


def test_slots_that_can_be_booked_are_ahead_free_and_of_somebody_else(submission):
    practical, learner = submission.practical, submission.learner
    free = make_slot(practical)
    make_slot(practical, hours=0.5)
    make_slot(practical, hours=-1)
    make_slot(practical, hours=49, host=learner)
    make_slot(PracticalFactory(session="required"))
    actions.cancel_slot(slot=make_slot(practical, hours=50), reason="Ill.", by=make_person())
    booked(SubmissionFactory(practical=practical), hours=51)

    assert slots_for(submission, timezone.now()) == [free]


def test_a_live_grader_may_grade_and_has_no_conflict_with_the_learner(submission):
    grader, manager, declared = make_grader(), make_grader(), make_grader()
    submission.learner.manager = manager
    submission.learner.save()
    Conflict.objects.create(grader=declared, learner=submission.learner)
    good = make_slot(submission.practical, grader=grader)
    for number, other in enumerate((manager, declared, make_person(), submission.learner)):
        make_slot(submission.practical, hours=60 + number, grader=other)

    assert slots_for(submission, timezone.now()) == [good]


def test_a_host_never_marks_and_hosts_once_at_a_time():
    practical, host = PracticalFactory(session="required"), make_person()
    slot = make_slot(practical, host=host)

    with pytest.raises(DatabaseError, match="slot_host_does_not_mark"), transaction.atomic():
        make_slot(practical, host=host, grader=host)
    with pytest.raises(DatabaseError, match="slot_one_per_host_and_time"), transaction.atomic():
        make_slot(practical, host=host, starts_at=slot.starts_at)


def test_a_host_who_was_suspended_hosts_nothing(submission):
    slot = make_slot(submission.practical)
    slot.host.is_active = False
    slot.host.save()

    assert slots_for(submission, timezone.now()) == []


@pytest.mark.parametrize(("minutes", "is_free"), [(-90, True), (-59, False), (0, False), (59, False), (60, True)])
def test_nobody_is_in_two_sessions_at_once(minutes, is_free):
    slot = make_slot(PracticalFactory(session="required"), grader=make_grader())
    starts_at = slot.starts_at + timedelta(minutes=minutes)
    data = {"practical": slot.practical_id, "host": make_person().pk, "grader": slot.grader_id, "minutes": 60}

    form = SlotForm(data | {"starts_at": starts_at.isoformat(), "location": "Room 5"})

    assert list(form.errors) == ([] if is_free else ["starts_at"])


def test_whoever_marks_is_a_grader_and_not_the_host():
    host = make_grader()
    data = {"practical": PracticalFactory().pk, "host": host.pk, "minutes": 60, "location": "Room 5"}
    data["starts_at"] = timezone.now().isoformat()

    assert "can't mark it too" in SlotForm(data | {"grader": host.pk}).errors["grader"][0]
    assert "no grader" in SlotForm(data | {"grader": make_person().pk}).errors["grader"][0]


def test_whoever_has_the_same_brief_open_is_not_offered_as_its_customer(submission):
    host = make_person()
    slot = make_slot(submission.practical, host=host)
    other = SubmissionFactory(practical=submission.practical, learner=host)
    assert other.brief == submission.brief and slots_for(submission, timezone.now()) == []

    withdraw_submission(submission=other, by=host)

    assert slots_for(submission, timezone.now()) == [slot]


# Whom to play


def test_the_host_reads_what_only_they_know_and_the_learner_does_not(submission):
    booking = booked(submission, grader=make_grader())
    address = reverse("assessments:session-brief", args=[booking.pk])

    for person in (booking.slot.host, booking.slot.grader):
        page = signed_in(person).get(address)
        assert page.status_code == 200 and "The director will object to the price." in page.content.decode()
    for person in (submission.learner, make_person()):
        assert signed_in(person).get(address).status_code == 404


def test_a_booking_that_was_called_off_shows_its_brief_to_nobody(submission):
    booking = booked(submission)
    actions.cancel_booking(booking=booking, by=submission.learner)

    address = reverse("assessments:session-brief", args=[booking.pk])
    assert signed_in(booking.slot.host).get(address).status_code == 404


def test_whoever_played_a_customer_draws_another_one(submission):
    booking = booked(submission)
    other = BriefFactory(pool=submission.practical.brief_pool)

    assert brief_choices(booking.slot.host, submission.practical) == [other]
    assert set(brief_choices(make_person(), submission.practical)) == {submission.brief, other}


def test_a_session_that_is_marked_live_asks_for_no_recording_and_no_agreement():
    practical = PracticalFactory(session="required", disclosure="partner")
    live, alone = SubmissionFactory(practical=practical), SubmissionFactory(practical=practical)
    booked(live, grader=make_grader())
    booked(alone, hours=50)

    pages = [signed_in(one.learner).get(practical.get_absolute_url()).content.decode() for one in (live, alone)]

    assert ["Choose your recording" in page for page in pages] == [False, True]
    assert ["Everybody who is heard" in page for page in pages] == [False, True]
    assert "you need no recording" in pages[0]


# Booking


def test_booking_tells_everybody_and_shows_on_the_page(submission):
    heard = []
    session_booked.connect(lambda booking, **_: heard.append(booking), weak=False, dispatch_uid="test")
    slot = make_slot(submission.practical)

    response = signed_in(submission.learner).post(
        reverse("assessments:session-book", args=[submission.pk]), {"slot": slot.pk}
    )

    session_booked.disconnect(dispatch_uid="test")
    assert (response.status_code, heard) == (302, [Booking.objects.get()])
    page = signed_in(submission.learner).get(submission.practical.get_absolute_url()).content.decode()
    assert "Room 4" in page and "For your calendar" in page


def test_page_of_a_try_offers_times_or_says_that_there_is_none(submission):
    address = submission.practical.get_absolute_url()
    assert "No time is free at the moment" in signed_in(submission.learner).get(address).content.decode()

    slot = make_slot(submission.practical)

    assert f'value="{slot.pk}"' in signed_in(submission.learner).get(address).content.decode()


def test_a_try_has_one_session_and_a_slot_one_try(submission):
    booking = booked(submission)

    assert code_of(booked, submission=submission) == "booked-already"
    other = SubmissionFactory(practical=submission.practical)
    assert code_of(actions.book_slot, submission=other, slot=booking.slot, by=other.learner) == "slot-gone"


@pytest.mark.django_db(transaction=True)
def test_two_learners_who_press_at_once_get_one_slot():
    practical = PracticalFactory(session="required")
    slot, tries = make_slot(practical), [SubmissionFactory(practical=practical) for _ in range(2)]

    outcomes = at_once([lambda one=one: actions.book_slot(submission=one, slot=slot, by=one.learner) for one in tries])

    assert "slot-gone" in outcomes and Booking.objects.count() == 1


@pytest.mark.parametrize("slot", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_slot_is_not_found(submission, slot):
    address = reverse("assessments:session-book", args=[submission.pk])

    assert signed_in(submission.learner).post(address, {"slot": slot}).status_code == 404


def test_nothing_is_booked_after_handing_in():
    submission = SubmissionFactory(practical__written=True, practical__session="optional", handed_in=True)

    assert code_of(booked, submission=submission) == "submission-closed"


def test_calling_off_frees_the_slot_until_it_begins(submission):
    booking = booked(submission)
    heard = []
    session_called_off.connect(lambda by, **_: heard.append(by), weak=False, dispatch_uid="test")

    response = signed_in(booking.slot.host).post(reverse("assessments:session-cancel", args=[booking.pk]))

    session_called_off.disconnect(dispatch_uid="test")
    assert (response.status_code, heard) == (302, [booking.slot.host])
    assert code_of(actions.cancel_booking, booking=booking, by=submission.learner) == "cancelled-already"
    again = actions.book_slot(submission=submission, slot=booking.slot, by=submission.learner)
    assert code_of(actions.cancel_booking, booking=begun(again), by=submission.learner) == "begun"


def test_withdrawing_a_try_frees_its_slot(submission):
    booking = booked(submission)

    withdraw_submission(submission=submission, by=submission.learner)

    booking.refresh_from_db()
    assert booking.cancelled_at
    assert slots_for(SubmissionFactory(practical=submission.practical), timezone.now()) == [booking.slot]


def test_a_slot_that_is_called_off_takes_its_booking_with_it(submission):
    booking = booked(submission)

    for _ in range(2):
        actions.cancel_slot(slot=booking.slot, reason="Ill.", by=make_person())

    booking.refresh_from_db()
    assert booking.cancelled_at and booking.slot.cancel_reason == "Ill."


@pytest.mark.parametrize("name", ["session-cancel", "session-begin"])
def test_strangers_find_no_session_to_change(submission, name):
    assert (
        signed_in(make_grader()).post(reverse(f"assessments:{name}", args=[booked(submission).pk])).status_code == 404
    )


@pytest.mark.parametrize("name", ["session-calendar", "session-attestation"])
def test_strangers_find_no_session_to_read(submission, name):
    assert signed_in(make_person()).get(reverse(f"assessments:{name}", args=[booked(submission).pk])).status_code == 404


# Calendars


def test_calendar_file_is_read_by_others_and_takes_the_event_out_again(submission):
    booking = booked(submission, minutes=45, location="https://meet.example.com/a;b,c\nBEGIN:VEVENT")
    address = reverse("assessments:session-calendar", args=[booking.pk])

    first = Calendar.from_ical(signed_in(submission.learner).get(address).content)
    actions.cancel_booking(booking=booking, by=submission.learner)
    second = Calendar.from_ical(signed_in(booking.slot.host).get(address).content)

    (event,), (gone,) = first.walk("VEVENT"), second.walk("VEVENT")
    assert event["uid"] == gone["uid"]
    assert (event["status"], gone["status"], gone["sequence"]) == ("CONFIRMED", "CANCELLED", 1)
    assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(minutes=45)
    assert "a;b,c" in event["location"]
    assert (first["method"], second["method"]) == ("PUBLISH", "CANCEL")


# Attestation


def test_the_host_says_once_that_it_took_place_and_the_learner_can_hand_in(submission):
    make_recording(submission)
    assert why_not_hand_in(submission, database_now()).code == "not-booked"
    booking = begun(booked(submission))
    assert why_not_hand_in(submission, database_now()).code == "not-attested"

    address = reverse("assessments:session-attestation", args=[booking.pk])
    response = signed_in(booking.slot.host).post(
        address, {"took_place": "yes", "text": "I played the privacy officer."}
    )

    assert response.status_code == 302
    assert why_not_hand_in(submission, database_now()) is None
    assert code_of(attest, booking=booking) == "attested-already"
    with pytest.raises(DatabaseError), transaction.atomic():
        Attestation.objects.update(text="Something else.")


def test_a_session_that_did_not_take_place_has_a_reason_and_another_is_booked(submission):
    booking = begun(booked(submission))
    address = reverse("assessments:session-attestation", args=[booking.pk])
    bare = signed_in(booking.slot.host).post(address, {"took_place": "no", "text": " "})
    assert (bare.status_code, Attestation.objects.exists()) == (200, False)
    assert "the learner reads it" in bare.content.decode()

    signed_in(booking.slot.host).post(address, {"took_place": "no", "text": "Nobody came."})

    assert not Attestation.objects.get().took_place
    assert booked(submission).pk != booking.pk


def test_only_the_host_attests_and_not_before_the_start(submission):
    booking = booked(submission)

    assert code_of(attest, booking=booking) == "not-begun"
    assert code_of(attest, booking=begun(booking), by=submission.learner) == "not-host"
    off = booked(SubmissionFactory(practical=submission.practical), hours=72)
    actions.cancel_booking(booking=off, by=off.slot.host)
    assert code_of(attest, booking=begun(off)) == "cancelled-already"


def test_page_of_a_host_shows_what_waits_and_is_empty_for_others(submission):
    booking = begun(booked(submission))
    make_slot(submission.practical, host=booking.slot.host)

    page = signed_in(booking.slot.host).get(reverse("assessments:sessions")).content.decode()

    assert "Say what became of it" in page and "Nobody has booked it yet." in page
    empty = signed_in(make_person()).get(reverse("assessments:sessions")).content.decode()
    assert "No session is planned with you" in empty


def test_sessions_of_a_host_cost_two_queries_however_many(submission, django_assert_num_queries):
    host = make_person()
    for hours in range(2, 6):
        booked(SubmissionFactory(practical=submission.practical), hours=hours, host=host)

    with django_assert_num_queries(2):
        assert len(hosted_by(host, timezone.now())) == 4


# Live marking


def test_a_grader_who_sits_in_marks_without_a_recording(submission):
    grader = make_grader()
    booking = begun(booked(submission, grader=grader), hours=0)

    response = signed_in(grader).post(reverse("assessments:session-begin", args=[booking.pk]))

    task = ReviewTask.objects.get()
    assert response["Location"] == reverse("assessments:desk", args=[task.pk])
    assert (task.wanted_grader, task.state) == (grader, "leased")
    assert signed_in(grader).get(response["Location"]).status_code == 200


def test_a_live_session_is_handed_in_without_a_recording_and_waits_for_its_grader(submission):
    grader = make_grader()
    attest(begun(booked(submission, grader=grader)))

    hand_in(submission=submission, by=submission.learner)

    assert claim_next(by=make_grader()) is None
    assert claim_next(by=grader).task.submission_id == submission.pk


def test_with_a_recording_any_grader_marks_it(submission):
    attest(begun(booked(submission, grader=make_grader())))
    make_recording(submission)

    hand_in(submission=submission, by=submission.learner)

    assert claim_next(by=make_grader()) is not None


@pytest.mark.parametrize(("hours", "code"), [(-2, "too-early"), (25, "too-late")])
def test_the_desk_of_a_live_session_opens_around_its_time(submission, hours, code):
    grader = make_grader()

    assert code_of(actions.begin_live, booking=begun(booked(submission, grader=grader), hours), by=grader) == code


def test_the_desk_opens_for_the_grader_of_the_session_once(submission):
    grader = make_grader()
    booking = begun(booked(submission, grader=grader))
    assert code_of(actions.begin_live, booking=booking, by=make_grader()) == "not-grader"

    actions.begin_live(booking=booking, by=grader)

    assert code_of(actions.begin_live, booking=booking, by=grader) == "handed-in"


def test_a_conflict_found_since_keeps_the_desk_shut(submission):
    grader = make_grader()
    booking = begun(booked(submission, grader=grader))
    Conflict.objects.create(grader=grader, learner=submission.learner)

    assert code_of(actions.begin_live, booking=booking, by=grader) == "conflict"
    submission.refresh_from_db()
    assert submission.state == "draft"


def test_only_the_grader_reads_what_the_customer_of_a_session_says(submission):
    make_recording(submission)
    attest(begun(booked(submission)), text="I was as cool as the brief asks for.")
    hand_in(submission=submission, by=submission.learner)
    lease = claim_next(by=make_grader())

    desk = signed_in(lease.grader).get(reverse("assessments:desk", args=[lease.task_id])).content.decode()
    page = signed_in(submission.learner).get(reverse("assessments:submission", args=[submission.pk])).content.decode()

    assert "as cool as the brief asks for" in desk
    assert "as cool as the brief asks for" not in page


def test_sessions_are_divided_into_what_waits_what_is_ahead_and_what_is_behind(submission):
    host, now = make_person(), timezone.now()
    slots = {hours: make_slot(submission.practical, host=host, hours=hours) for hours in (-72, -48, -0.5, 24)}
    Booking.objects.create(slot=slots[-48], submission=submission, booked_at=now - timedelta(days=3))

    shown = sessions_of(host, now)

    assert [one.slot for one in shown.waiting] == [slots[-48]]
    assert [one.slot for one in shown.ahead] == [slots[-0.5], slots[24]]
    assert [one.slot for one in shown.behind] == [slots[-72]]
    html = signed_in(host).get(reverse("assessments:sessions")).content.decode()
    assert html.index("Waiting for you") < html.index("Ahead</h2>") < html.index("Behind you")
