"""Writing designs. Lock order: design, then the achievements that have it, by their key."""

from django.db import transaction
from django.utils.translation import gettext as _

from badges import drawings
from badges.actions.achievements import renew
from badges.models import BadgeDesign
from badges.rules.designs import why_not_design
from courses.lib.people import Person
from courses.lib.refusals import Refusal, Refused, refuse_if


@transaction.atomic
def upsert_design(
    *,
    slug: str,
    name: str,
    light: str,
    deep: str,
    ground: str,
    ink: str,
    template: str = "",
    by: Person | None,
) -> BadgeDesign:
    """Write the design of this slug; its achievements are drawn anew as their next version where its look changes.

    Colours are `#rrggbb`, `template` SVG with places, which is written anew from what may stand in it. The same content
    changes nothing. Refused: `bad-drawing` with line and reason, `weak-colours`.
    """
    content = {"name": name, "template": _cleaned(template)}
    content |= {
        field: value.lower() for field, value in (("light", light), ("deep", deep), ("ground", ground), ("ink", ink))
    }
    design = BadgeDesign.objects.select_for_update().filter(slug=slug).first() or BadgeDesign(slug=slug)
    changed = {field for field, value in content.items() if getattr(design, field) != value}
    if design.pk and not changed:
        return design
    for field, value in content.items():
        setattr(design, field, value)
    design.full_clean(validate_unique=False)
    refuse_if(why_not_design(design))
    design._history_user = by  # type: ignore[attr-defined]
    design.save()
    if changed - {"name"}:
        for achievement in design.achievements.select_for_update().order_by("pk"):
            achievement.design = design
            renew(achievement, by=by)
    return design


def _cleaned(template: str) -> str:
    try:
        return drawings.clean(template) if template.strip() else ""
    except drawings.BadDrawing as bad:
        raise Refused(Refusal("bad-drawing", _("This drawing can't be a badge. %(bad)s") % {"bad": bad})) from None
