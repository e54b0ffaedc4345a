"""What a learner has done, and what they told us."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from courses.lib.states import Transitions


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


class FeedbackState(models.TextChoices):
    """Where a remark stands."""

    OPEN = "open", gettext_lazy("open")
    ANSWERED = "answered", gettext_lazy("answered")
    CLOSED = "closed", gettext_lazy("closed")


FEEDBACK_TRANSITIONS: Transitions = {
    FeedbackState.OPEN: frozenset({FeedbackState.ANSWERED, FeedbackState.CLOSED}),
    FeedbackState.ANSWERED: frozenset({FeedbackState.ANSWERED, FeedbackState.CLOSED}),
    FeedbackState.CLOSED: frozenset(),
}


class FeedbackKind(models.TextChoices):
    """What a remark is about."""

    MISTAKE = "mistake", gettext_lazy("Something is wrong")
    OUTDATED = "outdated", gettext_lazy("It is out of date")
    UNCLEAR = "unclear", gettext_lazy("I don't understand it")
    IDEA = "idea", gettext_lazy("I have an idea")


class LessonFeedback(models.Model):
    """A "tell us" remark on a lesson. Personal data: the author and what they wrote."""

    lesson = models.ForeignKey("courses.Lesson", models.PROTECT, related_name="feedback")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="lesson_feedback")
    kind = models.CharField(max_length=12, choices=FeedbackKind)
    text = models.TextField(max_length=4000)
    page = models.CharField(max_length=300, help_text=gettext_lazy("The address it was written on."))
    state = models.CharField(max_length=12, choices=FeedbackState, default=FeedbackState.OPEN)
    answer = models.TextField(blank=True, max_length=4000)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="feedback_answered"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = gettext_lazy("remark on a lesson")
        verbose_name_plural = gettext_lazy("remarks on lessons")
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True)
                | Q(answered_at__isnull=False, answered_by__isnull=False),
                name="feedback_answered_by_and_at_together",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.lesson}"
