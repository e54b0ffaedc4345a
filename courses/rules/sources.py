"""What points at a source, which of it still points at an older revision, and when a revision may be noted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext

from courses.lib.clock import show_day
from courses.lib.refusals import Refusal
from courses.models import Source, Sourced, SourceRevision
from courses.models.sources import sourced_models


@dataclass(frozen=True, slots=True)
class Pointer:
    """Something that points at a revision. `needs_look`: a material revision came after the one that it was checked against."""

    item: Sourced
    kind: str
    number: int
    needs_look: bool


def pointers_to(source: Source) -> list[Pointer]:
    """Everything in use that points at a source, what needs a look first. A query for each kind of content, and one more."""
    material = set(source.revisions.filter(is_material=True).values_list("number", flat=True))
    found = [_pointer(row, material) for model in sourced_models() for row in _rows(model, source)]
    return sorted(found, key=lambda one: (not one.needs_look, one.kind, one.number))


def _rows(model: type[Sourced], source: Source) -> Iterable[Any]:
    return model.in_use().filter(source_revision__source=source).select_related("source_revision").order_by("pk")


def _pointer(row: Any, material: Iterable[int]) -> Pointer:
    number = row.source_revision.number
    kind = str(row._meta.verbose_name).removesuffix(" version")
    return Pointer(row, kind, number, any(one > number for one in material))


def counts_by_source(sources: Sequence[Source]) -> dict[int, tuple[int, int]]:
    """For each source how much points at it, and how much of that needs a look. As many queries as `pointers_to`."""
    rows = SourceRevision.objects.filter(source__in=sources, is_material=True).order_by("number")
    newest = dict(rows.values_list("source_id", "number"))
    counts: dict[int, tuple[int, int]] = {}
    for model in sourced_models():
        pairs = model.in_use().filter(source_revision__source__in=sources).order_by()
        for source, number, _ in pairs.values_list("source_revision__source_id", "source_revision__number", "pk"):
            all_, old = counts.get(source, (0, 0))
            counts[source] = (all_ + 1, old + (number < newest.get(source, 0)))
    return counts


def why_not_note(source: Source, noted_on: date, today: date) -> Refusal | None:
    """A revision was seen by today, and not before the one that it follows. One query."""
    if noted_on > today:
        return Refusal("not-yet", gettext("That day is still to come. Note the change once it is there."))
    last = source.revisions.order_by("-number").first()
    if last and noted_on < last.noted_on:
        return Refusal(
            "out-of-order",
            gettext("Revision %(number)s was noted on %(day)s, after that day.")
            % {"number": last.number, "day": show_day(last.noted_on)},
        )
    return None


def why_not_say_otherwise(row: SourceRevision, said: tuple[date, str, bool]) -> Refusal | None:
    """A revision that was noted stays as it was written: a file that says something else adds another one."""
    if (row.noted_on, row.changes, row.is_material) == said:
        return None
    return Refusal(
        "noted-already",
        gettext("revision %(number)s of `%(slug)s` was noted in other words, and stays: add another one after it")
        % {"number": row.number, "slug": row.source.slug},
    )
