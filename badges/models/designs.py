"""How badges look, where it isn't built in."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy
from simple_history.models import HistoricalRecords

COLOUR = RegexValidator(r"^#[0-9a-f]{6}$", gettext_lazy("Write the colour as # and six signs, e.g. #8df0c4."))


class BadgeDesign(models.Model):
    """Colours of badges, and a template where the built-in disc and hexagon won't do. No personal data.

    A change draws every badge of this design anew, as its next version; awards keep the picture they were given.
    """

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    template = models.TextField(
        blank=True, help_text=gettext_lazy("SVG with places; empty for the built-in drawing of the badge's shape.")
    )
    light = models.CharField(
        max_length=7, default="#dfe4fb", validators=[COLOUR], help_text=gettext_lazy("The tone's light end.")
    )
    deep = models.CharField(
        max_length=7, default="#8d98cf", validators=[COLOUR], help_text=gettext_lazy("The tone's deep end.")
    )
    ground = models.CharField(max_length=7, default="#1b2146", validators=[COLOUR])
    ink = models.CharField(max_length=7, default="#ffffff", validators=[COLOUR], help_text=gettext_lazy("The words."))

    history = HistoricalRecords()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    light__regex=r"^#[0-9a-f]{6}$",
                    deep__regex=r"^#[0-9a-f]{6}$",
                    ground__regex=r"^#[0-9a-f]{6}$",
                    ink__regex=r"^#[0-9a-f]{6}$",
                ),
                name="badge_design_colours_in_hex",
            ),
        ]

    def __str__(self) -> str:
        return self.name
