"""What uses a row of content, and whether it may be withdrawn. Source: rules.md 2.42 to 2.44."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext as _

from courses.lib.refusals import Refusal
from courses.models import Asset, Competency, Course
from courses.signals import uses_asked


@dataclass(frozen=True, slots=True)
class Use:
    """A row that uses another one. `link`: its page in the administration, or empty; `people`: under way there.

    `breaks`: what nobody could do any more without the row that is used, or empty. No personal data.
    """

    kind: str
    name: str
    link: str = ""
    people: int = 0
    breaks: str = ""


def use_by(row: Model, *, people: int = 0, breaks: str = "") -> Use:
    """A use by a row, with its page where the administration has one. No query."""
    meta = row._meta
    link = ""
    if admin.site.is_registered(type(row)):
        link = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    return Use(str(meta.verbose_name).capitalize(), str(row), link, people, breaks)


def uses_of(row: Model) -> list[Use]:
    """Everything that uses a row, here and above; what would break first, then who has most people under way."""
    found = list(_uses_here(row))
    answers: Any = uses_asked.send(sender=type(row), row=row)
    for _receiver, uses in answers:
        found += uses
    return sorted(set(found), key=lambda one: (not one.breaks, -one.people, one.kind, one.name))


def _uses_here(row: Any) -> Iterable[Use]:
    if isinstance(row, Course):
        paths = [use_by(one) for one in row.paths.distinct()]
        return [*paths, *(use_by(one) for one in Asset.objects.filter(lessons__course=row).distinct())]
    if isinstance(row, Competency):
        courses = Course.objects.filter(objectives__competency=row).distinct()
        return [*map(use_by, courses), *map(use_by, row.assets.all()), *map(use_by, row.parts.all())]
    if isinstance(row, Asset):
        lessons = row.lessons.select_related("course")
        return [replace(use_by(one.course), kind=_("Lesson"), name=str(one)) for one in lessons]
    return []


def why_not_withdraw_used(
    uses: Sequence[Use], under_way: int, *, reason: str, replacement: Any, is_known: bool
) -> Refusal | None:
    """What others use goes with a reason; where a program could not be finished any more, with a replacement too, knowingly.

    Without use and without people under way nothing is asked.
    """
    if not uses and not under_way:
        return None
    if not reason.strip():
        return Refusal(
            "no-reason", _("It is used: say why it goes, on its own page under “Withdraw…”. Learners read it.")
        )
    broken = [one for one in uses if one.breaks]
    if broken and (replacement is None or not is_known):
        names = "; ".join(one.name for one in broken)
        sentence = _("Nobody new could finish %(names)s. Name what replaces it, and tick that you know.")
        return Refusal("breaks", sentence % {"names": names})
    return None
