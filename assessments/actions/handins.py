"""Adding to a try what proves it: links, files, and what its speakers agreed to."""

import hashlib
import logging
from collections.abc import Sequence
from datetime import date

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext, gettext_noop

from assessments import disk, scanning, storage
from assessments.actions.practicals import locked_submission
from assessments.models import RecordingDisclosure, Submission, SubmissionFile, SubmissionLink
from assessments.rules.agreements import MOST_SPEAKERS, Speaker, why_not_declare
from assessments.rules.handins import (
    LOOKED_AT,
    why_not_add,
    why_not_another_file,
    why_not_file,
    why_not_kind,
    why_not_link,
    why_not_size,
    why_not_take_evidence,
)
from courses.lib.clock import database_now
from courses.lib.files import readable_name
from courses.lib.people import Person
from courses.lib.refusals import Refusal, Refused, refuse_if
from courses.models import AuditEvent

log = logging.getLogger(__name__)

INFECTED = Refusal(
    "file-infected",
    gettext_noop("Our scanner found malware in this file, so it was not kept. Clean your computer first."),
)
SCANNER_AWAY = Refusal(
    "scanner-away", gettext_noop("Files can't be scanned at the moment, so none is taken. Try again in some minutes.")
)


@transaction.atomic
def add_link(*, submission: Submission, url: str, title: str, by: Person) -> SubmissionLink:
    """Add a link. Refused: evidence-not-wanted, submission-closed, link-there, links-full."""
    submission = locked_submission(submission)
    refuse_if(why_not_take_evidence(submission) or why_not_link(submission, url))
    return SubmissionLink.objects.create(submission=submission, url=url, title=title)


@transaction.atomic
def remove_link(*, submission: Submission, link_id: int, by: Person) -> None:
    """Take a link out; doing it twice is fine. Refused: submission-closed."""
    submission = locked_submission(submission)
    refuse_if(why_not_add(submission))
    submission.links.filter(pk=link_id).delete()


def add_file(*, submission: Submission, sent: UploadedFile, by: Person) -> SubmissionFile:
    """Keep a file with the try, its bytes safe on disk before its row.

    Refused: as the rules of handins say, disk-low, file-infected, scanner-away. Source: rules.md 4.8, ASVS 5.0 V5.4.3.
    """
    name, size = readable_name(sent.name or "file")[-200:], sent.size or 0
    refuse_if(why_not_take_evidence(submission) or why_not_another_file(submission, database_now()))
    refuse_if(why_not_size(size) or why_not_kind(name, sent.read(LOOKED_AT)))
    digest = hashlib.sha256()
    for block in sent.chunks():
        digest.update(block)
    if disk.is_low():
        raise Refused(
            Refusal("disk-low", gettext("We are short of room for new files at the moment. Try again in an hour."))
        )
    file = SubmissionFile(submission=submission, name=name, size=size, sha256=digest.hexdigest())
    storage.keep_file(file, sent)
    try:
        _scan(file, by)
        return _add_row(file)
    except BaseException:
        storage.drop_file(file)
        raise


def _scan(file: SubmissionFile, by: Person) -> None:
    """Look for malware before anybody can have the file: its row, by which it is found, isn't written yet."""
    if not scanning.is_configured():
        return
    try:
        is_infected = scanning.finds_malware(storage.file_path(file))
    except scanning.ScannerAway:
        log.exception("the scanner doesn't answer")
        raise Refused(SCANNER_AWAY) from None
    if is_infected:
        log.warning("malware in a file of submission %s, SHA-256 %s", file.submission_id, file.sha256)
        subject = f"assessments.submission:{file.submission_id}"
        AuditEvent.objects.create(actor_id=by.pk, event="file.infected", subject=subject)
        raise Refused(INFECTED)
    file.scanned_at = database_now()


@transaction.atomic
def _add_row(file: SubmissionFile) -> SubmissionFile:
    submission = locked_submission(file.submission)
    file.sent_at = database_now()
    refuse_if(why_not_take_evidence(submission) or why_not_another_file(submission, file.sent_at))
    refuse_if(why_not_file(submission, file.sha256))
    try:
        with transaction.atomic():
            file.save(force_insert=True)
    except IntegrityError:  # a second press of the same button won: submission_file_once
        raise Refused(Refusal("file-there", gettext("This file is there already."))) from None
    return file


@transaction.atomic
def remove_file(*, submission: Submission, file: SubmissionFile, by: Person) -> None:
    """Take a file out; what was handed in before keeps it. Refused: submission-closed."""
    submission = locked_submission(submission)
    refuse_if(why_not_add(submission))
    submission.files.kept().filter(pk=file.pk).update(removed_at=database_now())


@transaction.atomic
def declare(
    *,
    submission: Submission,
    place: int,
    basis: str,
    speakers: Sequence[Speaker],
    redaction: str,
    purge_on: date,
    by: Person,
) -> RecordingDisclosure:
    """Write down who is heard in a recording of a try and what they agreed to; a later one takes its place.

    It may stand unfinished; handing in asks whether it is enough. Refused: as `why_not_declare` says, too-many-speakers.
    """
    submission = locked_submission(submission)
    now = database_now()
    refuse_if(why_not_declare(submission, place, purge_on, now))
    if len(speakers) > MOST_SPEAKERS:
        raise Refused(
            Refusal(
                "too-many-speakers",
                gettext("At most %(most_speakers)s people can be named.") % {"most_speakers": MOST_SPEAKERS},
            )
        )
    told = [{"name": one.name, "agreed_on": one.agreed_on.isoformat() if one.agreed_on else ""} for one in speakers]
    values = {"basis": basis, "speakers": told, "redaction": redaction, "purge_on": purge_on}
    declared = {"declared_by_id": by.pk, "declared_at": now}
    row, _ = submission.disclosures.update_or_create(place=place, defaults=values | declared)
    return row
