"""The catalogue words: what content, briefs and proofs are sorted by."""

import uuid
from typing import Any

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy


class CatalogueWord(models.Model):
    """One word of a catalogue dimension. No personal data."""

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    summary = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class Role(CatalogueWord):
    """Audience of a program: SAL, AE, SA, CSM, partner seller. No personal data."""


class Persona(CatalogueWord):
    """Whom a seller speaks to: sales, marketing, education, product. No personal data.

    One may be the fallback, for people who fit none.
    """

    is_fallback = models.BooleanField(default=False, db_default=False)

    class Meta(CatalogueWord.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["is_fallback"], condition=models.Q(is_fallback=True), name="persona_one_fallback"
            )
        ]


class Product(CatalogueWord):
    """One of the vendor's products. No personal data."""


class UseCase(CatalogueWord):
    """Why customers buy, e.g. CI/CD. No personal data."""


class CompanySize(CatalogueWord):
    """Small business or enterprise. No personal data."""

    class Meta(CatalogueWord.Meta):
        verbose_name = gettext_lazy("size")


class Vertical(CatalogueWord):
    """An industry. No personal data."""


class Ecosystem(CatalogueWord):
    """A partner tool world. No personal data."""


class FrameworkWord(CatalogueWord):
    """A word that other systems may name: `identifier` never changes. No personal data."""

    identifier = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False)

    class Meta(CatalogueWord.Meta):
        abstract = True


class JourneyStage(FrameworkWord):
    """Where in the customer's journey a skill is used. No personal data."""


class Framework(models.Model):
    """A framework that was imported from its publisher. What belongs to none is the portal's own. No personal data."""

    identifier = models.UUIDField(unique=True)
    uri = models.URLField(gettext_lazy("address"), max_length=500)
    title = models.CharField(max_length=300)
    creator = models.CharField(max_length=300)
    publisher = models.CharField(max_length=300, blank=True)
    version = models.CharField(max_length=100, blank=True)
    description = models.TextField(blank=True)
    language = models.CharField(max_length=35, blank=True)
    license_uri = models.URLField(gettext_lazy("licence"), max_length=500, blank=True)
    license_title = models.CharField(gettext_lazy("name of the licence"), max_length=300, blank=True)
    source_url = models.URLField(gettext_lazy("official document"), max_length=500, blank=True)
    loaded_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class CompetencyQuerySet(models.QuerySet):
    """Competencies by where they stand."""

    def current(self) -> "CompetencyQuerySet":
        """Those that are not withdrawn."""
        return self.exclude(withdrawn_on__lte=timezone.now().date())


class Competency(FrameworkWord):
    """A field functional competency, or a group of them: `parent` is what it is part of. No personal data.

    `code` is how its framework writes it; `uri` is where its publisher describes it, empty for the portal's own. Withdrawn
    ones stay for what names them; `replaced_by` says what stands in their place.
    """

    code = models.CharField(max_length=100, blank=True, db_default="")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="parts")
    stages: Any = models.ManyToManyField(
        JourneyStage, blank=True, related_name="competencies", verbose_name=gettext_lazy("journey stages")
    )
    framework = models.ForeignKey(
        Framework, models.PROTECT, null=True, blank=True, editable=False, related_name="competencies"
    )
    uri = models.URLField(gettext_lazy("address"), max_length=500, blank=True, db_default="", editable=False)
    withdrawn_on = models.DateField(null=True, blank=True)
    replaced_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replaces")
    changed_at = models.DateTimeField(auto_now=True, db_default=Now())

    objects = CompetencyQuerySet.as_manager()

    class Meta(CatalogueWord.Meta):
        verbose_name_plural = gettext_lazy("competencies")
        constraints = [
            models.CheckConstraint(condition=~Q(parent=F("pk")), name="competency_is_no_part_of_itself"),
            models.CheckConstraint(condition=~Q(replaced_by=F("pk")), name="competency_replaced_by_another"),
            models.CheckConstraint(
                condition=Q(replaced_by=None) | Q(withdrawn_on__isnull=False), name="competency_replaced_is_withdrawn"
            ),
            models.CheckConstraint(
                condition=Q(framework=None, uri="") | (Q(framework__isnull=False) & ~Q(uri="")),
                name="competency_imported_has_an_address",
            ),
        ]

    @property
    def is_withdrawn(self) -> bool:
        """Whether it is withdrawn as of today."""
        return self.withdrawn_on is not None and self.withdrawn_on <= timezone.now().date()
