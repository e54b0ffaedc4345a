"""Attacks on what is new around practicals: other people's rows, odd input, names at the desk, floods and leftovers."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.actions import handins as actions
from assessments.actions import sessions
from assessments.actions.claims import claim_next
from assessments.actions.practicals import hand_in
from assessments.models import SessionSlot, Upload
from assessments.rules.worksheets import rows_of, why_not_author, why_not_formula
from assessments.tests.factories_practicals import (
    SubmissionFactory,
    make_grader,
    make_recording,
    make_slot,
    run_out,
)
from assessments.tests.recorder_deeds import camera, live
from courses.lib.refusals import Refused
from courses.tests.people import make_person
from courses.tests.words import without_tokens

pytestmark = pytest.mark.django_db
ODD = ["", "\0", "x\0y", "9" * 400, "-1", "NaN", "1e999", "\u202e", "\ud7ff", "%00", "a" * 70_000, "²", "١"]
NAMES = {
    "submission-link": ("url", "title"),
    "submission-notes": ("notes", "revision", "sheet-a", "sheet-b", "own-points-x"),
    "submission-disclosure": ("place", "basis", "speakers", "redaction", "purge_on"),
    "session-book": ("slot",),
    "recording-consent": ("place", "others", "alone", "agreed"),
    "submission-hand-in": ("notes", "revision", "sheet-a"),
}


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def whole_try(**fields):
    """An open try at a practical that asks for everything."""
    wanted = {
        "practical__takes_evidence": True,
        "practical__recordings_required": 2,
        "practical__disclosure": "customers",
        "practical__session": "optional",
        "practical__self_assessment": True,
        "practical__worksheet": [
            {"slug": "a", "label": "A", "kind": "number"},
            {"slug": "b", "label": "B", "kind": "result", "formula": "a * a * a * a / (a - a * a)"},
        ],
    }
    return SubmissionFactory(**wanted | fields)


def sent(name="plan.pdf", data=b"%PDF-1.7 a plan"):
    return SimpleUploadedFile(name, data)


def every_route(submission):
    """Every route of a try with its own rows, as (method, address)."""
    by = submission.learner
    link = actions.add_link(submission=submission, url="https://e.example/1", title="One", by=by)
    file = actions.add_file(submission=submission, sent=sent(), by=by)
    recording = make_recording(submission)
    booking = sessions.book_slot(submission=submission, slot=make_slot(submission.practical), by=by)
    own = {"submission_id": submission.pk}
    posts = [(name, own) for name in [*NAMES, "submission-file", "submission-withdraw"]]
    posts += [
        ("submission-link-remove", own | {"link_id": link.pk}),
        ("submission-file-remove", own | {"file_id": file.pk}),
        ("session-cancel", {"booking_id": booking.pk}),
        ("session-begin", {"booking_id": booking.pk}),
        ("session-attestation", {"booking_id": booking.pk}),
        ("recording-parts", {"recording_id": recording.pk}),
    ]
    gets = [("submission", own), ("record", own), ("evidence-file", {"file_id": file.pk})]
    gets += [(f"session-{name}", {"booking_id": booking.pk}) for name in ("calendar", "brief", "attestation")]
    media = ["recording-media", "recording-poster", "recording-captions", "recording-status"]
    gets += [(name, {"recording_id": recording.pk}) for name in media]
    gets += [("recording-sprite", {"recording_id": recording.pk, "sheet": 0})]
    return [
        (method, reverse(f"assessments:{name}", kwargs=kwargs))
        for method, routes in (("post", posts), ("get", gets), ("head", gets))
        for name, kwargs in routes
    ]


@pytest.mark.parametrize("who", ["stranger", "grader", "staff", "manager"])
def test_no_route_of_a_try_opens_to_somebody_else(who):
    routes = every_route(whole_try())
    partner = apps.get_model("accreditation.Organisation").objects.create(slug="northbeam", name="Northbeam")
    people = {
        "stranger": make_person,
        "grader": make_grader,
        "staff": lambda: make_person(is_staff=True),
        "manager": lambda: make_person(groups=["partner manager"], organisation=partner),
    }
    client = signed_in(people[who]())

    answers = {(method, address): getattr(client, method)(address).status_code for method, address in routes}

    assert {found: code for found, code in answers.items() if code not in (403, 404, 405)} == {}


def test_every_route_of_a_try_asks_for_a_session_and_a_token():
    submission = whole_try()
    routes = every_route(submission)
    learner = Client(enforce_csrf_checks=True)
    learner.force_login(submission.learner)
    for method, address in routes:
        code = getattr(Client(), method)(address).status_code
        assert code in (302, 401), address
        if method == "post":
            assert learner.post(address).status_code == 403, address
    assert submission.links.count() == submission.files.kept().count() == 1


def test_rows_of_another_try_are_never_reached_by_their_ids():
    mine, theirs = whole_try(), whole_try()
    link = actions.add_link(submission=theirs, url="https://e.example/1", title="One", by=theirs.learner)
    file = actions.add_file(submission=theirs, sent=sent(), by=theirs.learner)
    slot, client = make_slot(theirs.practical), signed_in(mine.learner)

    def post(name, data=None, **kwargs):
        address = reverse(f"assessments:{name}", kwargs={"submission_id": mine.pk} | kwargs)
        return client.post(address, data or {}).status_code

    post("submission-link-remove", link_id=link.pk)
    assert post("submission-file-remove", file_id=file.pk) == 404
    assert post("session-book", {"slot": str(slot.pk)}) == 404
    assert post("submission-link-remove", link_id=10**30) == 302
    assert theirs.links.count() == theirs.files.kept().count() == 1


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_odd_input_is_refused_in_words(odd):
    submission = whole_try()
    client = signed_in(submission.learner)
    for name, fields in NAMES.items():
        address = reverse(f"assessments:{name}", args=[submission.pk])
        for field in fields:
            assert client.post(address, {field: odd, "revision": "0"} | {field: odd}).status_code < 500
        assert client.post(address, dict.fromkeys(fields, odd)).status_code < 500
        body = "&".join(f"{field}=%ff%00%ed%a0%80" for field in fields)
        assert client.post(address, body, content_type="application/x-www-form-urlencoded").status_code < 500
    assert client.get(submission.practical.get_absolute_url(), {"recording": odd}).status_code < 500
    assert client.get(reverse("assessments:record", args=[submission.pk]), {"place": odd}).status_code < 500


@pytest.mark.parametrize("sheet", ["0", "99", "9" * 30, "9" * 4000])
def test_a_sheet_of_pictures_that_never_was_is_not_found(sheet):
    recording = make_recording(whole_try())
    address = reverse("assessments:recording-poster", args=[recording.pk]).replace("poster", f"sprite/{sheet}")

    assert signed_in(recording.submission.learner).get(address).status_code == 404


@pytest.mark.parametrize(
    "name",
    ["a\r\nX-Evil: 1.pdf", "\u202efdp.exe.pdf", '"; x=".pdf', "../../etc/passwd.pdf", "n" * 195 + ".pdf", "\0.pdf"],
)
def test_a_hostile_name_of_a_file_stays_one_harmless_header(name):
    submission = whole_try()
    client = signed_in(submission.learner)
    client.post(reverse("assessments:submission-file", args=[submission.pk]), {"file": sent(name)})
    file = submission.files.first()
    if file is None:
        return
    answer = client.get(reverse("assessments:evidence-file", args=[file.pk]))

    assert answer.status_code == 200 and "X-Evil" not in answer
    assert answer["Content-Disposition"].startswith("attachment") and "\u202e" not in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"


def desk_after(deed):
    """A try with a named file on a grader's desk; what the desk says after `deed` was done with the lease."""
    submission = whole_try(
        practical__recordings_required=0, practical__written=True, practical__disclosure="none",
        practical__self_assessment=False, practical__worksheet=[], notes="They pay for three tools.",
    )  # fmt: skip
    file = actions.add_file(submission=submission, sent=sent("Ada Okafor plan.PDF"), by=submission.learner)
    hand_in(submission=submission, by=submission.learner)
    grader = make_grader()
    lease = claim_next(by=grader)
    deed(lease)
    client = signed_in(grader)
    page = client.get(reverse("assessments:desk", args=[lease.task_id])).content.decode()
    return page, client.get(reverse("assessments:evidence-file", args=[file.pk])), file


def test_names_of_files_do_not_say_who_the_learner_is():
    page, answer, file = desk_after(lambda lease: None)

    assert "Ada" not in without_tokens(page) and "Okafor" not in page
    assert file.blind_name in page and file.blind_name.endswith(".pdf")
    assert answer.status_code == 200 and "Ada" not in answer["Content-Disposition"]
    assert "Ada" in signed_in(file.submission.learner).get(answer.request["PATH_INFO"])["Content-Disposition"]


def test_desk_of_a_lease_that_is_over_shows_nothing_of_the_work():
    page, answer, _ = desk_after(run_out)

    assert answer.status_code == 404
    assert "Lease over, draft kept" in page
    assert "three tools" not in page and "file-" not in page and "object to the price" not in page


def code_of(deed, **arguments):
    with pytest.raises(Refused) as caught:
        deed(**arguments)
    return caught.value.refusal.code


def test_taking_files_out_does_not_make_room_for_endless_ones():
    submission = whole_try()
    by = submission.learner
    for number in range(40):
        file = actions.add_file(submission=submission, sent=sent(data=b"%PDF-" + str(number).encode()), by=by)
        actions.remove_file(submission=submission, file=file, by=by)

    assert code_of(actions.add_file, submission=submission, sent=sent(), by=by) == "too-fast"
    submission.files.update(sent_at=timezone.now() - timedelta(hours=2))
    assert actions.add_file(submission=submission, sent=sent(), by=by)


def test_booking_and_calling_off_does_not_flood_the_host():
    submission = whole_try()
    slot, by = make_slot(submission.practical), submission.learner
    for _ in range(6):
        booking = sessions.book_slot(submission=submission, slot=slot, by=by)
        sessions.cancel_booking(booking=booking, by=by)

    assert code_of(sessions.book_slot, submission=submission, slot=slot, by=by) == "too-often"
    submission.bookings.update(booked_at=timezone.now() - timedelta(days=2))
    assert sessions.book_slot(submission=submission, slot=slot, by=by)


def test_beginning_live_and_withdrawing_take_their_locks_in_one_order():
    submission, grader = whole_try(), make_grader()
    slot = make_slot(submission.practical, grader=grader)
    booking = sessions.book_slot(submission=submission, slot=slot, by=submission.learner)
    SessionSlot.objects.update(starts_at=timezone.now())
    with CaptureQueriesContext(connection) as queries:
        sessions.begin_live(booking=booking, by=grader)
    locks = [one["sql"] for one in queries if "FOR UPDATE" in one["sql"]]

    assert 'FROM "assessments_submission"' in locks[0] and 'FROM "assessments_booking"' in locks[1]


def test_a_worksheet_as_its_author_may_write_it_is_shown():
    worksheet = [{"slug": "a", "label": "A"}, {"slug": "b", "label": "B", "kind": "number"}]

    assert why_not_author(worksheet) == ""
    assert [row.kind for row in rows_of(worksheet, {"a": "words"})] == ["text", "number"]
    assert "at most" in why_not_formula("-" * 900 + "b", ["b"])


def test_handing_in_never_leaves_behind_what_was_typed_last():
    submission = SubmissionFactory(practical__written=True, notes="An old draft.")
    address = reverse("assessments:submission-hand-in", args=[submission.pk])
    answer = signed_in(submission.learner).post(address, {"notes": "x" * 50_001, "revision": "0"})

    submission.refresh_from_db()
    assert (answer.status_code, submission.state) == (400, "draft")


def test_a_second_camera_track_is_refused_in_words():
    main = live(SubmissionFactory())
    track = camera(main)
    assert camera(main) == track
    Upload.objects.filter(pk=track.pk).update(state="complete", length=1, offset=1)

    assert code_of(camera, upload=main) == "track-there"


def test_the_calendar_file_of_a_booking_that_was_called_off_does_not_say_where_the_next_one_meets():
    submission = whole_try()
    slot = make_slot(submission.practical, location="Room 4\r\nATTENDEE:mailto:eve@example.com")
    booking = sessions.book_slot(submission=submission, slot=slot, by=submission.learner)
    client, address = signed_in(submission.learner), reverse("assessments:session-calendar", args=[booking.pk])
    standing = client.get(address).content
    sessions.cancel_booking(booking=booking, by=submission.learner)

    assert b"Room 4" in standing and b"\nATTENDEE" not in standing
    assert b"Room 4" not in client.get(address).content
