"""How far a learner is, and what comes next. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from courses.lib.people import Person
from courses.lib.refusals import Refusal
from courses.models import ContentState, Course, LearningPath, Lesson, LessonDone


@dataclass(frozen=True, slots=True)
class LessonStop:
    """A lesson on the line of its course; `state` is done, now or open."""

    lesson: Lesson
    state: str


@dataclass(frozen=True, slots=True)
class CourseProgress:
    """A course as one learner sees it: its lessons in order and the next one (None when all are done)."""

    course: Course
    stops: tuple[LessonStop, ...]
    next_lesson: Lesson | None

    @property
    def total(self) -> int:
        """How many lessons the course has."""
        return len(self.stops)

    @property
    def done(self) -> int:
        """How many of them are done."""
        return sum(stop.state == "done" for stop in self.stops)

    @property
    def minutes(self) -> int:
        """How long all lessons take together."""
        return sum(stop.lesson.minutes for stop in self.stops)

    @property
    def tally(self) -> str:
        """Done of total, in figures."""
        return _("%(done)s of %(total)s") % {"done": self.done, "total": self.total}

    @property
    def is_complete(self) -> bool:
        """Whether the course has lessons and all are done."""
        return bool(self.stops) and self.next_lesson is None

    @property
    def state(self) -> str:
        """The stop of the course on its path: done, now (begun) or open."""
        return "done" if self.is_complete else "now" if self.done else "open"


def why_not_say_done(lesson: Lesson, learner: Person) -> Refusal | None:
    """A lesson with a package is done when its package says so. One query."""
    if lesson.package_id and not LessonDone.objects.filter(learner_id=learner.pk, lesson=lesson).exists():
        return Refusal("package-first", _("This lesson is done once you went through its package to the end."))
    return None


def lessons_done(learner: Person, courses: Iterable[Course]) -> set[int]:
    """Primary keys of the lessons of these courses that the learner has done. One query."""
    rows = LessonDone.objects.filter(learner_id=learner.pk, lesson__course__in=list(courses))
    return set(rows.values_list("lesson_id", flat=True))


def course_progress(course: Course, done: set[int]) -> CourseProgress:
    """Progress in a course whose `lessons` are prefetched, from the set of lessons done. No query."""
    lessons = list(course.lessons.all())
    following = next((lesson for lesson in lessons if lesson.pk not in done), None)
    stops = tuple(
        LessonStop(lesson, "done" if lesson.pk in done else "now" if lesson == following else "open")
        for lesson in lessons
    )
    return CourseProgress(course, stops, following)


def course_after(course: Course, progress: list[CourseProgress]) -> Course | None:
    """The next course of a path that is still to be done: behind this one, else the first of all. No query."""
    place = next((number for number, one in enumerate(progress) if one.course == course), -1)
    to_do = [one.course for one in [*progress[place + 1 :], *progress] if not one.is_complete and one.course != course]
    return to_do[0] if to_do else None


def path_progress(path: LearningPath, learner: Person) -> list[CourseProgress]:
    """Progress in each published course of the path, in order. Three queries, whatever the number of courses."""
    steps = path.steps.select_related("course").prefetch_related("course__lessons").order_by("position")
    courses = [step.course for step in steps if step.course.state == ContentState.PUBLISHED]
    done = lessons_done(learner, courses)
    return [course_progress(course, done) for course in courses]
