"""Links, files and agreements of a try: over HTTP, by rule, and for those who read them."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments import disk, storage
from assessments.actions import handins as actions
from assessments.actions.claims import claim_next
from assessments.actions.practicals import hand_in, return_submission
from assessments.models import RecordingDisclosure, ReviewerPool, SubmissionFile, SubmissionLink
from assessments.rules.handins import SUFFIXES, why_not_kind
from assessments.rules.practicals import why_not_hand_in
from assessments.tests.factories_practicals import SubmissionFactory, make_grader, make_recording
from courses.lib.clock import database_now
from courses.lib.refusals import Refused
from courses.tests.at_once import at_once
from courses.tests.people import make_person
from courses.tests.words import without_tokens

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 a plan"
LINK = {"url": "https://sandbox.example.com/project/7", "title": "The pipeline"}


@pytest.fixture
def submission():
    return SubmissionFactory(practical__written=True, practical__takes_evidence=True)


@pytest.fixture
def calls():
    """An open try with two recorded customer calls."""
    submission = SubmissionFactory(practical__recordings_required=2, practical__disclosure="customers")
    for place in (1, 2):
        make_recording(submission, place=place)
    return submission


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def post(submission, name, data, by=None, **args):
    address = reverse(f"assessments:{name}", kwargs={"submission_id": submission.pk} | args)
    return signed_in(by or submission.learner).post(address, data)


def sent(name="plan.pdf", data=PDF):
    return SimpleUploadedFile(name, data)


def kept(submission, **fields):
    return actions.add_file(submission=submission, sent=sent(**fields), by=submission.learner)


def page_of(submission):
    return signed_in(submission.learner).get(submission.practical.get_absolute_url()).content.decode()


def in_days(days):
    return (timezone.now().date() + timedelta(days=days)).isoformat()


def declaration(**changes):
    agreed = {
        "place": 1,
        "basis": "consent",
        "speakers": "Mara Lind, 2026-11-01\nJo Park, 2026-11-02",
        "redaction": "not_needed",
        "purge_on": in_days(90),
    }
    return agreed | changes


# Links and files


def test_links_and_files_are_added_shown_and_taken_out(submission):
    assert post(submission, "submission-link", LINK).status_code == 302
    assert post(submission, "submission-file", {"file": sent()}).status_code == 302
    shown = page_of(submission)
    assert "The pipeline" in shown and "plan.pdf" in shown

    post(submission, "submission-link-remove", {}, link_id=SubmissionLink.objects.get().pk)
    post(submission, "submission-file-remove", {}, file_id=SubmissionFile.objects.get().pk)

    assert "Nothing is here yet." in page_of(submission)
    assert not SubmissionLink.objects.exists()
    assert SubmissionFile.objects.get().removed_at


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("submission-link", {"url": "javascript:alert(1)", "title": "x"}, "Paste the whole address"),
        ("submission-link", {"url": "ftp://example.com/x", "title": "x"}, "Paste the whole address"),
        ("submission-link", {"url": LINK["url"], "title": ""}, "This field is required"),
        ("submission-file", {"file": SimpleUploadedFile("run.exe", b"MZ")}, "not taken. Send one of"),
        ("submission-file", {"file": SimpleUploadedFile("page.html", b"<script>")}, "not taken. Send one of"),
        ("submission-file", {"file": SimpleUploadedFile("plan.pdf", b"<script>")}, "something else inside"),
        ("submission-file", {"file": SimpleUploadedFile("plan.pdf", b"")}, "This file is empty"),
        ("submission-file", {}, "This field is required"),
    ],
)
def test_what_is_not_taken_is_said_at_its_field_and_keeps_what_was_typed(submission, name, data, words):
    response = post(submission, name, data)

    assert response.status_code == 400
    assert words in response.content.decode()
    assert not SubmissionLink.objects.exists() and not SubmissionFile.objects.exists()


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_every_kind_that_is_taken_begins_as_it_should(suffix):
    starts = SUFFIXES[suffix]
    good = starts[0] + b"\0\1\2" if starts else "Größe".encode()

    assert why_not_kind(f"A{suffix.upper()}", good) is None
    assert why_not_kind(f"a{suffix}", b"\x7fELF\0" if starts else b"a\0b").code == "file-kind"


def test_text_may_be_cut_within_a_character_but_not_be_another_encoding():
    assert why_not_kind("a.txt", "ü".encode() * 10 + b"\xc3") is None
    assert why_not_kind("a.txt", "Größe und Maß".encode("latin-1")).code == "file-kind"


def test_a_name_reads_as_it_is(submission):
    assert kept(submission, name="plan\u202efdp.exe.pdf").name == "planfdp.exe.pdf"


def test_no_file_is_larger_than_twenty_megabytes(submission, monkeypatch):
    monkeypatch.setattr("assessments.rules.handins.MOST_FILE_BYTES", 4)

    assert "At most" in post(submission, "submission-file", {"file": sent()}).content.decode()


def test_the_same_file_or_link_is_there_once(submission):
    kept(submission)
    post(submission, "submission-link", LINK)

    assert post(submission, "submission-file", {"file": sent("other.pdf")}).status_code == 409
    assert post(submission, "submission-link", LINK).status_code == 409


def test_there_is_an_end_to_links_and_files(submission, monkeypatch):
    monkeypatch.setattr("assessments.rules.handins.MOST_FILES", 1)
    monkeypatch.setattr("assessments.rules.handins.MOST_LINKS", 1)
    kept(submission)
    post(submission, "submission-link", LINK)

    assert post(submission, "submission-file", {"file": sent(data=PDF + b"2")}).status_code == 409
    assert post(submission, "submission-link", LINK | {"url": "https://example.com/2"}).status_code == 409


def test_a_refused_file_leaves_no_bytes(submission, monkeypatch):
    kept(submission)
    monkeypatch.setattr(actions, "why_not_take_evidence", lambda submission: None)
    monkeypatch.setattr("assessments.rules.handins.MOST_FILES", 1)

    with pytest.raises(Refused):
        kept(submission, data=PDF + b"2")

    assert len([path for path in (disk.root() / "files").rglob("*") if path.is_file()]) == 1


def test_short_disk_takes_no_file(submission, monkeypatch):
    monkeypatch.setattr(disk, "is_low", lambda: True)

    with pytest.raises(Refused, match="short of room"):
        kept(submission)


@pytest.mark.django_db(transaction=True)
def test_one_file_sent_by_two_tabs_is_there_once():
    submission = SubmissionFactory(practical__written=True, practical__takes_evidence=True)

    first, second = at_once([lambda: kept(submission, name="1.pdf"), lambda: kept(submission, name="2.pdf")])

    assert "file-there" in (first, second)
    assert SubmissionFile.objects.count() == 1


def test_a_practical_that_asks_for_none_takes_none():
    submission = SubmissionFactory(practical__written=True)

    assert post(submission, "submission-link", LINK).status_code == 409
    with pytest.raises(Refused, match="doesn't ask"):
        kept(submission)


def test_nothing_changes_after_handing_in_and_versions_keep_what_they_had(submission):
    file = kept(submission)
    link = actions.add_link(submission=submission, by=submission.learner, **LINK)
    version = hand_in(submission=submission, by=submission.learner).versions.get()

    assert post(submission, "submission-link", LINK | {"url": "https://example.com/late"}).status_code == 409
    assert post(submission, "submission-file-remove", {}, file_id=file.pk).status_code == 409
    assert post(submission, "submission-link-remove", {}, link_id=link.pk).status_code == 409
    return_submission(submission=submission, reason="Once more.", by=make_person())
    actions.remove_file(submission=submission, file=file, by=submission.learner)
    actions.remove_link(submission=submission, link_id=link.pk, by=submission.learner)
    assert (version.links, list(version.files.all())) == ([LINK], [file])


@pytest.mark.parametrize("asks", ["links", "files"])
def test_hand_in_waits_for_the_evidence_that_is_asked_for(asks):
    submission = SubmissionFactory(
        practical__written=True, practical__takes_evidence=True, **{f"practical__{asks}_required": 1}
    )
    assert why_not_hand_in(submission, database_now()).code == f"{asks}-missing"

    kept(submission)
    actions.add_link(submission=submission, by=submission.learner, **LINK)

    assert why_not_hand_in(submission, database_now()) is None


def test_a_file_is_handed_out_as_a_download_to_those_who_read_the_try(submission):
    file = kept(submission, name="Plän\r\n.pdf")
    address = reverse("assessments:evidence-file", args=[file.pk])
    hand_in(submission=submission, by=submission.learner)
    lease = claim_next(by=make_grader())

    for person in (submission.learner, lease.grader):
        response = signed_in(person).get(address)
        assert b"".join(response.streaming_content) == PDF
        assert response["Content-Disposition"].startswith("attachment")
        assert response["Content-Type"] == "application/octet-stream"
        assert response["X-Content-Type-Options"] == "nosniff"
    for person in (make_person(), make_grader()):
        assert signed_in(person).get(address).status_code == 404
    assert Client().get(address).status_code == 401
    storage.drop_file(file)
    assert signed_in(submission.learner).get(address).status_code == 404


@pytest.mark.parametrize("name", ["submission-link", "submission-file", "submission-disclosure"])
def test_another_person_finds_nothing_to_add_to(submission, name):
    assert post(submission, name, LINK, by=make_person()).status_code == 404


# Agreements


def test_hand_in_waits_until_every_recording_may_be_heard(calls):
    assert why_not_hand_in(calls, database_now()).sentence.startswith("Recording 1: Say who is heard")
    post(calls, "submission-disclosure", declaration())
    assert why_not_hand_in(calls, database_now()).sentence.startswith("Recording 2: Say who is heard")

    post(calls, "submission-disclosure", declaration(place=2))

    assert why_not_hand_in(calls, database_now()) is None
    version = hand_in(submission=calls, by=calls.learner).versions.get()
    assert [one["place"] for one in version.disclosures] == [1, 2]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"speakers": "Mara Lind, 2026-11-01\nJo Park"}, "consent-missing"),
        ({"redaction": "to_do"}, "redaction"),
    ],
)
def test_an_unfinished_declaration_is_kept_and_holds_the_hand_in(calls, change, code):
    post(calls, "submission-disclosure", declaration(place=2))
    post(calls, "submission-disclosure", declaration(**change))

    assert RecordingDisclosure.objects.count() == 2
    assert why_not_hand_in(calls, database_now()).code == code


def test_another_lawful_basis_needs_no_consent(calls):
    for place in (1, 2):
        post(calls, "submission-disclosure", declaration(place=place, basis="contract", speakers="Mara Lind"))

    assert why_not_hand_in(calls, database_now()) is None


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"purge_on": "2020-01-01"}, 400),
        ({"purge_on": "2099-01-01"}, 400),
        ({"purge_on": in_days(0)}, 400),
        ({"purge_on": in_days(5)}, 400),
        ({"place": 3}, 409),
        ({"place": 0}, 400),
        ({"speakers": "Mara Lind, soon"}, 400),
        ({"speakers": "Mara Lind, 2099-01-01"}, 400),
        ({"speakers": ""}, 400),
        ({"speakers": ", 2026-11-01"}, 400),
        ({"basis": "because"}, 400),
        ({"speakers": "\n".join(f"Person {n}" for n in range(21))}, 409),
    ],
)
def test_a_declaration_that_can_not_stand_is_refused(calls, change, status):
    assert post(calls, "submission-disclosure", declaration(**change)).status_code == status
    assert not RecordingDisclosure.objects.exists()


def test_what_was_typed_comes_back_with_its_fault(calls):
    response = post(calls, "submission-disclosure", declaration(speakers="Mara Lind, soon"))

    assert "Mara Lind, soon" in response.content.decode()
    assert "Line 1: write the day as 2026-11-20." in response.content.decode()


def test_a_day_that_is_too_near_comes_back_with_all_that_was_typed(calls):
    html = post(calls, "submission-disclosure", declaration(purge_on=in_days(1))).content.decode()

    assert "Jo Park, 2026-11-02" in html
    assert "so that a grader can read it before" in html
    assert f'min="{in_days(calls.practical.review_days + 1)}"' in html


def test_a_recording_is_not_deleted_before_its_answer_is_promised(calls):
    first = calls.practical.review_days + 1
    for place in (1, 2):
        post(calls, "submission-disclosure", declaration(place=place, purge_on=in_days(first)))
    now = database_now()
    assert why_not_hand_in(calls, now) is None

    assert why_not_hand_in(calls, now + timedelta(days=1)).code == "purge-day"


def test_a_promise_that_lies_later_than_the_days_of_the_practical_counts(calls, monkeypatch):
    monkeypatch.setattr("assessments.rules.agreements.promised_at", lambda _, now, percent: now + timedelta(days=30))

    response = post(calls, "submission-disclosure", declaration(purge_on=in_days(30)))

    assert response.status_code == 400
    assert post(calls, "submission-disclosure", declaration(purge_on=in_days(31))).status_code == 302


def test_saved_agreements_lead_back_to_the_agreements(calls):
    assert post(calls, "submission-disclosure", declaration()).url.endswith("#people")


def test_graders_read_how_many_people_agreed_and_no_names(calls):
    for place in (1, 2):
        post(calls, "submission-disclosure", declaration(place=place))
    hand_in(submission=calls, by=calls.learner)
    lease = claim_next(by=make_grader())

    desk = signed_in(lease.grader).get(reverse("assessments:desk", args=[lease.task_id])).content.decode()

    assert "2 people are heard; every speaker consented." in desk
    assert "Mara" not in without_tokens(desk)


# Who reads it


def test_work_of_a_pool_goes_to_its_members_alone():
    pool = ReviewerPool.objects.create(slug="sandbox", title="Sandbox")
    SubmissionFactory(handed_in=True, practical__reviewer_pool=pool)
    member, other = make_grader(), make_grader()
    pool.members.add(member)

    assert claim_next(by=other) is None
    assert claim_next(by=member) is not None
