"""A bank as questions on their way into a file."""

from dataclasses import dataclass

from django.db.models import QuerySet

from assessments.models import Question, QuestionBank, QuestionVersion
from assessments.rules.banks import one_line_end
from assessments.rules.formats import format_of
from assessments.rules.option_lines import rows_of, written_options
from assessments.rules.written import LeftOut, WrittenQuestion


@dataclass(frozen=True, slots=True)
class BankFile:
    """A file with a bank's questions, its name and type, and what stayed out, in words."""

    name: str
    media_type: str
    content: bytes
    held: int
    left_out: list[LeftOut]
    notes: list[str]


def export_bank(bank: QuestionBank, format: str) -> BankFile:
    """The bank's questions in a format: those that stand now, without withdrawn ones. Four queries.

    Raises KeyError for a format that nobody knows.
    """
    kind = format_of(format)
    rows = Question.objects.filter(bank=bank).exclude(current_version=None)
    asked = rows.filter(withdrawn_at=None)
    questions = [_written(row) for row in _with_wording(asked)]
    file = kind.write(questions)
    held = len(questions) - len(file.left_out)
    return BankFile(
        f"{bank.slug}{kind.ENDING}",
        kind.MEDIA_TYPE,
        file.content,
        held,
        list(file.left_out),
        _notes(rows, len(questions)),
    )


def _with_wording(rows: QuerySet[Question]) -> QuerySet[Question]:
    related = rows.select_related("current_version__answer_key", "objective__course")
    return related.prefetch_related("current_version__options").order_by("topic", "pk")


def _notes(rows: QuerySet[Question], asked: int) -> list[str]:
    """What no format holds of this bank."""
    withdrawn = rows.count() - asked
    enemies = rows.filter(enemies__isnull=False, withdrawn_at=None).exists()
    notes = [f"{withdrawn} withdrawn questions are left out."] if withdrawn else []
    return notes + (["Which questions give each other away is not in the file."] if enemies else [])


def _written(row: Question) -> WrittenQuestion:
    version, objective = row.current_version, row.objective
    assert isinstance(version, QuestionVersion)
    return WrittenQuestion(
        kind=version.kind,
        text=one_line_end(version.text),
        options=tuple(written_options(version, rows_of(version))),
        rule=version.rule,
        rationale=one_line_end(version.answer_key.rationale),
        external_id=row.external_id,
        title=row.title,
        topic=row.topic,
        objective=f"{objective.course.slug}/{objective.slug}" if objective else "",
        difficulty=row.difficulty,
        practice_only=row.practice_only,
    )
