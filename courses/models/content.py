"""Learning paths, courses, objectives and lessons."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from courses.lib.people import Person
from courses.lib.states import Transitions
from courses.models.sources import Sourced


class ContentState(models.TextChoices):
    """Who may see content: a draft only its authors, published anyone signed in, withdrawn again only its authors."""

    DRAFT = "draft", gettext_lazy("draft")
    PUBLISHED = "published", gettext_lazy("published")
    WITHDRAWN = "withdrawn", gettext_lazy("withdrawn")


TRANSITIONS: Transitions = {
    ContentState.DRAFT: frozenset({ContentState.PUBLISHED}),
    ContentState.PUBLISHED: frozenset({ContentState.WITHDRAWN}),
    ContentState.WITHDRAWN: frozenset({ContentState.PUBLISHED}),
}


class ContentQuerySet(models.QuerySet):
    """Content that a person may see."""

    def published(self) -> "ContentQuerySet":
        """What every signed-in person may see."""
        return self.filter(state=ContentState.PUBLISHED)

    def visible_to(self, user: Person) -> "ContentQuerySet":
        """Published content; drafts and withdrawn content too for those who edit content."""
        if user.is_staff and user.has_perm("courses.change_course"):
            return self
        return self.published()


class Content(models.Model):
    """What courses and paths share. No personal data."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    state = models.CharField(max_length=12, choices=ContentState, default=ContentState.DRAFT)
    journey_stage = models.ForeignKey("courses.JourneyStage", models.PROTECT, null=True, blank=True)

    objects = ContentQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class Course(Content):
    """A unit with learning objectives and lessons. No personal data."""

    use_cases = models.ManyToManyField("courses.UseCase", blank=True, related_name="courses")
    history = HistoricalRecords()

    def get_absolute_url(self) -> str:
        """The course's page."""
        return reverse("courses:course", args=[self.slug])


class Objective(models.Model):
    """One thing that a course teaches. No personal data."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="objectives")
    slug = models.SlugField(max_length=80)
    text = models.CharField(max_length=300)
    position = models.PositiveSmallIntegerField(default=0)
    competency = models.ForeignKey("courses.Competency", models.PROTECT, null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["course", "position"]
        constraints = [models.UniqueConstraint(fields=["course", "slug"], name="objective_one_per_slug_in_course")]

    def __str__(self) -> str:
        return self.text


class LessonKind(models.TextChoices):
    """How a lesson is consumed."""

    HANDBOOK = "handbook", gettext_lazy("text")
    VIDEO = "video", gettext_lazy("video")
    INTERACTIVE = "interactive", gettext_lazy("interactive page")
    FILE = "file", gettext_lazy("file")
    CALL = "call", gettext_lazy("customer call")


class Lesson(Sourced):
    """A curated item of a course. `minutes` is how long it takes; `url` is outside content. No personal data."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="lessons")
    slug = models.SlugField(max_length=80)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=12, choices=LessonKind)
    position = models.PositiveSmallIntegerField(default=0)
    minutes = models.PositiveSmallIntegerField(default=5)
    objective = models.ForeignKey(Objective, models.SET_NULL, null=True, blank=True, related_name="lessons")
    url = models.URLField(max_length=500, blank=True)
    embed = models.BooleanField(gettext_lazy("may be shown in the page"), default=False)
    body = models.TextField(blank=True, help_text=gettext_lazy("Markdown."))
    file = models.FileField(upload_to="lessons/", blank=True)
    package = models.ForeignKey(
        "courses.Package",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="lessons",
        verbose_name=_("interactive package"),
        help_text=_("The lesson is done once the learner went through it."),
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ["course", "position"]
        constraints = [models.UniqueConstraint(fields=["course", "slug"], name="lesson_one_per_slug_in_course")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The lesson's page."""
        return reverse("courses:lesson", args=[self.course.slug, self.slug])

    @classmethod
    def in_use(cls) -> models.QuerySet["Lesson"]:
        """Lessons of courses that were not withdrawn."""
        return cls.objects.exclude(course__state=ContentState.WITHDRAWN).select_related("course")

    @property
    def page(self) -> tuple[str, int]:
        """Its course."""
        return "courses_course_change", self.course_id


class LearningPath(Content):
    """Ordered courses. No personal data."""

    use_case = models.ForeignKey("courses.UseCase", models.PROTECT, null=True, blank=True, related_name="paths")
    courses = models.ManyToManyField(Course, through="PathCourse", related_name="paths")
    history = HistoricalRecords()

    def get_absolute_url(self) -> str:
        """The path's page."""
        return reverse("courses:path", args=[self.slug])


class PathCourse(models.Model):
    """A course's place on a path. No personal data."""

    path = models.ForeignKey(LearningPath, models.CASCADE, related_name="steps")
    course = models.ForeignKey(Course, models.PROTECT, related_name="steps")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["path", "position"]
        constraints = [models.UniqueConstraint(fields=["path", "course"], name="path_course_once")]

    def __str__(self) -> str:
        return f"{self.path}: {self.course}"
