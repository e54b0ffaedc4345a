"""Question banks: questions, their immutable versions, and the keys apart from what is delivered."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy
from simple_history.models import HistoricalRecords

from courses.models.sources import Sourced


class Difficulty(models.TextChoices):
    """How hard a question is meant to be."""

    EASY = "easy", gettext_lazy("easy")
    MEDIUM = "medium", gettext_lazy("medium")
    HARD = "hard", gettext_lazy("hard")


class QuestionBank(models.Model):
    """A pool of questions that exams draw from. No personal data."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    history = HistoricalRecords()

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class QuestionQuerySet(models.QuerySet):
    """Questions that a draw may use, and what they are about."""

    def about(self) -> "QuestionQuerySet":
        """With `about`: the competency that a question is aligned to, its own or else that of its objective.

        Source: rules.md 7.74.
        """
        return self.annotate(about=Coalesce("competency", "objective__competency"))

    def drawable(self) -> "QuestionQuerySet":
        """Written, not withdrawn, and not kept for practice."""
        return self.filter(withdrawn_at=None, practice_only=False).exclude(current_version=None)

    def for_practice(self) -> "QuestionQuerySet":
        """Written, not withdrawn, and kept for practice."""
        return self.filter(withdrawn_at=None, practice_only=True).exclude(current_version=None)


class Question(models.Model):
    """The identity of a question; what it says stands in its versions. No personal data."""

    bank = models.ForeignKey(QuestionBank, models.PROTECT, related_name="questions")
    external_id = models.CharField(
        max_length=120, help_text=gettext_lazy("Stays the same through every edit and import.")
    )
    title = models.CharField(
        max_length=200, blank=True, db_default="", help_text=gettext_lazy("For lists; learners don't see it.")
    )
    objective = models.ForeignKey("courses.Objective", models.PROTECT, null=True, blank=True, related_name="questions")
    competency = models.ForeignKey(
        "courses.Competency",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="questions",
        help_text=gettext_lazy("Where it asks for another one than its objective does."),
    )
    topic = models.CharField(
        max_length=200,
        blank=True,
        db_default="",
        help_text=gettext_lazy("Where no objective fits, for example the category of an imported file."),
    )
    difficulty = models.CharField(max_length=8, choices=Difficulty, default=Difficulty.MEDIUM)
    practice_only = models.BooleanField(
        default=False, db_default=False, help_text=gettext_lazy("Asked in practice sets, never in an exam.")
    )
    enemies: Any = models.ManyToManyField(
        "self", blank=True, help_text=gettext_lazy("Questions that give this one away: one attempt never asks both.")
    )
    recent_exposures = models.PositiveIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text=gettext_lazy("Times given in the last 90 days, counted every hour."),
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    current_version = models.OneToOneField(
        "QuestionVersion", models.PROTECT, null=True, blank=True, editable=False, related_name="current_for"
    )
    history = HistoricalRecords(excluded_fields=["recent_exposures"])

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ["bank", "external_id"]
        constraints = [models.UniqueConstraint(fields=["bank", "external_id"], name="question_one_per_external_id")]

    def __str__(self) -> str:
        return self.external_id


class QuestionVersion(Sourced):
    """What a question says, frozen once a published exam or an attempt uses it (triggers). Personal data: the author.

    `kind` names a module of `assessments.rules.kinds`; `rule` one of that kind's scoring rules.
    """

    question = models.ForeignKey(Question, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=20)
    text = models.TextField(help_text=gettext_lazy("Markdown."))
    rule = models.CharField(max_length=20, blank=True)
    content_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["question", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["question", "number"], name="question_version_one_per_number"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="question_version_number_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.question}, version {self.number}"

    @classmethod
    def in_use(cls) -> "models.QuerySet[QuestionVersion]":
        """The wordings that stand, of questions that were not withdrawn."""
        standing = cls.objects.filter(current_for__isnull=False, question__withdrawn_at=None)
        return standing.select_related("question")

    @property
    def page(self) -> tuple[str, int]:
        """Its question."""
        return "assessments_question_change", self.question_id


class Option(models.Model):
    """One thing to choose, to order or to match; `key` is stable across versions. No personal data.

    `pinned_last` holds in every shuffle; options of one `group` are shuffled among themselves.
    """

    version = models.ForeignKey(QuestionVersion, models.CASCADE, related_name="options")
    key = models.UUIDField(default=uuid.uuid4)
    text = models.TextField(help_text=gettext_lazy("Markdown."))
    position = models.PositiveSmallIntegerField()
    pinned_last = models.BooleanField(gettext_lazy("always last"), default=False)
    group = models.CharField(max_length=10, blank=True, db_default="")

    class Meta:
        ordering = ["version", "position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="option_one_per_position"),
            models.UniqueConstraint(fields=["version", "key"], name="option_one_per_key"),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class AnswerKey(models.Model):
    """What is right, apart from what is delivered: no page of a live attempt reads this table. No personal data.

    `answers` is what the question's kind scores with, decimals as text; for types to choose from it maps the row id of
    every option to its share of the mark. `feedback` maps the index of an author's line to Markdown for practice.
    `correction` is the regrade that holds now; all else never changes once the version was asked (triggers).
    """

    version = models.OneToOneField(QuestionVersion, models.CASCADE, related_name="answer_key")
    answers: Any = models.JSONField(default=dict, db_column="fractions")
    feedback: Any = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    rationale = models.TextField(blank=True, help_text=gettext_lazy("Markdown. Shown in practice only."))
    correction = models.ForeignKey("assessments.Regrade", models.PROTECT, null=True, editable=False, related_name="+")

    def __str__(self) -> str:
        return "answer key"
