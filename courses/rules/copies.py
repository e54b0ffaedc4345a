"""What a copy takes along, and whether it may be made. Source: rules.md 2.46."""

from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.lib.refusals import Refusal
from courses.models import Course, LearningPath


def why_not_copy_to(model: type[Model], slug: str) -> Refusal | None:
    """An address belongs to one row of its kind. One query."""
    if model._default_manager.filter(slug=slug).exists():
        return Refusal("taken", _("Another one has this address already. Choose another."))
    return None


def free_slug(model: type[Model], slug: str) -> str:
    """An address like this one that nobody has, at most 80 characters. A query for each that somebody has."""
    number, found = 2, f"{slug[:72]}-copy"
    while model._default_manager.filter(slug=found).exists():
        number, found = number + 1, f"{slug[:72]}-copy-{number}"
    return found


def copied_of(row: Any) -> list[str]:
    """What a copy of a course or path has, in words."""
    if isinstance(row, Course):
        lessons, objectives = row.lessons.count(), row.objectives.count()
        return [
            ngettext(
                "%(count)s lesson, with its file and source", "%(count)s lessons, with their files and sources", lessons
            )
            % {"count": lessons},
            ngettext("%(count)s objective", "%(count)s objectives", objectives) % {"count": objectives},
            *(_("Use case: %(name)s") % {"name": one} for one in row.use_cases.all()),
        ]
    assert isinstance(row, LearningPath)
    steps = row.steps.select_related("course").order_by("position")
    return [_("Course, shared with this path: %(name)s") % {"name": one.course} for one in steps]
