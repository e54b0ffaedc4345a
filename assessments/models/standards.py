"""Standard setting: judges say how many of a hundred people at the border would get each question right."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from courses.lib.people import Person
from courses.lib.states import Transitions


class StandardState(models.TextChoices):
    """Where a standard setting stands."""

    FIRST = "first", gettext_lazy("first round")
    SECOND = "second", gettext_lazy("second round")
    CLOSED = "closed", gettext_lazy("closed")
    CANCELLED = "cancelled", gettext_lazy("cancelled")


TRANSITIONS: Transitions = {
    StandardState.FIRST: frozenset({StandardState.SECOND, StandardState.CANCELLED}),
    StandardState.SECOND: frozenset({StandardState.CLOSED, StandardState.CANCELLED}),
    StandardState.CLOSED: frozenset(),
    StandardState.CANCELLED: frozenset(),
}
OPEN = (StandardState.FIRST, StandardState.SECOND)
ENDED = (StandardState.CLOSED, StandardState.CANCELLED)


class StandardSetting(models.Model):
    """One run of Angoff's method for an exam version, in two rounds. Personal data: who started and moved it.

    It never moves a pass mark: its report is what the pass mark of a next version can be defended by.
    """

    exam_version = models.ForeignKey("assessments.ExamVersion", models.PROTECT, related_name="standards")
    state = models.CharField(max_length=10, choices=StandardState, default=StandardState.FIRST)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    moved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", help_text=gettext_lazy("The last step.")
    )
    second_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["exam_version"], condition=Q(state__in=OPEN), name="standard_setting_one_open_per_version"
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN, ended_at__isnull=True) | Q(state__in=ENDED, ended_at__isnull=False),
                name="standard_setting_ended_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state=StandardState.FIRST, second_at__isnull=True)
                | Q(state__in=(StandardState.SECOND, StandardState.CLOSED), second_at__isnull=False)
                | Q(state=StandardState.CANCELLED),
                name="standard_setting_second_round_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"standard setting of {self.started_at:%-d %B %Y}"

    @property
    def round(self) -> int:
        """The round that is open, or was last."""
        return 2 if self.second_at else 1


class StandardItem(models.Model):
    """A question to judge. `weight`: how often a form asks it, on average; 1 where every form does. No personal data."""

    setting = models.ForeignKey(StandardSetting, models.CASCADE, related_name="items")
    version = models.ForeignKey("assessments.QuestionVersion", models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    weight = models.FloatField()

    class Meta:
        ordering = ["setting", "position"]
        constraints = [
            models.UniqueConstraint(fields=["setting", "position"], name="standard_item_one_per_position"),
            models.UniqueConstraint(fields=["setting", "version"], name="standard_item_one_per_version"),
            models.CheckConstraint(condition=Q(weight__gt=0), name="standard_item_weight_above_zero"),
        ]

    def __str__(self) -> str:
        return f"question {self.position}"


class JudgeQuerySet(models.QuerySet):
    """Judges by whose they are."""

    def visible_to(self, user: Person) -> "JudgeQuerySet":
        """One's own place, unless the setting was cancelled."""
        return self.filter(person_id=user.pk).exclude(setting__state=StandardState.CANCELLED)


class Judge(models.Model):
    """A person who was chosen to judge. Personal data: who judges what."""

    setting = models.ForeignKey(StandardSetting, models.CASCADE, related_name="judges")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="judged_standards")

    objects = JudgeQuerySet.as_manager()

    class Meta:
        ordering = ["setting", "pk"]
        constraints = [models.UniqueConstraint(fields=["setting", "person"], name="judge_once_per_setting")]

    def __str__(self) -> str:
        return f"judge: {self.person}"


class Judgement(models.Model):
    """How many of a hundred people at the border get the question right; append-only, the newest of a round counts.

    Personal data: the judge's opinion.
    """

    judge = models.ForeignKey(Judge, models.CASCADE, related_name="judgements")
    item = models.ForeignKey(StandardItem, models.CASCADE, related_name="judgements")
    round = models.PositiveSmallIntegerField()
    percent = models.PositiveSmallIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(round__in=(1, 2)), name="judgement_round_one_or_two"),
            models.CheckConstraint(condition=Q(percent__lte=100), name="judgement_is_a_percent"),
        ]
        indexes = [models.Index(fields=["judge", "round", "item", "-id"], name="judgement_newest")]

    def __str__(self) -> str:
        return f"{self.percent} of 100 in round {self.round}"
