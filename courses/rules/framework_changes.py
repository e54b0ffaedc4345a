"""What loading a framework would change here: new, changed, gone. Shown before, applied as shown."""

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_noop

from courses.lib.refusals import Refusal
from courses.models import Competency, Framework, JourneyStage
from courses.rules.case_files import MOST_FAULTS, Fault, ReadPackage
from courses.rules.frameworks import (
    Content,
    Source,
    Stage,
    Statement,
    case_address,
    content_of,
    own_identifier,
    stages_of,
)

LABELS = {
    "name": "name", "statement": "statement", "code": "code", "uri": "address", "position": "place",
    "parent": "what it is part of", "stages": "journey stages", "withdrawn_on": "withdrawal",
    "replaced_by": "what replaces it",
}  # fmt: skip
NEW, CHANGED, GONE = "new", "changed", "gone"
STALE = Refusal("changed", gettext_noop("Something changed since the preview. Look at it once more, then apply it."))


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one row: new, changed with what of it, or gone. `code`: how its framework writes it."""

    what: str
    name: str
    code: str = ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """What loading would do. `framework`: the one that stands here; None for a new one and for the portal's own.

    `wanted`: every statement as it shall stand; `written`: those of them that stand otherwise; `stages`: those to write.
    """

    source: Source
    is_own: bool
    framework: Framework | None
    source_fields: tuple[str, ...]
    wanted: Mapping[uuid.UUID, Statement]
    written: tuple[uuid.UUID, ...]
    gone: tuple[uuid.UUID, ...]
    stages: tuple[Stage, ...]
    rows: tuple[Change, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        """Whether the framework isn't here yet."""
        return not self.is_own and self.framework is None

    @property
    def is_nothing(self) -> bool:
        """Whether everything stands here already."""
        return not (self.is_new or self.source_fields or self.rows)

    @property
    def digest(self) -> str:
        """Another one where another thing would be done."""
        said = repr((self.source, self.source_fields, self.rows, sorted(map(str, self.gone)), len(self.wanted)))
        return hashlib.sha256(said.encode()).hexdigest()

    @property
    def counts(self) -> dict[str, int]:
        """How many rows become what."""
        found = {word: sum(one.what == word for one in self.rows) for word in (NEW, CHANGED, GONE)}
        return found | {"same": len(self.wanted) - len(self.written)}


def changes_of(read: ReadPackage, today: date) -> Changes | list[Fault]:
    """What loading this file would do as of today, or why it can't be loaded. Seven queries, whatever its size."""
    file, is_own = read.content, read.content.source.identifier == own_identifier()
    framework = None if is_own else Framework.objects.filter(identifier=file.source.identifier).first()
    here = content_of(framework) if is_own or framework else Content(file.source, {}, {})
    if faults := [*_not_theirs(file, here, is_own=is_own), *_taken(file, here)]:
        return faults[:MOST_FAULTS]
    names, stages, rows = _stages(file, is_own=is_own)
    lost = _nowhere(file)
    wanted = {key: _as_here(one, names, lost, is_own=is_own) for key, one in file.statements.items()}
    gone = tuple(key for key, one in here.statements.items() if key not in wanted and not _is_over(one, today))
    rows += [one for key, new in wanted.items() if (one := _row(here.statements.get(key), new))]
    rows += [Change(GONE, here.statements[key].name, here.statements[key].code) for key in gone]
    return Changes(
        source=file.source,
        is_own=is_own,
        framework=framework,
        source_fields=() if is_own else _otherwise(here.source, file.source, tuple(Source.__dataclass_fields__)),
        wanted=wanted,
        written=tuple(key for key, new in wanted.items() if here.statements.get(key) != new),
        gone=gone,
        stages=stages,
        rows=tuple(rows),
        left_out=dict(read.left_out) | ({"replacements that are not here": len(lost)} if lost else {}),
    )


def _is_over(one: Statement, today: date) -> bool:
    return one.withdrawn_on is not None and one.withdrawn_on <= today


def _not_theirs(file: Content, here: Content, *, is_own: bool) -> Iterator[Fault]:
    """Whoever speaks for a framework does so at its address."""
    uri = file.source.uri
    if is_own:
        if uri != here.source.uri:
            yield Fault("CFDocument.uri", f"is not {here.source.uri}, where this portal's own framework is")
        for one in file.statements.values():
            if one.uri != case_address("CFItems", one.identifier):
                yield Fault(f"CFItems[{one.row}].uri", "is somebody else’s address, and the framework is this portal's")
    elif _home(uri) == _home(settings.SITE_URL):
        yield Fault("CFDocument.uri", "is an address of this portal, and the framework is none of its own")
    elif _home(uri) != _home(here.source.uri):
        yield Fault("CFDocument.uri", f"is not at {_home(here.source.uri)}, from where this framework was loaded")


def _home(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _taken(file: Content, here: Content) -> Iterator[Fault]:
    """Statements that stand in another framework of this portal. One query."""
    others = Competency.objects.filter(identifier__in=set(file.statements) - set(here.statements))
    for identifier, title in others.values_list("identifier", "framework__title"):
        place = f"CFItems[{file.statements[identifier].row}].identifier"
        yield Fault(place, f"{identifier} stands in “{title or 'the portal’s own framework'}” already")


def _nowhere(file: Content) -> set[uuid.UUID]:
    """What replaces something and is known neither to the file nor here. One query."""
    outside = {one.replaced_by for one in file.statements.values() if one.replaced_by} - set(file.statements)
    return outside - set(Competency.objects.filter(identifier__in=outside).values_list("identifier", flat=True))


def _as_here(one: Statement, names: Mapping[uuid.UUID, uuid.UUID], lost: set[uuid.UUID], *, is_own: bool) -> Statement:
    """A statement of the file as it would stand here."""
    return replace(
        one,
        uri="" if is_own else one.uri,
        stages=frozenset(names[stage] for stage in one.stages),
        replaced_by=None if one.replaced_by in lost else one.replaced_by,
    )


def _row(old: Statement | None, new: Statement) -> Change | None:
    if old is None:
        return Change(NEW, new.name, new.code)
    fields = _otherwise(old, new, tuple(LABELS))
    return Change(CHANGED, new.name, new.code, tuple(LABELS[one] for one in fields)) if fields else None


def _otherwise(old: object, new: object, fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in fields if getattr(old, name) != getattr(new, name))


def _stages(file: Content, *, is_own: bool) -> tuple[dict[uuid.UUID, uuid.UUID], tuple[Stage, ...], list[Change]]:
    """Which stage here each of the file's is: by identifier, else by short name, else a new one. One query.

    The portal's own file also says what stages are called and in which order they stand; another's only adds some.
    """
    here = stages_of()
    by_slug = {one.slug: one for one in here.values()}
    names: dict[uuid.UUID, uuid.UUID] = {}
    written: list[Stage] = []
    rows: list[Change] = []
    for key, said in file.stages.items():
        old = here.get(key) or by_slug.get(said.slug)
        names[key] = old.identifier if old else key
        if old is None:
            written.append(said if is_own else replace(said, position=len(here) + len(written)))
            by_slug[said.slug] = said
            rows.append(Change(NEW, said.name, "journey stage"))
        elif is_own and (fields := _otherwise(old, said, ("name", "statement", "position"))):
            written.append(replace(said, identifier=old.identifier, slug=old.slug))
            rows.append(Change(CHANGED, said.name, "journey stage", fields))
    return names, tuple(written), rows


def used_slugs(model: type[Competency | JourneyStage]) -> set[str]:
    """The short names that are taken. One query."""
    return set(model.objects.values_list("slug", flat=True))
