"""A file of people is uploaded, read in the background, looked at, and applied as it was seen.

Lock order: import, then deed, then people.
"""

import logging
from collections import Counter
from datetime import timedelta
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accreditation.actions.bulk import SILENCE, begin
from accreditation.models import (
    BulkDeed,
    BulkDeedRow,
    DeedKind,
    PeopleImport,
    PeopleImportRow,
    PeopleImportState,
    RowOutcome,
    User,
)
from accreditation.models.bulk import PEOPLE_IMPORT_TRANSITIONS
from accreditation.rules.people_files import ReadRow, columns_of, rows_of, why_not_import
from accreditation.signals import people_file_uploaded
from courses.actions.audit import record_event
from courses.lib.limits import seconds_to_wait
from courses.lib.refusals import Refusal, refuse_if
from courses.lib.states import why_not_move
from courses.lib.tables import MOST_BYTES, TableFault, read_all, read_table

log = logging.getLogger(__name__)
FILES_AN_HOUR = 30
MOST_TRIES = 3
AGAIN_AFTER = timedelta(minutes=5)
TO_DO = (RowOutcome.CREATE, RowOutcome.CHANGE)


@transaction.atomic
def upload_people(*, file: UploadedFile, mode: str, only_whole: bool, by: User) -> PeopleImport:
    """Keep a file of people to be read in the background. Refused: `not-allowed`, `too-large`, `too-many` in an hour."""
    refuse_if(why_not_import(by))
    if not file.size or file.size > MOST_BYTES:
        most = MOST_BYTES // 1_000_000
        refuse_if(Refusal("too-large", _("A file has at least one row and at most %(mb)s MB.") % {"mb": most}))
    if seconds_to_wait("people-file", f"person {by.pk}", allowed=FILES_AN_HOUR, per_seconds=3600):
        refuse_if(Refusal("too-many", _("You have uploaded many files within the hour. Go on later.")))
    now = timezone.now()
    row = PeopleImport.objects.create(
        file=file, name=(file.name or "file")[-200:], mode=mode, only_whole=only_whole, made_by=by, made_at=now,
        due_at=now + SILENCE,
    )  # fmt: skip
    record_event(event="file of people uploaded", by=by, subject=f"accreditation.peopleimport:{row.pk}")
    people_file_uploaded.send(sender=PeopleImport, people_import=row)
    return row


def read_people(*, import_id: int) -> PeopleImport | None:
    """Read one file that waits. None where none waits. One that can't be finished three times has failed."""
    row = _begin(import_id)
    if row is None or row.state == PeopleImportState.FAILED:
        return row
    try:
        return _read(row)
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        log.exception("file of people %s was not read, try %s", import_id, row.tries)
        return row


@transaction.atomic
def _begin(import_id: int) -> PeopleImport | None:
    rows = PeopleImport.objects.select_for_update(skip_locked=True)
    row = rows.filter(pk=import_id, state=PeopleImportState.UPLOADED).first()
    if row is None:
        return None
    if row.tries >= MOST_TRIES:
        _end(row, PeopleImportState.FAILED, _("The file could not be read. Split it and try again."))
    else:
        row.tries, row.due_at = row.tries + 1, timezone.now() + AGAIN_AFTER
        row.save(update_fields=["tries", "due_at"])
    return row


@transaction.atomic
def _read(row: PeopleImport) -> PeopleImport:
    """The rows with what becomes of them, or why the file can't be read; in one transaction, so that it is read once."""
    held = PeopleImport.objects.select_for_update(of=("self",)).select_related("made_by").get(pk=row.pk)
    if held.state != PeopleImportState.UPLOADED or held.tries != row.tries:
        return held
    with held.file.open("rb") as file:
        data = read_all(file)
    try:
        table = read_table(data)
        lines = iter(table.rows)
        first = next(lines, None)
        places, unknown = columns_of(first[1] if first else [])
        rows = rows_of(lines, places, held.mode, held.made_by)
    except (TableFault, ValueError) as fault:
        return _end(held, PeopleImportState.REFUSED, str(fault))
    if not rows:
        return _end(held, PeopleImportState.REFUSED, _("The file has no row below its headings."))
    made = (_stored(held, place, one) for place, one in enumerate(rows))
    PeopleImportRow.objects.bulk_create(made, batch_size=1000)
    held.columns, held.counts = list(places), dict(Counter(one.becomes.value for one in rows))
    held.notes = [note for note in (table.note, _not_read(unknown)) if note]
    return _end(held, PeopleImportState.READ, "")


def _stored(row: PeopleImport, place: int, one: ReadRow) -> PeopleImportRow:
    return PeopleImportRow(
        people_import=row, position=place, line=one.line, email=one.email, becomes=one.becomes, values=one.values,
        seen=one.seen, problems=[list(problem) for problem in one.problems],
    )  # fmt: skip


def _not_read(unknown: list[str]) -> str:
    if not unknown:
        return ""
    return _("These columns are not read: %(columns)s.") % {"columns": ", ".join(f"“{one}”" for one in unknown)}


def _end(row: PeopleImport, state: PeopleImportState, problem: str) -> PeopleImport:
    """The file goes: what is needed of it stands in the rows."""
    refuse_if(why_not_move(PEOPLE_IMPORT_TRANSITIONS, old=row.state, new=state))
    row.state, row.problem, row.due_at = state, problem[:2000], None
    name, storage = row.file.name, row.file.storage
    row.file = ""
    row.save()
    if name:
        transaction.on_commit(lambda: storage.delete(name), robust=True)
    return row


def why_not_apply(row: PeopleImport, by: User) -> Refusal | None:
    """A file that was read and has something to do, whole where its uploader wanted it whole. Source: rules.md 13.18."""
    if refusal := why_not_import(by) or why_not_move(
        PEOPLE_IMPORT_TRANSITIONS, old=row.state, new=PeopleImportState.APPLIED
    ):
        return refusal
    if row.only_whole and row.counts.get(RowOutcome.WRONG):
        return Refusal(
            "wrong-rows", _("Some rows are wrong, and it was to be applied whole. Put them right and upload it again.")
        )
    if not any(row.counts.get(one) for one in TO_DO):
        return Refusal("nothing", _("No row of this file would change anything."))
    return None


@transaction.atomic
def apply_people(*, row: PeopleImport, tells: bool, by: User) -> BulkDeed:
    """Order that the right rows of a file are applied as they were shown. Refused as `why_not_apply` says."""
    held = PeopleImport.objects.select_for_update().get(pk=row.pk)
    refuse_if(why_not_apply(held, by))
    held.state = PeopleImportState.APPLIED
    held.save(update_fields=["state"])
    rows = held.rows.filter(becomes__in=TO_DO).order_by("position")
    count, now = rows.count(), timezone.now()
    words = ngettext("File of people “%(name)s”: %(n)s row", "File of people “%(name)s”: %(n)s rows", count)
    deed = BulkDeed.objects.create(
        kind=DeedKind.IMPORT, people_import=held, arguments={"tells": tells}, people=count, by=by, made_at=now,
        due_at=now + SILENCE, title=(words % {"name": held.name, "n": count})[:300],
    )  # fmt: skip
    people: dict[str, int] = {}
    keys = rows.filter(becomes=RowOutcome.CHANGE).values("email")
    people = dict(User.objects.filter(email__in=keys).values_list("email", "pk"))
    made = (_ordered(deed, one, people) for one in rows.iterator(chunk_size=2000))
    BulkDeedRow.objects.bulk_create(made, batch_size=2000)
    begin(deed)
    return deed


def _ordered(deed: BulkDeed, one: PeopleImportRow, people: dict[str, int]) -> Any:
    return BulkDeedRow(deed=deed, position=one.position, import_row=one, person_id=people.get(one.email))


@transaction.atomic
def drop_people(*, row: PeopleImport, by: User) -> PeopleImport:
    """Put a file aside that was read: nothing of it will be applied. Refused in another state."""
    refuse_if(why_not_import(by))
    held = PeopleImport.objects.select_for_update().get(pk=row.pk)
    refuse_if(why_not_move(PEOPLE_IMPORT_TRANSITIONS, old=held.state, new=PeopleImportState.DROPPED))
    held.state = PeopleImportState.DROPPED
    held.save(update_fields=["state"])
    return held
