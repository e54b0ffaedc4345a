"""Publishing and withdrawing exams."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TypedDict, Unpack

from django.db import transaction

from assessments.models import BlueprintCell, Exam, ExamVersion
from assessments.rules.banks import content_hash
from assessments.rules.blueprints import pool_of, version_hash, warnings_for, why_not_publish, why_not_publish_again
from assessments.rules.draws import Cell
from assessments.rules.publications import said_of
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import refuse_if
from courses.models.content import ContentState


@dataclass(frozen=True, slots=True)
class Publication:
    """The version that stands, and what its publisher should know: a sentence for each thin cell."""

    version: ExamVersion
    warnings: list[str] = field(default_factory=list)


class Terms(TypedDict, total=False):
    """What a version allows, as the fields of `ExamVersion` say; what isn't given is the field's default. Times in UTC."""

    minutes: int
    pass_percent: Decimal
    waits_hours: Sequence[int]
    max_attempts: int
    within_days: int
    opens_at: datetime | None
    closes_at: datetime | None
    results_at: datetime | None


@transaction.atomic
def publish_exam(*, exam: Exam, cells: Iterable[Cell], by: Person | None = None, **terms: Unpack[Terms]) -> Publication:
    """Freeze terms and blueprint as the exam's version and open it; the same content again changes nothing.

    Refused: no cell, a cell that the bank can't fill. Warns below three times a cell's count.
    """
    exam = _locked(exam)
    rows = [BlueprintCell(position=n, **asdict(one)) for n, one in enumerate(cells)]
    version = ExamVersion(exam=exam, **terms)
    version.waits_hours = list(version.waits_hours)
    standing = exam.current_version
    if standing is not None and standing.content_hash == _hash(version, rows):
        return Publication(_open(exam, standing), warnings_for(rows, pool_of(exam.bank_id)))
    version.number = next_number(exam)
    version.save()
    for row in rows:
        row.exam_version = version
    BlueprintCell.objects.bulk_create(rows)
    return _publish(exam, version, by)


@transaction.atomic
def publish_version(*, version: ExamVersion, by: Person) -> Publication:
    """Publish a draft version that was written in the administration. Refused as `publish_exam`; warns of what others say too."""
    exam = _locked(version.exam)
    version = ExamVersion.objects.select_for_update().get(pk=version.pk)
    if version.published_at is not None:
        refuse_if(why_not_publish_again(exam, version))
        return Publication(_open(exam, version))
    published = _publish(exam, version, by)
    return Publication(published.version, [*published.warnings, *said_of(exam)])


@transaction.atomic
def draft_version(*, version: ExamVersion, by: Person) -> ExamVersion:
    """A new draft with the limits and cells of this version, to be edited and published in the administration."""
    _locked(version.exam)
    cells = list(version.cells.all())
    draft = ExamVersion.objects.get(pk=version.pk)
    draft.pk, draft.number = None, next_number(version.exam)
    draft.content_hash, draft.published_at, draft.published_by = "", None, None
    draft.save(force_insert=True)
    for cell in cells:
        cell.pk, cell.exam_version = None, draft
    BlueprintCell.objects.bulk_create(cells)
    return draft


def next_number(exam: Exam) -> int:
    """The number of the exam's next version."""
    last = exam.versions.order_by("-number").first()
    return last.number + 1 if last else 1


@transaction.atomic
def withdraw_exam(*, exam: Exam, by: Person) -> Exam:
    """Nobody starts the exam any more; running attempts go on to their end. Doing it again changes nothing."""
    exam = _locked(exam)
    if exam.state == ContentState.PUBLISHED:
        exam.state = ContentState.WITHDRAWN
        exam.save(update_fields=["state"])
    return exam


def _hash(version: ExamVersion, rows: Sequence[BlueprintCell]) -> str:
    """The version's hash; dates are part of it only where there are some, so that older versions keep theirs."""
    dates = [version.opens_at, version.closes_at, *([version.results_at] if version.results_at else [])]
    if not any(dates):
        return version_hash(version, rows)
    return content_hash([version_hash(version, rows), [one.isoformat() if one else None for one in dates]])


def _locked(exam: Exam) -> Exam:
    """The exam's row, locked, then read with its version: read in the locking query it could be the one before a wait."""
    Exam.objects.select_for_update().only("pk").get(pk=exam.pk)
    return Exam.objects.select_related("current_version", "bank").get(pk=exam.pk)


def _publish(exam: Exam, version: ExamVersion, by: Person | None) -> Publication:
    rows, pool = list(version.cells.select_related("course", "objective")), pool_of(exam.bank_id)
    refuse_if(why_not_publish(rows, pool))
    version.content_hash = _hash(version, rows)
    version.published_at = database_now()
    version.published_by_id = by.pk if by else None
    version.save(update_fields=["content_hash", "published_at", "published_by"])
    return Publication(_open(exam, version), warnings_for(rows, pool))


def _open(exam: Exam, version: ExamVersion) -> ExamVersion:
    if (exam.state, exam.current_version_id) != (ContentState.PUBLISHED, version.pk):
        exam.state, exam.current_version = ContentState.PUBLISHED, version
        exam.save(update_fields=["state", "current_version"])
    return version


__all__ = ["Cell", "Publication", "draft_version", "next_number", "publish_exam", "publish_version", "withdraw_exam"]
