"""What a badge stands for, and each version of its words and picture."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy
from simple_history.models import HistoricalRecords

from badges.models.designs import BadgeDesign

LANGUAGE = r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$"
"""A code of BCP 47 as Open Badges takes it: language, script, region."""


class Achievement(models.Model):
    """What a badge stands for: its words, its criteria and its drawing. Every change of them is a new version.

    Awards keep their own text, so a change never reaches one. No personal data.
    """

    class Shape(models.TextChoices):
        """A disc is an accreditation, a hexagon a micro-credential."""

        DISC = "disc"
        HEXAGON = "hexagon"

    class Tone(models.TextChoices):
        """The colour of ring, line and glyph."""

        NIGHT = "night"
        BLUE = "blue"
        GREEN = "green"
        GOLD = "gold"
        ROSE = "rose"

    class Kind(models.TextChoices):
        """Words of Open Badges for what was achieved; accreditation is limited in time, revocable and renewable."""

        CERTIFICATION = "Certification"

    class Tier(models.TextChoices):
        """The tier that a badge stands for, where it stands for one."""

        CRAWL = "crawl"
        WALK = "walk"
        RUN = "run"

    slug = models.SlugField(max_length=80, unique=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    name = models.CharField(max_length=120)
    description = models.TextField(
        help_text=gettext_lazy("One or two sentences that mean something to a customer who reads them.")
    )
    criteria = models.TextField(help_text=gettext_lazy("Markdown: what the holder did."))
    achievement_type = models.CharField(max_length=40, choices=Kind, default=Kind.CERTIFICATION, editable=False)
    shape = models.CharField(max_length=10, choices=Shape, default=Shape.DISC)
    tone = models.CharField(max_length=10, choices=Tone, default=Tone.NIGHT)
    label = models.CharField(max_length=18, help_text=gettext_lazy("The word in the drawing."))
    tier = models.CharField(max_length=10, choices=Tier, blank=True, db_default="")
    persona = models.CharField(
        max_length=40, blank=True, db_default="", help_text=gettext_lazy("Below the label, e.g. Education.")
    )
    icon = models.CharField(max_length=60, blank=True, db_default="", help_text=gettext_lazy("Above the label."))
    competencies: Any = models.ManyToManyField(
        "courses.Competency",
        blank=True,
        related_name="achievements",
        help_text=gettext_lazy("Beside those of the proofs, which each award names by itself."),
    )
    design = models.ForeignKey(
        BadgeDesign,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="achievements",
        help_text=gettext_lazy("Empty: shape and tone."),
    )
    alt_text = models.CharField(
        gettext_lazy("alternative text"),
        max_length=250,
        db_default="",
        help_text=gettext_lazy("What the picture says, for whoever doesn't see it."),
    )
    tags = ArrayField(
        models.CharField(max_length=60), default=list, blank=True, help_text=gettext_lazy("Separated by commas.")
    )
    language = models.CharField(
        max_length=12,
        default="en",
        db_default="en",
        validators=[RegexValidator(LANGUAGE, gettext_lazy("Write the language as a code, e.g. en, de or pt-BR."))],
        help_text=gettext_lazy("What its words are written in, as a code, e.g. en, de or pt-BR."),
    )
    image = models.BinaryField(editable=False)

    history = HistoricalRecords(excluded_fields=["image"])

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(language__regex=LANGUAGE), name="achievement_language_is_a_code"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The page that says what the badge stands for."""
        return reverse("badges:achievement", args=[self.slug])


class Edition(models.Model):
    """One version of an achievement as it was worded and drawn: what awards of that version point to. Never changes.

    No personal data.
    """

    achievement = models.ForeignKey(Achievement, models.PROTECT, related_name="editions")
    version = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    description = models.TextField()
    criteria = models.TextField()
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    image = models.BinaryField()
    drawing = models.TextField(help_text=gettext_lazy("The same picture as SVG."))
    alt_text = models.CharField(gettext_lazy("alternative text"), max_length=250, blank=True, db_default="")
    language = models.CharField(max_length=12, default="en", db_default="en")

    class Meta:
        ordering = ["achievement", "version"]
        constraints = [
            models.UniqueConstraint(fields=["achievement", "version"], name="edition_one_per_version"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}"
