"""Updates: what a change of its sources asks of those who hold a program's accreditation."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy

from courses.lib.states import Transitions


class UpdateState(models.TextChoices):
    """Where an update stands."""

    DRAFT = "draft", gettext_lazy("being prepared")
    PUBLISHED = "published", gettext_lazy("asked for")
    WITHDRAWN = "withdrawn", gettext_lazy("withdrawn")


TRANSITIONS: Transitions = {
    UpdateState.DRAFT: frozenset({UpdateState.PUBLISHED, UpdateState.WITHDRAWN}),
    UpdateState.PUBLISHED: frozenset({UpdateState.WITHDRAWN}),
    UpdateState.WITHDRAWN: frozenset(),
}


class UpdateQuerySet(models.QuerySet):
    """Updates, by what stands."""

    def published(self) -> "UpdateQuerySet":
        """Those that are asked for."""
        return self.filter(state=UpdateState.PUBLISHED)

    def told(self) -> "UpdateQuerySet":
        """Those that learners know of, withdrawn ones too."""
        return self.filter(published_at__isnull=False)


class Update(models.Model):
    """A change that holders of an accreditation are asked to catch up with, and with nothing else.

    Whoever proved what it is about before `changed_on` shows it by `due_on` (both days of the program's time zone, inclusive).
    `preview_due_at`: a preview is wanted; `counts`: whom it asks, as of `previewed_at`. Personal data: who prepared it.
    """

    program = models.ForeignKey("accreditation.Program", models.PROTECT, related_name="updates")
    number = models.PositiveIntegerField(editable=False)
    title = models.CharField(
        max_length=120, help_text=gettext_lazy("Learners read it, e.g. “New stages of the sales process”.")
    )
    summary = models.TextField(
        blank=True, max_length=2000, help_text=gettext_lazy("What changed on the whole. Markdown.")
    )
    revisions = models.ManyToManyField("courses.SourceRevision", related_name="updates")
    state = models.CharField(max_length=9, choices=UpdateState, default=UpdateState.DRAFT)
    changed_on = models.DateField(
        help_text=gettext_lazy("What was proved from this day on counts as proved after the change.")
    )
    days_to_do = models.PositiveSmallIntegerField(
        gettext_lazy("days to do it"), default=30, help_text=gettext_lazy("From the day it is published.")
    )
    due_on = models.DateField(
        null=True, blank=True, help_text=gettext_lazy("The last day; later it brings back what ended.")
    )
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField(auto_now_add=True)
    preview_due_at = models.DateTimeField(null=True, blank=True)
    previewed_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawal_reason = models.CharField(gettext_lazy("why it is withdrawn"), max_length=300, blank=True)
    tell_due_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text=gettext_lazy("People are to be told.")
    )

    objects = UpdateQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(fields=["program", "number"], name="update_number_once_in_program"),
            models.CheckConstraint(condition=Q(days_to_do__gte=1), name="update_gives_a_day_at_least"),
            models.CheckConstraint(
                condition=~Q(state="draft") | Q(published_at__isnull=True, due_on__isnull=True),
                name="update_draft_is_not_published",
            ),
            models.CheckConstraint(
                condition=~Q(state="published")
                | Q(published_at__isnull=False, published_by__isnull=False, due_on__isnull=False),
                name="update_published_by_somebody_with_a_day",
            ),
            models.CheckConstraint(
                condition=Q(state="withdrawn", withdrawn_at__isnull=False)
                | (~Q(state="withdrawn") & Q(withdrawn_at__isnull=True)),
                name="update_withdrawn_at_when_withdrawn",
            ),
            models.CheckConstraint(
                condition=Q(due_on__isnull=True) | Q(due_on__gte=models.F("changed_on")),
                name="update_due_after_the_change",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The page on which it is done."""
        return reverse("update", args=[self.program.slug, self.number])


class PartKind(models.TextChoices):
    """What a part of an update is about."""

    COURSE = "course", gettext_lazy("lessons of a course")
    EXAM = "exam", gettext_lazy("questions of an exam")
    PRACTICAL = "practical", gettext_lazy("criteria of a practical")


ONE_TARGET = Q()
for _kind in PartKind.values:
    ONE_TARGET |= Q(kind=_kind) & Q(**{f"{other}__isnull": other != _kind for other in PartKind.values})


class UpdatePart(models.Model):
    """What an update asks about one course, exam or practical. `exam_asked` asks its changed questions, once published.

    No personal data.
    """

    update = models.ForeignKey(Update, models.CASCADE, related_name="parts")
    kind = models.CharField(max_length=9, choices=PartKind)
    course = models.ForeignKey("courses.Course", models.PROTECT, null=True, blank=True, related_name="+")
    exam = models.ForeignKey("assessments.Exam", models.PROTECT, null=True, blank=True, related_name="+")
    practical = models.ForeignKey("assessments.Practical", models.PROTECT, null=True, blank=True, related_name="+")
    exam_asked = models.OneToOneField(
        "assessments.Exam", models.PROTECT, null=True, blank=True, editable=False, related_name="update_part"
    )

    class Meta:
        ordering = ["update", "pk"]
        constraints = [
            models.CheckConstraint(condition=ONE_TARGET, name="update_part_has_the_target_of_its_kind"),
            models.UniqueConstraint(
                fields=["update", "kind", "course", "exam", "practical"],
                nulls_distinct=False,
                name="update_part_once_per_target",
            ),
            models.CheckConstraint(
                condition=Q(exam_asked__isnull=True) | Q(kind="exam"), name="update_part_asks_questions_of_exams"
            ),
        ]

    def __str__(self) -> str:
        return f"Update: {self.target}"

    @property
    def target(self) -> Any:
        """The course, exam or practical."""
        return getattr(self, self.kind)

    @property
    def target_id(self) -> int:
        """Its primary key, without loading it."""
        return int(getattr(self, f"{self.kind}_id"))


class UpdateItem(models.Model):
    """One changed lesson, question or criterion. `is_left_out`: holders are not asked for it. No personal data."""

    part = models.ForeignKey(UpdatePart, models.CASCADE, related_name="items")
    lesson = models.ForeignKey("courses.Lesson", models.PROTECT, null=True, blank=True, related_name="+")
    question = models.ForeignKey("assessments.Question", models.PROTECT, null=True, blank=True, related_name="+")
    criterion = models.ForeignKey("assessments.Criterion", models.PROTECT, null=True, blank=True, related_name="+")
    revision = models.ForeignKey("courses.SourceRevision", models.PROTECT, related_name="+")
    is_left_out = models.BooleanField(gettext_lazy("left out"), default=False)

    class Meta:
        ordering = ["part", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(lesson__isnull=False, question__isnull=True, criterion__isnull=True)
                | Q(lesson__isnull=True, question__isnull=False, criterion__isnull=True)
                | Q(lesson__isnull=True, question__isnull=True, criterion__isnull=False),
                name="update_item_is_one_thing",
            ),
            models.UniqueConstraint(
                fields=["part", "lesson", "question", "criterion"], nulls_distinct=False, name="update_item_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.lesson or self.question or self.criterion)


class AskedUpdates(models.Model):
    """What the published updates of a program ask, as the rules of standing read it: written with them, in one transaction.

    One row a program, so that no page pays a query for it. No personal data.
    """

    program = models.OneToOneField("accreditation.Program", models.PROTECT, related_name="asked_updates")
    rules = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"updates of {self.program_id}"


class UpdateReading(models.Model):
    """A learner went through every changed lesson of a course again: evidence stands on it. Personal data: who, when."""

    part = models.ForeignKey(UpdatePart, models.PROTECT, related_name="readings")
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    read_on = models.DateField(help_text=gettext_lazy("The day of the last of them, in UTC."))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["part", "learner"], name="update_reading_once")]

    def __str__(self) -> str:
        return f"{self.learner_id}: {self.part_id}"
