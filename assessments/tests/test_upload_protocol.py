"""The tus server: what each request answers, and that nobody else's upload exists."""

import base64
import hashlib
from datetime import timedelta
from io import BytesIO

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from assessments import parts, storage
from assessments.models import Recording, RecordingState, Submission, SubmissionState, Upload, UploadState
from assessments.rules import uploads as rules
from assessments.tests.factories_recordings import SubmissionFactory, upload_for
from assessments.views.tus import speaks_tus
from courses.lib.refusals import Refusal, Refused
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture
def submission():
    return SubmissionFactory()


@pytest.fixture
def client(submission):
    return signed_in(submission.learner)


def signed_in(person, **kwargs):
    client = Client(**kwargs)
    client.force_login(person)
    return client


def metadata(**values):
    return ",".join(f"{key} {base64.b64encode(str(value).encode()).decode()}" for key, value in values.items())


def create(client, submission, length=10, **headers):
    headers = TUS | {"Upload-Length": str(length), "Upload-Metadata": metadata(submission=submission.pk)} | headers
    headers = {name: value for name, value in headers.items() if value is not None}
    return client.post(reverse("assessments:uploads"), headers=headers)


def address(upload):
    return reverse("assessments:upload", args=[upload.pk])


def patch(client, upload, data, offset=0, content_type="application/offset+octet-stream", **headers):
    headers = TUS | {"Upload-Offset": str(offset), "Content-Type": content_type} | headers
    return client.generic("PATCH", address(upload), data, headers=headers)


def head(client, upload):
    return client.head(address(upload), headers=TUS)


def delete(client, upload):
    return client.delete(address(upload), headers=TUS)


def test_creation_binds_an_upload_to_the_submission(client, submission):
    response = create(
        client, submission, **{"Upload-Metadata": metadata(submission=submission.pk, filename="möte.mp4")}
    )

    upload = Upload.objects.get()
    assert (response.status_code, response["Location"]) == (201, address(upload))
    assert (upload.owner, upload.recording.submission) == (submission.learner, submission)
    assert (upload.length, upload.recording.original_name) == (10, "möte.mp4")
    assert response["Recording"] == str(upload.recording_id)
    assert list(upload.recording.events.values_list("new", flat=True)) == ["uploading"]


def test_bytes_arrive_in_pieces_and_head_says_how_far(client, submission):
    upload = upload_for(submission)

    first = patch(client, upload, b"01234")
    between = head(client, upload)
    last = patch(client, upload, b"56789", 5)

    assert [one.status_code for one in (first, between, last)] == [204, 200, 204]
    assert (first["Upload-Offset"], between["Upload-Offset"], last["Upload-Offset"]) == ("5", "5", "10")
    assert (between["Upload-Length"], between["Cache-Control"]) == ("10", "no-store")
    upload.refresh_from_db()
    assert (upload.state, upload.recording.state) == (UploadState.COMPLETE, RecordingState.RECEIVED)


def test_a_complete_file_is_renamed_into_its_recordings_folder(client, submission, django_capture_on_commit_callbacks):
    upload = upload_for(submission)
    inode = None
    patch(client, upload, b"01234")
    inode = parts.part_path(upload.pk).stat().st_ino

    with django_capture_on_commit_callbacks(execute=True):
        patch(client, upload, b"56789", 5)

    original = storage.original_path(upload.recording)
    assert original.read_bytes() == b"0123456789"
    assert original.stat().st_ino == inode
    assert not parts.part_path(upload.pk).exists()


def test_the_disk_is_the_truth_and_the_row_follows(client, submission):
    upload = upload_for(submission)
    patch(client, upload, b"01234")
    parts.part_path(upload.pk).write_bytes(b"012")

    seen, refused, done = head(client, upload), patch(client, upload, b"5", 5), patch(client, upload, b"3", 3)

    assert (seen["Upload-Offset"], refused.status_code, done["Upload-Offset"]) == ("3", 409, "4")
    upload.refresh_from_db()
    assert upload.offset == 4


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"offset": 3}, 409),
        ({"content_type": "application/octet-stream"}, 415),
        ({"Tus-Resumable": "0.2.2"}, 412),
        ({"Upload-Offset": "-1"}, 400),
        ({"Upload-Offset": "1e3"}, 400),
        ({"Upload-Offset": "9" * 40}, 400),
        ({"Upload-Length": "11"}, 400),
        ({"data": b"0" * 11}, 413),
        ({"Upload-Checksum": "md5 AAAA"}, 400),
        ({"Upload-Checksum": "sha1 ??"}, 400),
        ({"Upload-Checksum": "sha1 AAAA"}, 400),
    ],
)
def test_a_wrong_patch_moves_nothing(client, submission, change, status):
    upload = upload_for(submission)

    response = patch(client, upload, **({"data": b"012"} | change))

    assert response.status_code == status
    assert head(client, upload)["Upload-Offset"] == "0"


def test_a_patch_without_offset_is_malformed(client, submission):
    headers = TUS | {"Content-Type": "application/offset+octet-stream"}

    response = client.generic("PATCH", address(upload_for(submission)), b"", headers=headers)

    assert response.status_code == 400


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_checksum_decides_whether_bytes_are_kept(client, submission, algorithm):
    upload = upload_for(submission)
    digest = base64.b64encode(hashlib.new(algorithm, b"01234").digest()).decode()
    header = {"Upload-Checksum": f"{algorithm} {digest}"}

    wrong = patch(client, upload, b"0123x", **header)
    offset = head(client, upload)["Upload-Offset"]
    right = patch(client, upload, b"01234", **header)

    assert (wrong.status_code, offset, right.status_code) == (460, "0", 204)
    assert parts.part_path(upload.pk).read_bytes() == b"01234"


def test_a_length_may_be_told_later_but_only_once(client, submission):
    create(client, submission, **{"Upload-Length": None, "Upload-Defer-Length": "1"})
    upload = Upload.objects.get()

    unknown = head(client, upload)
    patch(client, upload, b"01234")
    told = patch(client, upload, b"56", 5, **{"Upload-Length": "8"})
    changed = patch(client, upload, b"7", 7, **{"Upload-Length": "9"})
    done = patch(client, upload, b"7", 7)

    assert unknown["Upload-Defer-Length"] == "1"
    assert [one.status_code for one in (told, changed, done)] == [204, 400, 204]
    upload.refresh_from_db()
    assert upload.state == UploadState.COMPLETE


def test_an_empty_patch_that_tells_the_length_finishes(client, submission):
    upload = upload_for(submission, None)
    patch(client, upload, b"01234")

    patch(client, upload, b"", 5, **{"Upload-Length": "5"})

    upload.refresh_from_db()
    assert upload.state == UploadState.COMPLETE


def test_a_length_below_what_came_is_refused(client, submission):
    upload = upload_for(submission, None)
    patch(client, upload, b"01234")

    response = patch(client, upload, b"", 5, **{"Upload-Length": "4"})

    assert response.status_code == 413
    assert head(client, upload)["Upload-Defer-Length"] == "1"


@pytest.mark.parametrize(
    "headers",
    [
        {"Upload-Length": "ten"},
        {"Upload-Length": None},
        {"Upload-Defer-Length": "1"},
        {"Upload-Length": None, "Upload-Defer-Length": "2"},
        {"Upload-Concat": "partial"},
        {"Upload-Metadata": ""},
        {"Upload-Metadata": "submission !!!"},
        {"Upload-Metadata": "submission " + base64.b64encode(b"\xff").decode()},
        {"Upload-Metadata": metadata(submission="not-an-id")},
        {"Upload-Metadata": ", ,"},
        {"Upload-Metadata": "a YQ==,a YQ=="},
        {"Upload-Metadata": "a " + "A" * 5000},
    ],
)
def test_a_malformed_creation_creates_nothing(client, submission, headers):
    response = create(client, submission, **headers)

    assert response.status_code == 400
    assert not Recording.objects.exists()


def test_control_and_direction_marks_of_a_name_are_dropped(client, submission):
    hostile = "a\x00\u202eb\r\n\u2066.mp4"
    create(client, submission, **{"Upload-Metadata": metadata(submission=submission.pk, filename=hostile)})

    assert Recording.objects.get().original_name == "ab.mp4"


def test_options_says_what_the_server_can_do(client, submission):
    for url in (reverse("assessments:uploads"), address(upload_for(submission))):
        response = client.options(url)

        assert (response.status_code, response["Tus-Version"]) == (204, "1.0.0")
        assert set(response["Tus-Extension"].split(",")) == {
            "creation", "creation-defer-length", "termination", "checksum", "expiration",
        }  # fmt: skip


def test_other_methods_are_not_allowed(client, submission):
    upload = upload_for(submission)

    assert client.get(reverse("assessments:uploads"), headers=TUS).status_code == 405
    assert client.get(address(upload), headers=TUS).status_code == 405


def test_somebody_elses_upload_and_submission_do_not_exist(submission):
    upload = upload_for(submission)
    boss = make_person(is_superuser=True, is_staff=True)
    for person in (make_person(), boss):
        other = signed_in(person)

        answers = [
            head(other, upload), patch(other, upload, b"x"), delete(other, upload), create(other, submission)
        ]  # fmt: skip

        assert [one.status_code for one in answers] == [404] * 4
    assert parts.stored_bytes(upload) == 0


def test_nobody_uploads_without_a_session(submission):
    upload, anonymous = upload_for(submission), Client()

    answers = [
        create(anonymous, submission), head(anonymous, upload), patch(anonymous, upload, b"x"), delete(anonymous, upload)
    ]  # fmt: skip

    assert [one.status_code for one in answers] == [401] * 4


def test_a_suspended_learner_is_out_on_the_next_request(client, submission):
    upload = upload_for(submission)
    submission.learner.is_active = False
    submission.learner.save()

    assert patch(client, upload, b"x").status_code == 401


def test_csrf_protection_stays_on(submission):
    upload, strict = upload_for(submission), signed_in(submission.learner, enforce_csrf_checks=True)

    without = [create(strict, submission), patch(strict, upload, b"x"), delete(strict, upload)]
    strict.cookies["csrftoken"] = "a" * 32
    token = {"X-CSRFToken": "a" * 32}
    with_token = [create(strict, submission, **token), patch(strict, upload, b"x", **token)]

    assert [one.status_code for one in without] == [403] * 3
    assert [one.status_code for one in with_token] == [201, 204]


def test_nothing_is_added_after_completion(client, submission):
    upload = upload_for(submission, 3)
    patch(client, upload, b"012")

    answers = [patch(client, upload, b"3", 3), delete(client, upload), head(client, upload)]

    assert [one.status_code for one in answers] == [403, 403, 200]
    assert answers[2]["Upload-Offset"] == "3"


def test_a_deleted_upload_is_gone_with_its_bytes(client, submission, django_capture_on_commit_callbacks):
    upload = upload_for(submission)
    patch(client, upload, b"012")

    with django_capture_on_commit_callbacks(execute=True):
        deleted = delete(client, upload)

    answers = [head(client, upload), patch(client, upload, b"3", 3), delete(client, upload)]
    assert (deleted.status_code, [one.status_code for one in answers]) == (204, [410] * 3)
    assert not parts.part_path(upload.pk).exists()
    assert Recording.objects.get().state == RecordingState.DISCARDED


def test_an_upload_in_use_is_locked_for_others(client, submission):
    upload = upload_for(submission)

    with parts.locked_part(upload.pk):
        answers = [patch(client, upload, b"012"), delete(client, upload)]

    assert [one.status_code for one in answers] == [423] * 2
    assert answers[0]["Retry-After"] == "2"
    assert head(client, upload)["Upload-Offset"] == "0"


def refused(response):
    return response.status_code, response.json()["code"]


def test_only_an_editable_submission_that_wants_one_takes_a_recording(client, submission):
    Submission.objects.update(state=SubmissionState.WITHDRAWN, withdrawn_at=timezone.now())
    closed = create(client, submission)
    Submission.objects.update(state=SubmissionState.RETURNED, withdrawn_at=None)
    returned = create(client, submission)
    practical = submission.practical
    practical.recordings_required, practical.notes_required = 0, True
    practical.save()
    unwanted = create(client, submission)

    assert refused(closed) == (409, "submission-closed")
    assert returned.status_code == 201
    assert refused(unwanted) == (409, "recording-not-wanted")


def test_sizes_beyond_the_practical_are_refused(client, submission):
    limit = submission.practical.max_bytes

    assert refused(create(client, submission, limit + 1)) == (413, "too-large")
    assert refused(create(client, submission, 0)) == (409, "empty-file")
    assert create(client, submission, limit).status_code == 201


def test_three_uploads_may_be_open(client, submission):
    opened = [create(client, submission).status_code for _ in range(3)]

    assert opened == [201] * 3
    assert refused(create(client, submission)) == (413, "too-many-uploads")


def test_an_unknown_length_reserves_the_largest_file(client, submission):
    deferred = {"Upload-Length": None, "Upload-Defer-Length": "1"}
    create(client, submission, **deferred)
    create(client, submission, **deferred)

    assert rules.open_bytes(Upload.objects.open()) == 6 << 30
    assert refused(create(client, submission, **deferred)) == (413, "too-much-open")
    assert create(client, submission, 2 << 30).status_code == 201


def test_an_unknown_length_is_bound_by_the_practical(client, submission):
    submission.practical.max_bytes = 4
    submission.practical.save()
    upload = upload_for(submission, None)

    assert patch(client, upload, b"01234").status_code == 413


def test_five_complete_files_use_up_a_try_unless_we_failed(client, submission):
    for _ in range(5):
        patch(client, upload_for(submission, 1), b"x")
    used_up = create(client, submission)
    Recording.objects.filter(pk=Recording.objects.first().pk).update(state=RecordingState.FAILED)

    assert refused(used_up) == (409, "uploads-used-up")
    assert create(client, submission).status_code == 201


def test_files_that_we_can_not_check_are_taken_five_times(client, submission):
    for _ in range(5):
        patch(client, upload_for(submission, 1), b"x")
    Recording.objects.update(state=RecordingState.FAILED)

    assert refused(create(client, submission)) == (409, "checks-failed")
    Recording.objects.filter(pk=Recording.objects.first().pk).update(counts=False)
    assert create(client, submission).status_code == 201


def test_starts_within_an_hour_are_counted(client, submission):
    for _ in range(rules.MAX_STARTS_AN_HOUR):
        delete(client, upload_for(submission))
    refusal = create(client, submission)
    Upload.objects.update(created_at=timezone.now() - timedelta(hours=2))

    assert refused(refusal) == (429, "too-fast")
    assert create(client, submission).status_code == 201


def test_a_full_disk_refuses_new_files_and_lets_running_ones_go_on(client, submission, settings):
    upload = upload_for(submission)
    settings.DISK_RESERVE_PERCENT = 100

    response = create(client, submission)

    assert (refused(response), response["Retry-After"]) == ((507, "disk-low"), "3600")
    assert patch(client, upload, b"012").status_code == 204


def test_a_refused_piece_is_read_to_its_end_so_that_the_client_hears_why(client, submission):
    upload, body = upload_for(submission, 40), BytesIO(b"x" * 30)
    asked = RequestFactory().patch("/", data=b"", headers={"tus-resumable": "1.0.0"})
    asked._stream = body

    @speaks_tus
    def refusing(request):
        raise Refused(Refusal("disk-low", "No room."))

    assert refusing(asked).status_code == 507
    assert (body.tell(), upload.offset) == (30, 0)


def test_running_out_of_room_keeps_what_came(client, submission, monkeypatch):
    upload = upload_for(submission)

    def no_room(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(parts.os, "fdatasync", no_room)
    response = patch(client, upload, b"012")

    assert refused(response) == (507, "disk-low")
    upload.refresh_from_db()
    assert upload.offset == parts.stored_bytes(upload) == 3


def test_other_faults_of_the_disk_are_not_hidden(submission, monkeypatch):
    def broken(*args):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(parts.os, "fdatasync", broken)
    client = signed_in(submission.learner, raise_request_exception=False)

    assert patch(client, upload_for(submission), b"012").status_code == 500
