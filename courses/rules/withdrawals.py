"""What was withdrawn, for those who come to it by an old link. Source: rules.md 2.44."""

from typing import Any

from django.db.models import Model

from courses.models import Course, CourseCompletion, LessonDone, Withdrawal
from courses.models.withdrawals import subject_of
from courses.signals import under_way_asked


def people_under_way(row: Model) -> set[int]:
    """Primary keys of those who have begun it and not finished, here and in programs that ask for it."""
    found: set[int] = set()
    if isinstance(row, Course):
        begun = LessonDone.objects.filter(lesson__course=row, learner__is_active=True)
        found.update(begun.values_list("learner_id", flat=True).distinct())
    answers: Any = under_way_asked.send(sender=type(row), row=row)
    for _receiver, people in answers:
        found.update(people)
    if isinstance(row, Course):
        found.difference_update(CourseCompletion.objects.filter(course=row).values_list("learner_id", flat=True))
    return found


def last_withdrawal(row: Model) -> Withdrawal | None:
    """Its last withdrawal; None where it was withdrawn before reasons were asked for. One query."""
    return Withdrawal.objects.filter(subject=subject_of(row)).first()
