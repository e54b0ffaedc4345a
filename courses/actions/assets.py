"""Assets are written and given versions; they are published and withdrawn like other content."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models, transaction

from courses.actions.content import put
from courses.lib.people import Person
from courses.lib.refusals import refuse_if
from courses.models import Asset, AssetVersion, SourceRevision
from courses.rules.assets import why_not_say


@transaction.atomic
def author_asset(
    *, slug: str, values: Mapping[str, Any], words: Mapping[str, Sequence[models.Model]], said: Mapping[str, Any],
    by: Person | None,
) -> tuple[Asset, bool]:  # fmt: skip
    """Write an asset as it was authored: its fields, its words by dimension, and what it says.

    `said`: `{"body", "url", "notes", "source_revision"}`; the same again writes no version. Returns the asset and whether
    anything changed.
    """
    asset, changed = put(Asset, {"slug": slug}, values)
    for name, rows in words.items():
        wanted = {row.pk for row in rows}
        if wanted != set(getattr(asset, name).values_list("pk", flat=True)):
            getattr(asset, name).set(wanted)
            changed = True
    return asset, give_version(asset=asset, by=by, **said) or changed


@transaction.atomic
def give_version(
    *,
    asset: Asset,
    by: Person | None,
    body: str = "",
    url: str = "",
    file: Any = "",
    notes: str = "",
    source_revision: SourceRevision | None = None,
) -> bool:
    """Let the asset say this from now on; whether that is another version than it had. Refused where it says nothing.

    Without a file it keeps the one that it had.
    """
    refuse_if(why_not_say(body, url, file))
    asset = Asset.objects.select_for_update(of=("self",)).select_related("current_version").get(pk=asset.pk)
    live = asset.current_version
    said = {"body": body, "url": url, "source_revision": source_revision}
    if live and not file:
        file = live.file.name
    if live and all(getattr(live, name) == value for name, value in said.items()) and live.file == file:
        return False
    row = AssetVersion(asset=asset, number=live.number + 1 if live else 1, file=file, notes=notes, **said)
    row.published_by_id = by.pk if by else None
    row.save()
    asset.current_version = row
    asset.save(update_fields=["current_version"])
    return True
