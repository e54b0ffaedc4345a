"""Sources are noted, looked at, and given revisions; nothing that was noted changes."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from courses.actions.content import put
from courses.actions.links import agree_to_page
from courses.lib.people import Person
from courses.lib.refusals import refuse_if
from courses.models import Source, SourceRevision
from courses.rules.sources import why_not_note, why_not_say_otherwise

FIRST = "As it was first noted."


@transaction.atomic
def note_revision(
    *, source: Source, noted_on: date, changes: str, is_material: bool, by: Person | None
) -> SourceRevision:
    """Append a revision; who notes one has looked at the source. Refused as `why_not_note` says."""
    source = Source.objects.select_for_update().get(pk=source.pk)
    today = timezone.now().date()
    refuse_if(why_not_note(source, noted_on, today))
    last = source.revisions.order_by("-number").first()
    row = source.revisions.create(
        number=last.number + 1 if last else 1,
        noted_on=noted_on,
        changes=changes,
        is_material=is_material,
        noted_by_id=by.pk if by else None,
    )
    if source.checked_on < today:
        _looked_at(source, today)
    if by is not None:
        agree_to_page(url=source.url, by=by)
    return row


@transaction.atomic
def check_source(*, source: Source, by: Person) -> Source:
    """Somebody looked, and nothing had changed: the next check is due an interval later."""
    source = Source.objects.select_for_update().get(pk=source.pk)
    _looked_at(source, timezone.now().date())
    agree_to_page(url=source.url, by=by)
    return source


def _looked_at(source: Source, day: date) -> None:
    source.checked_on = day
    source.save(update_fields=["checked_on"])


@transaction.atomic
def author_source(
    *, slug: str, values: Mapping[str, Any], revisions: Sequence[tuple[date, str, bool]] = (), by: Person | None = None
) -> Source:
    """Write a source with its revisions in order (noted on, what changed, material); the same again changes nothing.

    Without any it begins with one. Those that stand already have to say the same; later ones that were noted since stay.
    """
    known = Source.objects.filter(slug=slug).values_list("checked_on", flat=True).first()
    source, _ = put(Source, {"slug": slug}, {"checked_on": known or timezone.now().date(), **values})
    standing = {row.number: row for row in source.revisions.select_related("source")}
    if not standing and not revisions:
        note_revision(source=source, noted_on=timezone.now().date(), changes=FIRST, is_material=False, by=by)
    for number, said in enumerate(revisions, 1):
        if number in standing:
            refuse_if(why_not_say_otherwise(standing[number], said))
        else:
            noted_on, changes, is_material = said
            note_revision(source=source, noted_on=noted_on, changes=changes, is_material=is_material, by=by)
    return source
