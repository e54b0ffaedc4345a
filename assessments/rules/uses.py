"""What of exams and practicals uses content, and who is under way. Source: rules.md 2.42, 2.43."""

from collections.abc import Iterable
from typing import Any

from django.db.models import F, Model, Q, QuerySet

from assessments.models import (
    Attempt,
    BriefPool,
    Exam,
    Practical,
    QuestionBank,
    ReviewerPool,
    Rubric,
    Submission,
)
from courses.models import Asset, Competency, Course
from courses.rules.uses import Use, use_by


def uses_by_assessments(row: Model) -> list[Use]:
    """The exams, practicals, banks and rubrics that use a row. Three queries at most, and one for each exam or practical."""
    return [use_by(one, people=_people(one)) for rows in _using(row) for one in rows]


def _using(row: Any) -> Iterable[QuerySet[Any]]:
    if isinstance(row, Course):
        cells = Q(versions__cells__course=row) | Q(versions__cells__objective__course=row)
        exams = Exam.objects.filter(cells, versions=F("current_version"))
        banks = QuestionBank.objects.filter(questions__objective__course=row)
        return [exams.distinct(), banks.distinct(), Practical.objects.filter(calls__course=row).distinct()]
    if isinstance(row, Competency):
        banks = QuestionBank.objects.filter(questions__objective__competency=row)
        return [banks.distinct(), Rubric.objects.filter(versions__criteria__competency=row).distinct()]
    if isinstance(row, QuestionBank):
        return [row.exams.all()]
    practicals = _practicals_with(row)
    return [] if practicals is None else [practicals.distinct()]


def _practicals_with(row: Any) -> QuerySet[Practical] | None:
    by = {
        Asset: "assets", Exam: "exam", Rubric: "rubric_version__rubric", BriefPool: "brief_pool",
        ReviewerPool: "reviewer_pool",
    }.get(type(row))  # fmt: skip
    return Practical.objects.filter(**{by: row}) if by else None


def _people(row: Any) -> int:
    people = under_way_in(row)
    return 0 if people is None else people.count()


def under_way_in(row: Any) -> QuerySet[Any] | None:
    """People with an open sitting or try; None for what has none."""
    if isinstance(row, Exam):
        return (
            Attempt.objects.live()
            .filter(exam=row, scored=True)
            .order_by()
            .values_list("learner_id", flat=True)
            .distinct()
        )
    if isinstance(row, Practical):
        return (
            Submission.objects.open().filter(practical=row).order_by().values_list("learner_id", flat=True).distinct()
        )
    return None
