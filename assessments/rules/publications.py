"""What stands in the way of publishing a draft, and what its publisher should know before."""

from assessments.models import Exam, ExamVersion
from assessments.rules.blueprints import pool_of, warnings_for, why_not_publish
from assessments.signals import exam_publishing
from courses.lib.refusals import Refusal


def unpublished(exam: Exam) -> ExamVersion | None:
    """The newest draft of an exam that is newer than what stands. One query."""
    newest = exam.versions.first()
    return newest if newest is not None and newest.published_at is None else None


def why_not_publish_version(version: ExamVersion) -> Refusal | None:
    """Why this draft can't be published as it is saved. Two queries. Source: rules.md 3.4."""
    return why_not_publish(list(version.cells.select_related("course", "objective")), pool_of(version.exam.bank_id))


def warnings_before(version: ExamVersion) -> list[str]:
    """A sentence for each thin cell, and what others say of the exam. Two queries, and theirs."""
    rows = list(version.cells.select_related("course", "objective"))
    return [*warnings_for(rows, pool_of(version.exam.bank_id)), *said_of(version.exam)]


def said_of(exam: Exam) -> list[str]:
    """What the apps above say of an exam that is open or about to be, e.g. that no program asks for it."""
    return [sentence for _, sentence in exam_publishing.send(sender=Exam, exam=exam) if sentence]
