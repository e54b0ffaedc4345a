"""Programs: what an accreditation asks for, as versioned data."""

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from courses.lib.people import Person
from courses.models.content import ContentState


class ProgramQuerySet(models.QuerySet):
    """Programs that a person may see."""

    def published(self) -> "ProgramQuerySet":
        """What everyone may see."""
        return self.filter(state=ContentState.PUBLISHED)

    def visible_to(self, user: Person) -> "ProgramQuerySet":
        """Published programs; all of them for those who edit programs."""
        return self if user.is_staff and user.has_perm("accreditation.change_program") else self.published()


class Program(models.Model):
    """What a learner can become accredited in. Its rules stand in versions. No personal data."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    description = models.TextField(blank=True, help_text=_("Markdown."))
    state = models.CharField(max_length=12, choices=ContentState, default=ContentState.DRAFT)
    roles = models.ManyToManyField("courses.Role", blank=True, related_name="programs")
    personas = models.ManyToManyField("courses.Persona", blank=True, related_name="programs")
    organisations = models.ManyToManyField("accreditation.Organisation", blank=True, related_name="programs")
    assets = models.ManyToManyField(
        "courses.Asset", blank=True, related_name="programs", verbose_name=_("items of the library"),
        help_text=_("To use on the way. Shown to those for whom they are."),
    )  # fmt: skip
    regions = ArrayField(
        models.CharField(max_length=100),
        default=list,
        db_default=[],
        blank=True,
        help_text=_("Of organisations; empty for all."),
    )
    achievement = models.ForeignKey("badges.Achievement", models.PROTECT, null=True, blank=True, related_name="+")
    current_version = models.ForeignKey(
        "accreditation.ProgramVersion", models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    time_zone = models.CharField(max_length=64, default="UTC")
    history = HistoricalRecords()

    objects = ProgramQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        constraints = [models.UniqueConstraint(fields=["achievement"], name="program_badge_is_its_own")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The program's page."""
        return reverse("program", args=[self.slug])


class ProgramVersion(models.Model):
    """One set of rules of a program, immutable once published. `validity_months` counts from the last proof. No personal data."""

    program = models.ForeignKey(Program, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    validity_months = models.PositiveSmallIntegerField(default=12)
    renewal_window_days = models.PositiveSmallIntegerField(
        default=90, db_default=90, help_text=_("It fades and is renewed in its last days.")
    )
    grace_days = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text=_("Days after its end in which the renewal still does.")
    )
    content_hash = models.CharField(max_length=64)
    published_at = models.DateTimeField()

    class Meta:
        ordering = ["program", "-number"]
        constraints = [models.UniqueConstraint(fields=["program", "number"], name="program_version_number_once")]

    def __str__(self) -> str:
        return f"{self.program}, version {self.number}"

    @property
    def live_since(self) -> date:
        """The day on which these rules began: their proposal's, or the day on which they were loaded."""
        proposal = getattr(self, "proposal", None)
        return proposal.goes_live_on if proposal else self.published_at.date()


class GroupRule(models.TextChoices):
    """How many requirements of a group count."""

    ALL_OF = "all_of", _("all of")
    N_OF = "n_of", _("a number of")


class RequirementGroup(models.Model):
    """Requirements that belong together, in a group of their own (`parent`) or not; of the renewal or of the first way.

    No personal data.
    """

    version = models.ForeignKey(ProgramVersion, models.CASCADE, related_name="groups")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="groups")
    is_renewal = models.BooleanField(default=False, db_default=False)
    title = models.CharField(max_length=120)
    rule = models.CharField(max_length=8, choices=GroupRule, default=GroupRule.ALL_OF)
    count = models.PositiveSmallIntegerField(null=True, blank=True, help_text=_("How many, for “a number of”."))
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["version", "position"]
        constraints = [
            models.CheckConstraint(
                condition=Q(rule=GroupRule.ALL_OF, count__isnull=True)
                | Q(rule=GroupRule.N_OF, count__isnull=False, count__gte=1),
                name="group_count_only_for_n_of",
            )
        ]

    def __str__(self) -> str:
        return self.title


class RequirementKind(models.TextChoices):
    """What meets a requirement."""

    COURSE = "course", _("course")
    PATH = "path", _("learning path")
    EXAM = "exam", _("written exam")
    PRACTICAL = "practical", _("practical")
    PROGRAM = "program", _("another accreditation")
    ATTESTATION = "attestation", _("attestation by the manager")
    CREDIT = "credit", _("credit from elsewhere")
    PROOFS = "proofs", _("number of proofs")


class Proof(models.TextChoices):
    """Which of the three questions a requirement answers."""

    KNOW = "know", _("Know")
    SHOW = "show", _("Show")
    KEEP = "keep", _("Keep")


TARGETS = tuple(kind for kind in RequirementKind.values if kind != RequirementKind.PROOFS)
"""The kinds that name one row: for each there is a column of that name."""
ONE_TARGET = Q()
for _kind in RequirementKind.values:
    ONE_TARGET |= Q(kind=_kind) & Q(**{f"{other}__isnull": other != _kind for other in TARGETS})


class Requirement(models.Model):
    """One thing asked for; exactly the target that its kind names is set, and `count` for a number of proofs.

    `count`: `{"number", "condition", "at_least": [[number, condition]], "within_days", "targets"}`, as
    `accreditation.rules.proofs.CountRules` has them, with primary keys. No personal data.
    """

    group = models.ForeignKey(RequirementGroup, models.CASCADE, related_name="requirements")
    kind = models.CharField(max_length=12, choices=RequirementKind)
    proof = models.CharField(max_length=4, choices=Proof)
    position = models.PositiveSmallIntegerField(default=0)
    course = models.ForeignKey("courses.Course", models.PROTECT, null=True, blank=True)
    path = models.ForeignKey("courses.LearningPath", models.PROTECT, null=True, blank=True)
    exam = models.ForeignKey("assessments.Exam", models.PROTECT, null=True, blank=True)
    practical = models.ForeignKey("assessments.Practical", models.PROTECT, null=True, blank=True)
    program = models.ForeignKey(Program, models.PROTECT, null=True, blank=True, related_name="asked_for_by")
    attestation = models.ForeignKey("accreditation.Attestation", models.PROTECT, null=True, blank=True)
    credit = models.ForeignKey("accreditation.ExternalCredit", models.PROTECT, null=True, blank=True)
    title = models.CharField(
        max_length=200,
        blank=True,
        db_default="",
        help_text=_("Where its target has none, or another one fits better."),
    )
    valid_months = models.PositiveSmallIntegerField(null=True, blank=True, help_text=_("How long its proof holds."))
    count = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["group", "position"]
        constraints = [
            models.CheckConstraint(condition=ONE_TARGET, name="requirement_has_the_target_of_its_kind"),
            models.CheckConstraint(
                condition=Q(kind=RequirementKind.PROOFS, count__isnull=False)
                | (~Q(kind=RequirementKind.PROOFS) & Q(count__isnull=True)),
                name="requirement_count_only_for_proofs",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.name}"

    @property
    def target(self) -> Any:
        """The course, path, exam, practical, program, attestation or credit that meets it; None for a number of proofs."""
        return None if self.kind == RequirementKind.PROOFS else getattr(self, self.kind)

    @property
    def name(self) -> str:
        """What pages call it."""
        return self.title or str(getattr(self.target, "title", ""))

    @property
    def target_id(self) -> int:
        """The primary key of `target`, without loading it; 0 for a number of proofs."""
        return 0 if self.kind == RequirementKind.PROOFS else getattr(self, f"{self.kind}_id")


class RequirementCourse(models.Model):
    """A course of a path as the rules asked for it when they were written: a path that changes later changes no rules.

    No personal data.
    """

    requirement = models.ForeignKey(Requirement, models.CASCADE, related_name="steps")
    course = models.ForeignKey("courses.Course", models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["requirement", "position"]
        constraints = [
            models.UniqueConstraint(fields=["requirement", "course"], name="requirement_course_once"),
        ]

    def __str__(self) -> str:
        return str(self.course)


class EnrolmentQuerySet(models.QuerySet):
    """Enrolments, by what stands."""

    def open(self) -> "EnrolmentQuerySet":
        """Enrolments that were not withdrawn."""
        return self.filter(withdrawn_at__isnull=True)


class Enrolment(models.Model):
    """A learner on a program; `due_on` is a date in the program's time zone. Personal data: who learns what, for whom."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="enrolments")
    program = models.ForeignKey(Program, models.PROTECT, related_name="enrolments")
    due_on = models.DateField(null=True, blank=True)
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    enrolled_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "-enrolled_at"]
        constraints = [
            models.UniqueConstraint(fields=["learner", "program"], name="enrolment_one_per_learner_and_program")
        ]
        indexes = [models.Index(fields=["due_on"], name="enrolment_by_due_on")]

    def __str__(self) -> str:
        return f"{self.learner} on {self.program}"
