"""A framework as other systems read it: 1EdTech CASE 1.0 in JSON. Pure.

Source: 1EdTech CASE Service 1.0, Information Model (CFPackage, CFPckgDocument, CFPckgItem, CFPckgAssociation, CFDefinition)
and REST/JSON Binding. What stands in a package has no `CFDocumentURI` and no `CFPackageURI`; what is asked for alone has.
"""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from courses.rules.frameworks import CASE_PATH, Content, Source, Stage, Statement, case_address

COMPETENCY_TYPE, STAGE_TYPE = "Competency", "Journey stage"
TYPES = {
    COMPETENCY_TYPE: ("1", "What somebody is able to do, or a group of such abilities."),
    STAGE_TYPE: ("2", "Where in the customer’s journey a competency is used."),
}
CHILD, RELATED, PRECEDES, REPLACED = "isChildOf", "isRelatedTo", "precedes", "replacedBy"
Json = dict[str, Any]


def package(content: Content) -> Json:
    """The whole framework: `CFPackage`."""
    return {
        "CFDocument": _document(content),
        "CFItems": [
            *(_stage(one, content) for one in content.stages.values()),
            *(_item(one, content) for one in content.statements.values()),
        ],
        "CFAssociations": list(associations(content)),
        "CFDefinitions": {"CFItemTypes": [item_type(name, content.changed_at) for name in TYPES]},
    }


def document(content: Content) -> Json:
    """The framework without its statements: `CFDocument`."""
    link = _link(content.source, case_address("CFPackages", content.source.identifier))
    return _document(content) | {"CFPackageURI": link}


def item(identifier: uuid.UUID, content: Content) -> Json | None:
    """One statement or stage: `CFItem`; None for what isn't in this framework."""
    found: Json | None = None
    if statement := content.statements.get(identifier):
        found = _item(statement, content)
    elif stage := content.stages.get(identifier):
        found = _stage(stage, content)
    return found | {"CFDocumentURI": _link(content.source)} if found else None


def item_type(name: str, changed_at: datetime) -> Json:
    """A kind of statement: `CFItemType`."""
    code, description = TYPES[name]
    return _type_link(name) | {
        "description": description,
        "hierarchyCode": code,
        "typeCode": name,
        "lastChangeDateTime": _moment(changed_at),
    }


def type_identifier(name: str) -> uuid.UUID:
    """The identifier of a kind of statement; it follows from its address."""
    return uuid.uuid5(uuid.NAMESPACE_URL, case_address("CFItemTypes", name))


def associations(content: Content) -> Iterator[Json]:
    """What is part of what, used in which stage, before which stage, replaced by what: `CFAssociation`."""
    root, stages = _link(content.source), list(content.stages.values())
    links = {one.identifier: _node(one) for one in stages}
    links |= {one.identifier: _node(one) for one in content.statements.values()}
    for stage in stages:
        yield _association(CHILD, links[stage.identifier], root, content, stage.position)
    for before, after in pairwise(stages):
        yield _association(PRECEDES, links[before.identifier], links[after.identifier], content)
    for one in content.statements.values():
        here = links[one.identifier]
        above = links.get(one.parent, root) if one.parent else root
        yield _association(CHILD, here, above, content, one.position)
        for identifier in sorted(one.stages):
            yield _association(RELATED, here, links[identifier], content)
        if one.replaced_by:
            there = links.get(one.replaced_by) or _elsewhere(one.replaced_by)
            yield _association(REPLACED, here, there, content)


def _document(content: Content) -> Json:
    source = content.source
    said = {
        "identifier": str(source.identifier),
        "uri": source.uri,
        "creator": source.creator,
        "title": source.title,
        "lastChangeDateTime": _moment(content.changed_at),
        "officialSourceURL": source.source_url,
        "publisher": source.publisher,
        "description": source.description,
        "language": source.language,
        "version": source.version,
    }
    found: Json = {name: value for name, value in said.items() if value}
    if source.license_uri:
        name = source.license_title or source.license_uri
        identifier = uuid.uuid5(uuid.NAMESPACE_URL, source.license_uri)
        found["licenseURI"] = {"title": name, "identifier": str(identifier), "uri": source.license_uri}
    return found


def _item(one: Statement, content: Content) -> Json:
    found: Json = {
        "identifier": str(one.identifier),
        "uri": address_of(one),
        "fullStatement": one.statement,
        "abbreviatedStatement": one.name,
        "CFItemType": COMPETENCY_TYPE,
        "CFItemTypeURI": _type_link(COMPETENCY_TYPE),
        "lastChangeDateTime": _moment(one.changed_at),
    }
    if one.code:
        found["humanCodingScheme"] = one.code
    if content.source.language:
        found["language"] = content.source.language
    if one.withdrawn_on:
        found["statusEndDate"] = one.withdrawn_on.isoformat()
    return found


def _stage(one: Stage, content: Content) -> Json:
    return {
        "identifier": str(one.identifier),
        "uri": address_of(one),
        "fullStatement": one.statement,
        "abbreviatedStatement": one.name,
        "humanCodingScheme": one.slug,
        "CFItemType": STAGE_TYPE,
        "CFItemTypeURI": _type_link(STAGE_TYPE),
        "lastChangeDateTime": _moment(content.changed_at),
    }


def address_of(one: Statement | Stage) -> str:
    """Where it is described: at its publisher's, or at ours."""
    return getattr(one, "uri", "") or case_address("CFItems", one.identifier)


def _association(kind: str, origin: Json, destination: Json, content: Content, position: int | None = None) -> Json:
    identifier = uuid.uuid5(uuid.UUID(origin["identifier"]), f"{kind}:{destination['identifier']}")
    found: Json = {
        "identifier": str(identifier),
        "uri": f"{case_address('CFItemAssociations', origin['identifier'])}#{identifier}",
        "associationType": kind,
        "originNodeURI": origin,
        "destinationNodeURI": destination,
        "lastChangeDateTime": _moment(content.changed_at),
    }
    return found | ({} if position is None else {"sequenceNumber": position})


def _link(source: Source, uri: str = "") -> Json:
    return {"title": source.title, "identifier": str(source.identifier), "uri": uri or source.uri}


def _node(one: Statement | Stage) -> Json:
    return {"title": one.name, "identifier": str(one.identifier), "uri": address_of(one)}


def _elsewhere(identifier: uuid.UUID) -> Json:
    """A competency of another framework that this portal knows."""
    return {"title": "Competency", "identifier": str(identifier), "uri": case_address("CFItems", identifier)}


def _type_link(name: str) -> Json:
    identifier = type_identifier(name)
    return {"title": name, "identifier": str(identifier), "uri": case_address("CFItemTypes", identifier)}


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


__all__ = ["CASE_PATH", "associations", "document", "item", "item_type", "package"]
