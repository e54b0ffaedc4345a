"""Writing achievements."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from badges import artwork
from badges.models import Achievement, BadgeDesign, Edition
from badges.rules.designs import alt_text_for, drawing_of, why_not_draw
from courses.lib.people import Person
from courses.lib.refusals import refuse_if


@transaction.atomic
def upsert_achievement(
    *,
    slug: str,
    name: str,
    description: str,
    criteria: str,
    shape: str,
    tone: str,
    label: str,
    tags: Iterable[str] = (),
    tier: str = "",
    persona: str = "",
    icon: str = "",
    alt_text: str = "",
    language: str = "en",
    design: BadgeDesign | None = None,
    by: Person | None,
) -> Achievement:
    """Write the achievement of this slug. The same content changes nothing; other content is the next version.

    `criteria` is markdown, `label` at most 18 characters, `tier` crawl, walk, run or empty, `icon` an outline heroicon,
    `language` a code of BCP 47.
    Without `alt_text` it is made of name, tier and persona. Awards that were issued keep what they say.
    Refused: `no-sign`, `no-icon`, `no-words`.
    """
    content: dict[str, Any] = {
        "name": name, "description": description, "criteria": criteria, "shape": shape, "tone": tone, "label": label,
        "tags": list(tags), "tier": tier, "persona": persona, "icon": icon, "design": design, "language": language,
        "alt_text": alt_text.strip() or alt_text_for(name=name, tier=tier, persona=persona),
    }  # fmt: skip
    rows = Achievement.objects.select_for_update(of=["self"]).select_related("design")
    achievement = rows.filter(slug=slug).first()
    if achievement is None:
        achievement = Achievement(slug=slug, version=0)
    elif all(getattr(achievement, field) == value for field, value in content.items()):
        return achievement
    for field, value in content.items():
        setattr(achievement, field, value)
    achievement.full_clean(exclude=["image"], validate_unique=False)
    return renew(achievement, by=by)


def renew(achievement: Achievement, *, by: Person | None) -> Achievement:
    """Draw the achievement and keep it as its next version. The caller holds its lock. Refused like `upsert_achievement`."""
    drawing = drawing_of(achievement, achievement.design)
    refuse_if(why_not_draw(drawing))
    achievement.version += 1
    achievement.image = artwork.draw_png(drawing)
    achievement._history_user = by  # type: ignore[attr-defined]
    achievement.save()
    edition_of(achievement)
    return achievement


def edition_of(achievement: Achievement) -> Edition:
    """The version of the achievement as it stands, kept for ever. Made here for one that was last saved before these were."""
    fields = ("name", "description", "criteria", "tags", "image", "alt_text", "language")
    content = {field: getattr(achievement, field) for field in fields}
    rows = Edition.objects.defer("image")
    edition, _ = rows.get_or_create(
        achievement=achievement,
        version=achievement.version,
        defaults=content | {"drawing": artwork.draw_svg(drawing_of(achievement, achievement.design))},
    )
    return edition
