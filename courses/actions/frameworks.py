"""Loading a framework: as it was previewed, all of it or nothing. What is gone from it is withdrawn, never deleted."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from courses.actions.audit import record_event
from courses.lib.people import Person
from courses.lib.refusals import refuse_if
from courses.models import Competency, Framework, JourneyStage
from courses.rules.case_files import Fault, ReadPackage
from courses.rules.framework_changes import STALE, Changes, changes_of, used_slugs
from courses.rules.frameworks import Source, Stage, Statement, why_not_place

FIELDS = ["name", "summary", "code", "uri", "position", "withdrawn_on", "changed_at"]


@transaction.atomic
def load_framework(
    *, read: ReadPackage, by: Person | None, digest: str = "", today: date | None = None
) -> Changes | list[Fault]:
    """Let a framework stand here as its file says it. Returns what was done, or every reason why it can't be.

    `digest`: that of the preview; refused where another thing would be done by now. Loading the same file again writes
    nothing. Fewer than twenty statements, whatever the size. Source: rules.md 7.72.
    """
    list(Competency.objects.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk"))
    day = today or timezone.now().date()
    found = changes_of(read, day)
    if isinstance(found, list) or found.is_nothing:
        return found
    if digest:
        refuse_if(STALE if found.digest != digest else None)
    framework = _write_source(found)
    _write_stages(found.stages)
    _write_statements(found, framework)
    Competency.objects.filter(identifier__in=found.gone).update(withdrawn_on=day, changed_at=timezone.now())
    subject = f"courses.framework:{framework.pk if framework else 'own'}"
    record_event(event="framework loaded", by=by, subject=subject, **found.counts)
    return found


def set_place(*, row: Competency, parent: Competency | None, stages: Sequence[JourneyStage] | None) -> bool:
    """Put one of the portal's own competencies where it belongs; `stages` of None stay as they are.

    Refused for a circle, and for what another framework holds. Returns whether anything was written.
    """
    refuse_if(why_not_place(row, parent))
    moved = row.parent_id != (parent.pk if parent else None)
    row.parent = parent
    shifted = False
    if stages is not None and {one.pk for one in stages} != set(row.stages.values_list("pk", flat=True)):
        row.stages.set(stages)
        shifted = True
    if moved or shifted:
        row.save()
    return moved or shifted


def _write_source(found: Changes) -> Framework | None:
    if found.is_own:
        return None
    values: dict[str, Any] = {name: getattr(found.source, name) for name in Source.__dataclass_fields__}
    framework, _ = Framework.objects.update_or_create(identifier=values.pop("identifier"), defaults=values)
    return framework


def _write_stages(stages: Iterable[Stage]) -> None:
    for one in stages:
        summary = "" if one.statement == one.name else one.statement
        values = {"name": one.name, "summary": summary, "position": one.position}
        JourneyStage.objects.update_or_create(
            identifier=one.identifier, defaults=values, create_defaults=values | {"slug": one.slug}
        )


def _write_statements(found: Changes, framework: Framework | None) -> None:
    """Rows first, then what they say of each other: a parent may stand behind its part."""
    now = timezone.now()
    old = {row.identifier: row for row in Competency.objects.filter(identifier__in=found.written)}
    taken = used_slugs(Competency)
    new = [
        Competency(identifier=key, framework=framework, slug=_free(found.wanted[key], taken))
        for key in found.written
        if key not in old
    ]
    for row in (*new, *old.values()):
        _fill(row, found.wanted[row.identifier], now)
    Competency.objects.bulk_create(new)
    rows = {row.identifier: row for row in (*new, *old.values())}
    _point(rows, found.wanted)
    Competency.objects.bulk_update(list(rows.values()), [*FIELDS, "parent", "replaced_by"], batch_size=500)
    _write_places(rows, found.wanted)


def _fill(row: Competency, said: Statement, now: Any) -> None:
    row.name, row.code, row.uri, row.position = said.name, said.code, said.uri, said.position
    row.summary = "" if said.statement == said.name else said.statement
    row.withdrawn_on, row.changed_at = said.withdrawn_on, now


def _point(rows: Mapping[uuid.UUID, Competency], wanted: Mapping[uuid.UUID, Statement]) -> None:
    """Parents and replacements, from identifiers to rows."""
    named = {one for key in rows for one in (wanted[key].parent, wanted[key].replaced_by) if one}
    keys = dict(Competency.objects.filter(identifier__in=named).values_list("identifier", "pk"))
    for identifier, row in rows.items():
        said = wanted[identifier]
        row.parent_id = keys[said.parent] if said.parent else None
        row.replaced_by_id = keys[said.replaced_by] if said.replaced_by else None


def _write_places(rows: Mapping[uuid.UUID, Competency], wanted: Mapping[uuid.UUID, Statement]) -> None:
    """The stages of what was written."""
    keys = dict(JourneyStage.objects.values_list("identifier", "pk"))
    through = Competency.stages.through
    through.objects.filter(competency__in=[row.pk for row in rows.values()]).delete()
    through.objects.bulk_create(
        through(competency_id=row.pk, journeystage_id=keys[stage])
        for identifier, row in rows.items()
        for stage in sorted(wanted[identifier].stages)
    )


def _free(said: Statement, taken: set[str]) -> str:
    """A short name that no other competency has; it is taken from now on."""
    base = slugify(said.code or said.name)[:60] or "competency"
    slug = base if base not in taken else f"{base}-{str(said.identifier)[:8]}"
    slug = slug if slug not in taken else f"{base[:40]}-{said.identifier}"
    taken.add(slug)
    return slug
