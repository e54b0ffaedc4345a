"""What a framework of competencies says, whoever wrote it: the same shape from the database and from a file."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from graphlib import CycleError, TopologicalSorter

from django.conf import settings
from django.utils.translation import gettext_noop

from courses.lib.refusals import Refusal
from courses.models import Competency, Framework, JourneyStage

CASE_PATH = "/ims/case/v1p0"
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
"""When a framework without statements changed last: an own one has no row that would say."""
COLUMNS = (
    "identifier", "name", "summary", "code", "uri", "position", "parent__identifier", "withdrawn_on",
    "replaced_by__identifier", "changed_at",
)  # fmt: skip
NOT_OWN = Refusal(
    "not-own", gettext_noop("Its publisher’s framework says where it belongs. Load that one again to move it.")
)
OTHER_FRAMEWORK = Refusal("other-framework", gettext_noop("Choose one of the same framework."))
CIRCLE = Refusal("circle", gettext_noop("That leads round in a circle. Choose another one."))


@dataclass(frozen=True, slots=True)
class Source:
    """Which framework, and whose. An own one has no `uri` in the database; here it has."""

    identifier: uuid.UUID
    uri: str
    title: str
    creator: str
    publisher: str = ""
    version: str = ""
    description: str = ""
    language: str = ""
    license_uri: str = ""
    license_title: str = ""
    source_url: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the customer's journey."""

    identifier: uuid.UUID
    name: str
    statement: str
    slug: str
    position: int


@dataclass(frozen=True, slots=True)
class Statement:
    """One competency, or a group of them. `statement` says it in full; `parent` and `replaced_by` are identifiers.

    `row`: its number in the file that it was read from.
    """

    identifier: uuid.UUID
    name: str
    statement: str
    code: str
    uri: str
    position: int
    parent: uuid.UUID | None = None
    stages: frozenset[uuid.UUID] = frozenset()
    withdrawn_on: date | None = None
    replaced_by: uuid.UUID | None = None
    changed_at: datetime = field(default=BEGINNING, compare=False)
    row: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Content:
    """A framework with everything in it, in the order of its positions."""

    source: Source
    statements: Mapping[uuid.UUID, Statement]
    stages: Mapping[uuid.UUID, Stage]

    @property
    def changed_at(self) -> datetime:
        """When a statement changed last."""
        return max((one.changed_at for one in self.statements.values()), default=BEGINNING)


def own_title() -> str:
    """What the portal's own framework is called."""
    return f"Field functional competencies of {settings.ORGANISATION_NAME}"


def own_identifier() -> uuid.UUID:
    """The identifier of the portal's own framework: it follows from the address, which never changes."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{settings.SITE_URL}{CASE_PATH}/CFDocuments")


def case_address(kind: str, identifier: object) -> str:
    """Where this portal answers for a part of a framework."""
    return f"{settings.SITE_URL}{CASE_PATH}/{kind}/{identifier}"


def source_of(framework: Framework | None) -> Source:
    """Which framework this is; None is the portal's own."""
    if framework is None:
        own = own_identifier()
        return Source(
            own, case_address("CFDocuments", own), own_title(), settings.ORGANISATION_NAME, settings.ORGANISATION_NAME,
            language="en",
        )  # fmt: skip
    return Source(**{name: getattr(framework, name) for name in Source.__dataclass_fields__})


def content_of(framework: Framework | None) -> Content:
    """The framework with its statements, and the stages: all of them for the own one, else those that it names.

    Three queries.
    """
    rows = Competency.objects.filter(framework=framework)
    stages: dict[uuid.UUID, set[uuid.UUID]] = {}
    for one, stage in rows.filter(stages__isnull=False).order_by().values_list("identifier", "stages__identifier"):
        stages.setdefault(one, set()).add(stage)
    statements = {row[0]: _statement(row, frozenset(stages.get(row[0], ()))) for row in rows.values_list(*COLUMNS)}
    named = set().union(*stages.values()) if framework else None
    return Content(source_of(framework), statements, stages_of(named))


def stages_of(named: Iterable[uuid.UUID] | None = None) -> dict[uuid.UUID, Stage]:
    """The stages of the journey in order; with `named` only those. One query."""
    rows = JourneyStage.objects.all() if named is None else JourneyStage.objects.filter(identifier__in=named)
    return {row.identifier: stage_of(row) for row in rows}


def stage_of(row: JourneyStage) -> Stage:
    """A stage as a framework has it."""
    return Stage(row.identifier, row.name, row.summary or row.name, row.slug, row.position)


def _statement(row: Sequence[object], stages: frozenset[uuid.UUID]) -> Statement:
    identifier, name, summary, code, uri, position, parent, withdrawn_on, replaced_by, changed_at = row
    full = str(summary or name).replace("\r\n", "\n").replace("\r", "\n").strip()
    return Statement(identifier, name, full, code, uri, position, parent, stages, withdrawn_on, replaced_by, changed_at)  # type: ignore[arg-type]


def circle_in(arrows: Mapping[uuid.UUID, uuid.UUID | None]) -> list[uuid.UUID]:
    """What leads round in a circle, one after the other; empty where nothing does."""
    sorter = TopologicalSorter({start: [end] for start, end in arrows.items() if end})
    try:
        sorter.prepare()
    except CycleError as found:
        return list(found.args[1])
    return []


def why_not_point(field_name: str, row: Competency, target: Competency | None) -> Refusal | None:
    """Why a competency can't have this `parent` or be `replaced_by` this one. One query for each step upwards."""
    seen: set[int] = set()
    at = target
    while at is not None and at.pk not in seen:
        if at.pk == row.pk and row.pk is not None:
            return CIRCLE
        seen.add(at.pk)
        at = getattr(at, field_name)
    return None


def why_not_place(row: Competency, parent: Competency | None) -> Refusal | None:
    """Why a competency can't be part of this one. Source: rules.md 7.70."""
    if row.framework_id is not None and (parent.pk if parent else None) != row.parent_id:
        return NOT_OWN
    if parent is not None and parent.framework_id != row.framework_id:
        return OTHER_FRAMEWORK
    return why_not_point("parent", row, parent)


def why_not_replace(row: Competency, by: Competency | None) -> Refusal | None:
    """Why this one can't stand in the place of a withdrawn one."""
    return why_not_point("replaced_by", row, by)
