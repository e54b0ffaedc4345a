"""The catalogue words: what content, briefs and proofs are sorted by."""

from django.db import models


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
        verbose_name = "size"


class Vertical(CatalogueWord):
    """An industry. No personal data."""


class Ecosystem(CatalogueWord):
    """A partner tool world. No personal data."""


class JourneyStage(CatalogueWord):
    """Where in the customer's journey a skill is used. No personal data."""


class Competency(CatalogueWord):
    """A field functional competency. No personal data."""

    class Meta(CatalogueWord.Meta):
        verbose_name_plural = "competencies"
