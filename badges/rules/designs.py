"""What a badge looks like, and why it can't look so."""

import io
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image

from badges import artwork, drawings
from badges.artwork import Colours, Drawing
from badges.models import Achievement, BadgeDesign
from courses.lib.refusals import Refusal

SAMPLE = {
    "name": "Accredited Partner Seller", "label": "Partner Seller", "tier": "walk", "persona": "Education", "shape": "disc",
    "tone": "night", "icon": "academic-cap",
}  # fmt: skip
"""The words by which a design is shown before any badge has it."""


def drawing_of(achievement: Any, design: BadgeDesign | None) -> Drawing:
    """The drawing of an achievement, or of anything with its fields. The organisation's name stands at its foot."""
    return Drawing(
        shape=achievement.shape,
        tone=achievement.tone,
        name=achievement.name,
        label=achievement.label,
        foot=settings.ORGANISATION_NAME,
        tier=achievement.tier,
        persona=achievement.persona,
        icon=achievement.icon,
        colours=colours_of(design) if design else None,
        template=design.template if design else "",
        title=achievement.alt_text,
        language=achievement.language,
    )


def sample_of(design: BadgeDesign) -> Drawing:
    """The drawing by which a design is shown and tried."""
    return drawing_of(Achievement(**SAMPLE, alt_text=design.name), design)


def colours_of(design: BadgeDesign) -> Colours:
    """The four colours of a design."""
    return Colours(design.light, design.deep, design.ground, design.ink)


def alt_text_for(*, name: str, tier: str, persona: str) -> str:
    """What the picture says, for whoever doesn't see it, where nobody has written it."""
    parts = [name, f"tier {tier}" if tier else "", f"persona {persona}" if persona else ""]
    return f"Badge: {', '.join(part for part in parts if part)}"


def why_not_design(design: BadgeDesign) -> Refusal | None:
    """A design needs colours that can be told apart, and a template that holds nothing but a drawing with places.

    The template is drawn once with sample words. Source: rules.md 8.19, 8.20.
    """
    try:
        if weak := artwork.faint_colours(colours_of(design)):
            return Refusal("weak-colours", _("These colours are too weak to be read. %(weak)s") % {"weak": weak[0]})
        if Image.open(io.BytesIO(artwork.draw_png(sample_of(design)))).getbbox() is None:
            return Refusal("bad-drawing", _("There is nothing to see in this drawing."))
    except drawings.BadDrawing as bad:
        return Refusal("bad-drawing", _("This drawing can't be a badge. %(bad)s") % {"bad": bad})
    except ValueError:
        return Refusal("bad-drawing", _("This drawing can't be drawn: something in it is no number, colour or path."))
    return None


def why_not_draw(drawing: Drawing) -> Refusal | None:
    """A badge needs a label that its font has signs for, an icon that exists, and words for whoever doesn't see it."""
    missing = [sign for sign in drawing.label if not artwork.can_be_drawn(sign)]
    if missing:
        return Refusal(
            "no-sign",
            _("The badge can't show “%(missing)s”: its font has no such sign. Take another label.")
            % {"missing": missing[0]},
        )
    if drawing.icon and drawing.icon not in artwork.icon_names():
        return Refusal("no-icon", _("There is no icon “%(icon)s”.") % {"icon": drawing.icon})
    if not drawing.title.strip():
        return Refusal("no-words", _("Say what the badge shows, for whoever doesn't see it."))
    return None


def icon_choices() -> Iterable[tuple[str, str]]:
    """Every icon by name, the one of the shape first."""
    return [("", "as the shape has it"), *((name, name.replace("-", " ")) for name in artwork.icon_names())]
