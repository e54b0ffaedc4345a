"""Rows for the tests of written exams."""

import hashlib

import factory
from django.utils import timezone

from assessments.models import (
    AnswerKey,
    Attempt,
    AttemptItem,
    AttemptState,
    BlueprintCell,
    Exam,
    ExamVersion,
    Option,
    Question,
    QuestionBank,
    QuestionVersion,
)
from courses.models import Course, Objective
from courses.tests.people import make_person


class CourseFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Course

    slug = factory.Sequence(lambda n: f"course-{n}")
    title = factory.Sequence(lambda n: f"Course {n}")
    state = "published"


class ObjectiveFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Objective

    course = factory.SubFactory(CourseFactory)
    slug = factory.Sequence(lambda n: f"objective-{n}")
    text = factory.Sequence(lambda n: f"Objective {n}")


class BankFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = QuestionBank

    slug = factory.Sequence(lambda n: f"bank-{n}")
    title = factory.Sequence(lambda n: f"Bank {n}")


class QuestionFactory(factory.django.DjangoModelFactory):
    """A question with one version, its options and its key. `right`: indexes of right options."""

    class Meta:
        model = Question
        skip_postgeneration_save = True

    bank = factory.SubFactory(BankFactory)
    external_id = factory.Sequence(lambda n: f"q{n}")
    objective = factory.SubFactory(ObjectiveFactory)

    @factory.post_generation
    def written(self, create, extracted, *, kind="single", rule="", options=4, right=(0,), pinned=(), **kwargs):
        rule = rule or {"multiple": "balanced"}.get(kind, "fraction")
        version = QuestionVersion.objects.create(
            question=self, number=1, kind=kind, rule=rule, text=f"Text of {self.external_id}",
            content_hash=hashlib.sha256(self.external_id.encode()).hexdigest(),
        )  # fmt: skip
        rows = [
            Option.objects.create(version=version, position=n, text=f"{self.external_id}-o{n}", pinned_last=n in pinned)
            for n in range(options)
        ]
        AnswerKey.objects.create(
            version=version,
            answers={str(row.pk): "1" if n in right else "0" for n, row in enumerate(rows)},
            rationale=f"Because of {self.external_id}",
        )
        self.current_version = version
        self.save(update_fields=["current_version"])


class ExamFactory(factory.django.DjangoModelFactory):
    """A published exam. `questions`: how many stand in the bank; `draw`: how many each attempt asks."""

    class Meta:
        model = Exam
        skip_postgeneration_save = True

    slug = factory.Sequence(lambda n: f"exam-{n}")
    title = factory.Sequence(lambda n: f"Exam {n}")
    bank = factory.SubFactory(BankFactory)

    @factory.post_generation
    def published(self, create, extracted, *, questions=6, draw=4, kind="single", right=(0,), course=None, **limits):
        if extracted is False:
            return
        objective = ObjectiveFactory()
        for _ in range(questions):
            QuestionFactory(bank=self.bank, objective=objective, written__kind=kind, written__right=right)
        version = ExamVersion.objects.create(exam=self, number=1, **limits)
        BlueprintCell.objects.create(exam_version=version, course=course, count=draw)
        ExamVersion.objects.filter(pk=version.pk).update(published_at=timezone.now())
        version.refresh_from_db()
        self.current_version, self.state = version, "published"
        self.save(update_fields=["current_version", "state"])


class AttemptFactory(factory.django.DjangoModelFactory):
    """A live attempt without items."""

    class Meta:
        model = Attempt

    learner = factory.LazyFunction(make_person)
    exam = factory.SubFactory(ExamFactory)
    exam_version = factory.SelfAttribute("exam.current_version")
    number = 1
    state = AttemptState.IN_PROGRESS
    started_at = factory.LazyFunction(timezone.now)
    deadline_at = factory.LazyAttribute(lambda o: o.started_at + timezone.timedelta(minutes=60))
    seed = "0" * 64


class ItemFactory(factory.django.DjangoModelFactory):
    """A drawn question, in the options' own order."""

    class Meta:
        model = AttemptItem

    attempt = factory.SubFactory(AttemptFactory)
    position = factory.Sequence(lambda n: n + 1)
    question = factory.SubFactory(QuestionFactory)
    version = factory.SelfAttribute("question.current_version")
    option_order = factory.LazyAttribute(lambda o: [option.pk for option in o.version.options.all()])
    option_tokens = factory.LazyAttribute(lambda o: [f"token{pk}" for pk in o.option_order])
