"""Rows of the ground app for the tests."""

from datetime import date

import factory
from django.utils import timezone

from courses.models import (
    Course,
    CourseCompletion,
    Feedback,
    LearningPath,
    Lesson,
    LessonDone,
    Objective,
    PathCourse,
    Persona,
    Role,
    Source,
    UseCase,
)
from courses.tests.people import make_person


class RoleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Role

    slug = factory.Sequence(lambda n: f"role-{n}")
    name = factory.Sequence(lambda n: f"Role {n}")


class PersonaFactory(RoleFactory):
    class Meta:
        model = Persona


class UseCaseFactory(RoleFactory):
    class Meta:
        model = UseCase


class CourseFactory(factory.django.DjangoModelFactory):
    """A published course. `lessons=3` gives it so many lessons, `objectives=2` so many objectives."""

    class Meta:
        model = Course
        skip_postgeneration_save = True

    class Params:
        draft = factory.Trait(state="draft")
        withdrawn = factory.Trait(state="withdrawn")

    slug = factory.Sequence(lambda n: f"unit-{n}")
    title = factory.Sequence(lambda n: f"Course {n}")
    state = "published"

    @factory.post_generation
    def lessons(self, create, extracted, **kwargs):
        LessonFactory.create_batch(extracted or 0, course=self)

    @factory.post_generation
    def objectives(self, create, extracted, **kwargs):
        ObjectiveFactory.create_batch(extracted or 0, course=self)


class ObjectiveFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Objective

    course = factory.SubFactory(CourseFactory)
    slug = factory.Sequence(lambda n: f"goal-{n}")
    text = factory.Sequence(lambda n: f"Objective {n}")
    position = factory.Sequence(lambda n: n % 30_000)


class LessonFactory(factory.django.DjangoModelFactory):
    """A handbook lesson with text."""

    class Meta:
        model = Lesson

    class Params:
        video = factory.Trait(kind="video", url="https://player.vimeo.com/video/1", embed=True)

    course = factory.SubFactory(CourseFactory)
    slug = factory.Sequence(lambda n: f"lesson-{n}")
    title = factory.Sequence(lambda n: f"Lesson {n}")
    kind = "handbook"
    position = factory.Sequence(lambda n: n % 30_000)
    body = "Read **this**."


class SourceFactory(factory.django.DjangoModelFactory):
    """A source with its first revision; `revisions=2` notes so many material ones after it."""

    class Meta:
        model = Source
        skip_postgeneration_save = True

    slug = factory.Sequence(lambda n: f"source-{n}")
    title = factory.Sequence(lambda n: f"Handbook page {n}")
    checked_on = factory.LazyFunction(lambda: timezone.now().date())

    @factory.post_generation
    def revisions(self, create, extracted, **kwargs):
        for number in range(1, (extracted or 0) + 2):
            words = "As it was first noted." if number == 1 else f"Change {number}."
            self.revisions.create(number=number, noted_on=date(2026, 1, 1), changes=words, is_material=number > 1)


class PathFactory(factory.django.DjangoModelFactory):
    """A published path. `courses=[…]` puts these courses on it, in order."""

    class Meta:
        model = LearningPath
        skip_postgeneration_save = True

    class Params:
        draft = factory.Trait(state="draft")

    slug = factory.Sequence(lambda n: f"path-{n}")
    title = factory.Sequence(lambda n: f"Path {n}")
    state = "published"

    @factory.post_generation
    def courses(self, create, extracted, **kwargs):
        for position, course in enumerate(extracted or ()):
            PathCourse.objects.create(path=self, course=course, position=position)


class LessonDoneFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = LessonDone

    learner = factory.LazyFunction(make_person)
    lesson = factory.SubFactory(LessonFactory)
    done_at = factory.LazyFunction(timezone.now)


class CompletionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CourseCompletion

    learner = factory.LazyFunction(make_person)
    course = factory.SubFactory(CourseFactory)
    completed_at = factory.LazyFunction(timezone.now)


class RemarkFactory(factory.django.DjangoModelFactory):
    """An open remark on a lesson."""

    class Meta:
        model = Feedback

    lesson = factory.SubFactory(LessonFactory)
    author = factory.LazyFunction(make_person)
    kind = "unclear"
    text = "What is a runner?"
    page = "/courses/x/lessons/y/"
