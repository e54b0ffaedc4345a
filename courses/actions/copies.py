"""A course or path as a new one: a draft of its own with everything that was written, and nothing of learners."""

from typing import Any

from django.db import transaction

from courses.actions.audit import record_event
from courses.lib.people import Person
from courses.lib.refusals import refuse_if
from courses.models import ContentState, Course, LearningPath, Lesson, Objective, PathCourse
from courses.models.withdrawals import subject_of
from courses.rules.copies import why_not_copy_to


@transaction.atomic
def copy_course(*, course: Course, slug: str, title: str, by: Person) -> Course:
    """A draft with the same objectives, lessons, files, sources and use cases. Refused: `taken`, an address in use."""
    refuse_if(why_not_copy_to(Course, slug))
    copied = _copy(course, by, slug=slug, title=title, state=ContentState.DRAFT)
    copied.use_cases.set(course.use_cases.all())
    objectives = {one.pk: _copy(one, by, course=copied) for one in Objective.objects.filter(course=course)}
    for lesson in Lesson.objects.filter(course=course).order_by("position"):
        _copy(lesson, by, course=copied, objective=objectives.get(lesson.objective_id or 0))
    _note(course, copied, by)
    return copied


@transaction.atomic
def copy_path(*, path: LearningPath, slug: str, title: str, by: Person) -> LearningPath:
    """A draft with the same courses in the same order: the courses themselves are shared. Refused: `taken`."""
    refuse_if(why_not_copy_to(LearningPath, slug))
    copied = _copy(path, by, slug=slug, title=title, state=ContentState.DRAFT)
    steps = path.steps.order_by("position")
    PathCourse.objects.bulk_create(
        PathCourse(path=copied, course_id=one.course_id, position=one.position) for one in steps
    )
    _note(path, copied, by)
    return copied


def _copy(row: Any, by: Person, **changed: Any) -> Any:
    """A new row that says the same but for what is changed; files are shared, for nothing deletes one."""
    fields = [one for one in row._meta.concrete_fields if not one.primary_key]
    said = {one.attname: getattr(row, one.attname) for one in fields if one.name not in changed}
    copied = type(row)(**said, **changed)
    copied._history_user = by
    copied.save(force_insert=True)
    return copied


def _note(row: Any, copied: Any, by: Person) -> None:
    record_event(event="copied", by=by, subject=subject_of(copied), copied_from=subject_of(row))
