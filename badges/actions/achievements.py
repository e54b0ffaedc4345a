"""Writing achievements."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction

from badges import artwork
from badges.models import Achievement, Edition
from courses.lib.people import Person


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
    by: Person | None,
) -> Achievement:
    """Write the achievement of this slug. The same content changes nothing; other content is the next version.

    `criteria` is markdown, `label` at most 18 characters. Awards that were issued keep what they say.
    """
    content: dict[str, Any] = {
        "name": name, "description": description, "criteria": criteria,
        "shape": shape, "tone": tone, "label": label, "tags": list(tags),
    }  # fmt: skip
    achievement = Achievement.objects.select_for_update().filter(slug=slug).first()
    if achievement is None:
        achievement = Achievement(slug=slug, version=0)
    elif all(getattr(achievement, field) == value for field, value in content.items()):
        return achievement
    for field, value in content.items():
        setattr(achievement, field, value)
    achievement.version += 1
    achievement.full_clean(exclude=["image"], validate_unique=False)
    achievement.image = artwork.draw_png(drawing_of(achievement))
    achievement._history_user = by  # type: ignore[attr-defined]
    achievement.save()
    edition_of(achievement)
    return achievement


def edition_of(achievement: Achievement) -> Edition:
    """The version of the achievement as it stands, kept for ever. Made here for one that was last saved before these were."""
    fields = ("name", "description", "criteria", "tags", "image")
    content = {field: getattr(achievement, field) for field in fields}
    rows = Edition.objects.defer("image")
    edition, _ = rows.get_or_create(
        achievement=achievement,
        version=achievement.version,
        defaults=content | {"drawing": artwork.draw_svg(drawing_of(achievement))},
    )
    return edition


def drawing_of(achievement: Achievement) -> artwork.Drawing:
    """The drawing of an achievement: the organisation's name stands at its foot."""
    return artwork.Drawing(
        shape=achievement.shape,
        tone=achievement.tone,
        name=achievement.name,
        label=achievement.label,
        foot=settings.ORGANISATION_NAME,
    )
