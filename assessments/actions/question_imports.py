"""Imports in the administration: a file is uploaded, read in the background, reported on, and written when somebody accepts.

Lock order: import, then bank, then questions.
"""

import logging
from datetime import datetime, timedelta

from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError, transaction

from assessments import signals
from assessments.actions.imports import accept_report, import_questions
from assessments.models import ImportState, QuestionImport
from assessments.models.question_imports import IMPORT_TRANSITIONS
from assessments.question_files import WALL_SECONDS
from assessments.rules.import_rows import rows_after, rows_before
from assessments.rules.imports import Report, why_not_accept_import, why_not_so_often, why_not_upload
from courses.lib.clock import database_now
from courses.lib.limits import seconds_to_wait
from courses.lib.people import Person
from courses.lib.refusals import refuse_if
from courses.lib.states import why_not_move

log = logging.getLogger(__name__)

MOST_TRIES = 3
UPLOADS_AN_HOUR = 60
QUEUED_AGAIN_AFTER = timedelta(minutes=1)
HANGING_AFTER = timedelta(seconds=2 * WALL_SECONDS)


@transaction.atomic
def upload_questions(*, bank_slug: str, file: UploadedFile, format: str = "", by: Person) -> QuestionImport:
    """Keep a file of questions to be read in the background.

    Refused: a slug that no bank can bear, an empty file, one above 50 MB, and more than sixty in an hour.
    """
    refuse_if(why_not_upload(bank_slug, file.size or 0))
    wait = seconds_to_wait("question-upload", f"person {by.pk}", allowed=UPLOADS_AN_HOUR, per_seconds=3600)
    refuse_if(why_not_so_often("uploaded files", wait))
    now = database_now()
    row = QuestionImport.objects.create(
        bank_slug=bank_slug,
        file=file,
        name=(file.name or "file")[-200:],
        format=format,
        state_since=now,
        made_by_id=by.pk,
        made_at=now,
    )
    signals.question_import_queued.send(QuestionImport, row=row)
    return row


@transaction.atomic
def accept_import(*, row: QuestionImport, by: Person) -> QuestionImport:
    """Have the good questions of a file that was read written, in the background and in one transaction.

    Refused: while it isn't read, when it was accepted, and where nothing of it can be taken.
    """
    row = QuestionImport.objects.select_for_update().get(pk=row.pk)
    refuse_if(why_not_accept_import(row))
    row.accepted_by_id, row.accepted_at, row.tries = by.pk, database_now(), 0
    _move(row, ImportState.ACCEPTING)
    signals.question_import_queued.send(QuestionImport, row=row)
    return row


def work_on_import(*, import_id: int) -> QuestionImport | None:
    """Read or write one import that waits. Returns None, and changes nothing, where none waits or another works on it."""
    row = _begin(import_id)
    if row is None or row.state == ImportState.FAILED:
        return row
    return _read(row) if row.state == ImportState.PARSING else _write(row)


@transaction.atomic
def _begin(import_id: int) -> QuestionImport | None:
    """The next try of what waits; after the last one it has failed."""
    waiting = QuestionImport.objects.select_for_update(skip_locked=True, of=("self",)).select_related("accepted_by")
    row = waiting.filter(pk=import_id, state__in=[ImportState.UPLOADED, ImportState.ACCEPTING]).first()
    if row is None:
        return None
    row.tries += 1
    if row.state == ImportState.UPLOADED:
        _move(row, ImportState.PARSING)
    elif row.tries > MOST_TRIES:
        _move(row, ImportState.FAILED)
    else:
        row.save(update_fields=["tries"])
    return row


def _read(row: QuestionImport) -> QuestionImport:
    """Read the file outside of any transaction; keep the report."""
    report = _report_on(row)
    return _finish(row, report, ImportState.PARSED if report.takes else ImportState.REFUSED)


def _report_on(row: QuestionImport) -> Report:
    with row.file.open("rb") as file:
        data = file.read()
    return import_questions(bank_slug=row.bank_slug, data=data, name=row.name, format=row.format)


def _write(row: QuestionImport) -> QuestionImport:
    """Read the file again and write what it holds. A database that refuses leaves it for the next try."""
    report = _report_on(row)
    try:
        with transaction.atomic():
            held = QuestionImport.objects.select_for_update().get(pk=row.pk)
            if held.state != ImportState.ACCEPTING:
                return held
            done = accept_report(bank_slug=row.bank_slug, report=report, by=row.accepted_by) if report.takes else report
            return _finish(held, done, ImportState.ACCEPTED if report.takes else ImportState.REFUSED)
    except DatabaseError:
        log.exception("import %s could not be written, try %s", row.pk, row.tries)
        return row


@transaction.atomic
def _finish(row: QuestionImport, report: Report, state: ImportState) -> QuestionImport:
    """Keep the report, and the file only while it is needed. A reading that the sweep gave up writes nothing."""
    held = QuestionImport.objects.select_for_update().filter(pk=row.pk, state=row.state, tries=row.tries).first()
    if held is None:
        return row
    decided = state in (ImportState.ACCEPTED, ImportState.REFUSED)
    rows = rows_after(report) if decided else rows_before(report, held.bank_slug)
    held.report, held.format = report.as_json() | {"questions": rows}, report.format
    _move(held, state)
    if decided:
        transaction.on_commit(lambda: held.file.delete(save=False), robust=True)
    return held


def _move(row: QuestionImport, state: ImportState) -> None:
    refuse_if(why_not_move(IMPORT_TRANSITIONS, old=row.state, new=state))
    row.state, row.state_since = state, database_now()
    row.save()


def imports_to_work_on(*, now: datetime) -> list[int]:
    """Ids of imports that wait longer than a nudge takes, the oldest first."""
    waiting = QuestionImport.objects.filter(state__in=[ImportState.UPLOADED, ImportState.ACCEPTING])
    overdue = waiting.filter(state_since__lt=now - QUEUED_AGAIN_AFTER)
    return list(overdue.order_by("state_since").values_list("pk", flat=True)[:100])


def free_hanging_imports(*, now: datetime) -> int:
    """Give back what a dead worker held; after the last try it has failed. Returns how many moved."""
    held = QuestionImport.objects.filter(state=ImportState.PARSING, state_since__lt=now - HANGING_AFTER)
    return sum(_free(pk) for pk in held.values_list("pk", flat=True))


@transaction.atomic
def _free(import_id: int) -> bool:
    row = QuestionImport.objects.select_for_update().filter(pk=import_id, state=ImportState.PARSING).first()
    if row is not None:
        _move(row, ImportState.FAILED if row.tries >= MOST_TRIES else ImportState.UPLOADED)
    return row is not None
