"""What practicals are read against, and the customers that they play with: rubrics and briefs."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy
from simple_history.models import HistoricalRecords

from courses.models.sources import Sourced

LOWEST_LEVEL, HIGHEST_LEVEL = 1, 5


class Rubric(models.Model):
    """A scoring sheet by name; what it says stands in its versions. No personal data."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    history = HistoricalRecords()

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class RubricVersion(models.Model):
    """One wording of a rubric, immutable from the start: marks keep meaning what their level said. No personal data."""

    rubric = models.ForeignKey(Rubric, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    pass_points = models.PositiveSmallIntegerField(help_text=gettext_lazy("The total from which a submission passes."))
    impression_first = models.BooleanField(
        default=False, help_text=gettext_lazy("Graders see the learner's own marks only after marks of their own.")
    )
    content_hash = models.CharField(max_length=64)
    published_at = models.DateTimeField()

    class Meta:
        ordering = ["rubric", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["rubric", "number"], name="rubric_version_number_once"),
            models.CheckConstraint(condition=Q(pass_points__gte=1), name="rubric_version_has_pass_points"),
        ]

    def __str__(self) -> str:
        return f"{self.rubric}, version {self.number}"


class Criterion(Sourced):
    """A row of a rubric version; what it shows, its competency, is no part of its wording. No personal data."""

    rubric_version = models.ForeignKey(RubricVersion, models.PROTECT, related_name="criteria")
    slug = models.SlugField(max_length=80)
    area = models.CharField(max_length=80)
    name = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField(default=0)
    competency = models.ForeignKey("courses.Competency", models.PROTECT, null=True, blank=True, related_name="criteria")

    class Meta:
        ordering = ["rubric_version", "position"]
        verbose_name_plural = gettext_lazy("criteria")
        constraints = [models.UniqueConstraint(fields=["rubric_version", "slug"], name="criterion_one_per_slug")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def in_use(cls) -> "models.QuerySet[Criterion]":
        """The rows of wordings that a practical is read against now."""
        used = cls.objects.filter(rubric_version__practicals__isnull=False).distinct()
        return used.select_related("rubric_version__rubric")

    @property
    def page(self) -> tuple[str, int]:
        """Its rubric."""
        return "assessments_rubric_change", self.rubric_version.rubric_id


class Level(models.Model):
    """A described score of a criterion; `raise_text` says what lifts it to the next one. No personal data."""

    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="levels")
    number = models.PositiveSmallIntegerField()
    text = models.TextField()
    raise_text = models.TextField(blank=True)

    class Meta:
        ordering = ["criterion", "number"]
        constraints = [
            models.UniqueConstraint(fields=["criterion", "number"], name="level_one_per_number"),
            models.CheckConstraint(
                condition=Q(number__range=(LOWEST_LEVEL, HIGHEST_LEVEL)), name="level_between_one_and_five"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.text}"


class BriefPool(models.Model):
    """The briefs that one practical draws from. No personal data."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    history = HistoricalRecords()

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class BriefQuerySet(models.QuerySet):
    """Briefs by what may be done with them."""

    def drawable(self) -> "BriefQuerySet":
        """Those that a new try may get: the newest wording of each, unless it was retired."""
        return self.filter(retired_at__isnull=True)


class Brief(models.Model):
    """A customer brief in one wording. `hidden_notes` reach graders only. No personal data (customers are invented)."""

    pool = models.ForeignKey(BriefPool, models.PROTECT, related_name="briefs")
    slug = models.SlugField(max_length=80)
    version = models.PositiveSmallIntegerField(default=1)
    customer = models.CharField(max_length=200)
    situation = models.CharField(max_length=300, blank=True)
    industry = models.CharField(max_length=200, blank=True)
    size = models.ForeignKey("courses.CompanySize", models.PROTECT, null=True, blank=True)
    size_text = models.CharField(max_length=200, blank=True)
    region = models.CharField(max_length=200, blank=True)
    tools = models.CharField(max_length=300, blank=True)
    pain_points = models.JSONField(default=list, help_text=gettext_lazy("A list of sentences."))
    people = models.TextField(blank=True)
    persona = models.ForeignKey("courses.Persona", models.PROTECT, null=True, blank=True)
    use_case = models.ForeignKey("courses.UseCase", models.PROTECT, null=True, blank=True)
    product = models.ForeignKey("courses.Product", models.PROTECT, null=True, blank=True)
    vertical = models.ForeignKey("courses.Vertical", models.PROTECT, null=True, blank=True)
    is_complex = models.BooleanField(gettext_lazy("complex solution"), default=False, db_default=False)
    hidden_notes = models.TextField(blank=True, help_text=gettext_lazy("For graders only."))
    content_hash = models.CharField(max_length=64, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    objects = BriefQuerySet.as_manager()

    class Meta:
        ordering = ["pool", "customer", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["pool", "slug", "version"], name="brief_version_once"),
            models.UniqueConstraint(
                fields=["pool", "slug"], condition=Q(retired_at__isnull=True), name="brief_one_drawable_per_slug"
            ),
        ]

    def __str__(self) -> str:
        return self.customer
