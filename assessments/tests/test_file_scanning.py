"""Files of learners and the scanner of an installation: malware is never kept, and nobody is told of a look that wasn't."""

import sys

import pytest

from assessments import disk, scanning
from assessments.models import SubmissionFile
from assessments.tests.factories_practicals import SubmissionFactory
from assessments.tests.test_handins import kept, post, sent
from assessments.tests.test_recording_access import signed_in
from courses.lib.refusals import Refused
from courses.models import AuditEvent

pytestmark = pytest.mark.django_db
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The harmless signature that every scanner finds. Source: eicar.org."""
SCANNER = """
import pathlib, sys, time
data = pathlib.Path(sys.argv[1]).read_bytes()
time.sleep(60 if b"slow" in data else 0)
sys.exit(1 if b"EICAR-STANDARD" in data else 0)
"""


@pytest.fixture
def submission():
    return SubmissionFactory(practical__written=True, practical__takes_evidence=True)


@pytest.fixture
def scanner(tmp_path, settings):
    script = tmp_path / "scanner.py"
    script.write_text(SCANNER)
    settings.FILE_SCANNER = f"{sys.executable} {script}"


def bytes_kept():
    return [path for path in (disk.root() / "files").rglob("*") if path.is_file()]


def test_a_file_with_malware_is_refused_and_never_kept(submission, scanner):
    response = post(submission, "submission-file", {"file": sent("notes.txt", EICAR)})

    assert response.status_code == 409 and "malware" in response.content.decode()
    assert (SubmissionFile.objects.count(), bytes_kept()) == (0, [])
    assert AuditEvent.objects.get(event="file.infected").actor == submission.learner


def test_a_clean_file_says_when_it_was_scanned(submission, scanner):
    post(submission, "submission-file", {"file": sent("notes.txt", b"A plan.")})

    assert SubmissionFile.objects.get().scanned_at
    assert "not scanned" not in page_of(submission)


def test_without_a_scanner_files_are_taken_and_readers_are_told(submission):
    kept(submission)

    assert SubmissionFile.objects.get().scanned_at is None
    assert "not scanned for malware" in page_of(submission)


@pytest.mark.parametrize("command", ["/nowhere/scanner", "/bin/sh -c 'exit 2'", "/bin/sh -c 'kill -9 $$'"])
def test_while_the_scanner_does_not_answer_no_file_is_taken(submission, settings, command):
    settings.FILE_SCANNER = command

    with pytest.raises(Refused, match="can't be scanned"):
        kept(submission)

    assert (SubmissionFile.objects.count(), bytes_kept()) == (0, [])


def test_a_scanner_that_hangs_is_ended(submission, scanner, monkeypatch):
    monkeypatch.setattr(scanning, "SECONDS", 0.5)

    with pytest.raises(Refused, match="can't be scanned"):
        kept(submission, name="slow.txt", data=b"slow")

    assert bytes_kept() == []


def page_of(submission):
    """The practical's page as its learner sees it."""
    return signed_in(submission.learner).get(submission.practical.get_absolute_url()).content.decode()
