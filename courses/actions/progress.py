"""A learner moves on."""

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from courses.lib.people import Person
from courses.lib.refusals import refuse_if
from courses.models import CourseCompletion, Lesson, LessonDone, LessonReread
from courses.rules.progress import why_not_say_done
from courses.signals import course_completed, lesson_reread


@transaction.atomic
def mark_lesson_done(*, lesson: Lesson, by: Person) -> LessonDone:
    """Mark a lesson done; the last one completes the course and sends `course_completed`. Doing it again changes nothing.

    Locks the learner: of two last lessons marked at the same moment, neither would see the other.
    """
    get_user_model()._default_manager.select_for_update(no_key=True).get(pk=by.pk)
    now = timezone.now()
    row, _ = LessonDone.objects.get_or_create(learner_id=by.pk, lesson=lesson, defaults={"done_at": now})
    _complete_course(lesson, by)
    return row


def say_lesson_done(*, lesson: Lesson, by: Person) -> LessonDone:
    """A learner says that a lesson is done. Refused while it has a package that doesn't say so: `package-first`."""
    refuse_if(why_not_say_done(lesson, by))
    return mark_lesson_done(lesson=lesson, by=by)


@transaction.atomic
def reread_lesson(*, lesson: Lesson, by: Person) -> LessonReread:
    """Confirm that one went through a lesson again after it changed. Doing it again the same day changes nothing.

    Locks the learner, as `mark_lesson_done` does.
    """
    get_user_model()._default_manager.select_for_update(no_key=True).get(pk=by.pk)
    row, is_new = LessonReread.objects.get_or_create(
        learner_id=by.pk,
        lesson=lesson,
        done_on=timezone.now().date(),
        defaults={"source_revision_id": lesson.source_revision_id},
    )
    if is_new:
        lesson_reread.send(sender=LessonReread, reread=row)
    return row


def _complete_course(lesson: Lesson, by: Person) -> None:
    open_lessons = Lesson.objects.filter(course_id=lesson.course_id).exclude(done_by__learner_id=by.pk)
    if open_lessons.exists():
        return
    completion, is_new = CourseCompletion.objects.get_or_create(
        learner_id=by.pk, course_id=lesson.course_id, defaults={"completed_at": timezone.now()}
    )
    if is_new:
        course_completed.send(sender=CourseCompletion, completion=completion)
