"""What a learner has done."""

from django.conf import settings
from django.db import models


class LessonDone(models.Model):
    """A learner marked a lesson done; such a lesson is not deleted. Personal data: who learned what, when."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="lessons_done")
    lesson = models.ForeignKey("courses.Lesson", models.PROTECT, related_name="done_by")
    done_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["learner", "lesson"], name="lesson_done_once")]

    def __str__(self) -> str:
        return f"{self.learner_id}: {self.lesson}"


class LessonReread(models.Model):
    """A learner went through a lesson once more after it changed, once a day at most. Personal data: who learned what, when.

    `done_on` is the day in UTC, `source_revision` what the lesson was checked against then.
    """

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="lessons_reread")
    lesson = models.ForeignKey("courses.Lesson", models.PROTECT, related_name="reread_by")
    source_revision = models.ForeignKey("courses.SourceRevision", models.PROTECT, null=True, related_name="+")
    done_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["learner", "lesson", "done_on"], name="lesson_reread_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.learner_id}: {self.lesson}, {self.done_on}"


class CourseCompletion(models.Model):
    """A learner has done every lesson of a course as it stood then. Personal data: who learned what, when."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="course_completions")
    course = models.ForeignKey("courses.Course", models.PROTECT, related_name="completions")
    completed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["learner", "course"], name="course_completed_once")]

    def __str__(self) -> str:
        return f"{self.learner_id}: {self.course}"
