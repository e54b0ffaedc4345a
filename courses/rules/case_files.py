"""Reading a framework from a CASE file of somebody: every mistake with its path, nothing believed, memory bounded.

Source: 1EdTech CASE Service 1.0, Information Model and REST/JSON Binding: which fields must be there, and of what type.
"""

import json
import unicodedata
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from django.utils.text import slugify
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, ValidationError

from courses.rules.case import CHILD, PRECEDES, RELATED, REPLACED, STAGE_TYPE
from courses.rules.frameworks import Content, Source, Stage, Statement, circle_in

MOST_BYTES = 5_000_000
MOST_ITEMS, MOST_ASSOCIATIONS, MOST_BRACKETS = 5_000, 20_000, 250_000
DEEPEST = 12
MOST_FAULTS = 100
LONGEST_NAME, LONGEST_TEXT, LONGEST_URI, LONGEST_LINE = 120, 20_000, 500, 300
HIGHEST_POSITION = 32_767
JOINERS = "\u200c\u200d\u00ad"
"""Signs that nobody sees and that words of some languages are written with."""
KINDS = {
    CHILD, "isPeerOf", "isPartOf", "exactMatchOf", PRECEDES, RELATED, REPLACED, "exemplar", "hasSkillLevel",
    "isTranslationOf",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and where in the file: `CFItems[3].fullStatement`."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


@dataclass(frozen=True, slots=True)
class ReadPackage:
    """A framework as the file says it, and how many of what this portal has no place for."""

    content: Content
    left_out: Mapping[str, int]


def _typed(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("must be a text in quotes")
    return value


def _plain(text: str) -> str:
    for sign in text:
        if sign not in "\n\r\t" and sign not in JOINERS and unicodedata.category(sign) in ("Cc", "Cf", "Cs"):
            raise ValueError(f"holds a sign that nobody sees (U+{ord(sign):04X})")
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _line(text: str) -> str:
    return " ".join(_plain(text).split())


def _filled(text: str) -> str:
    if not text:
        raise ValueError("is empty")
    return text


def _web(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_fine = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
    except ValueError:
        is_fine = False
    if not is_fine or text != text.strip() or any(sign.isspace() or not sign.isprintable() for sign in text):
        raise ValueError("is no address of the web (http or https)")
    return text


def _id(text: str) -> uuid.UUID:
    try:
        found = uuid.UUID(text)
    except ValueError:
        found = uuid.UUID(int=0)
    if str(found) != text.lower() or not found.int:
        raise ValueError("is no UUID, like 7c1f3b52-0f0e-4c27-9d0b-0b9c6f4f7b11")
    return found


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is no time, like 2026-05-01T12:00:00Z") from None


def _day(text: str) -> date:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise ValueError("is no day, like 2026-05-01") from None


def _short(most: int) -> AfterValidator:
    def check(text: str) -> str:
        if len(text) > most:
            raise ValueError(f"has more than {most:,} letters")
        return text

    return AfterValidator(check)


Typed = BeforeValidator(_typed)
Uuid = Annotated[uuid.UUID, BeforeValidator(lambda value: _id(_typed(value)))]
Moment = Annotated[datetime, BeforeValidator(lambda value: _moment(_typed(value)))]
Day = Annotated[date, BeforeValidator(lambda value: _day(_typed(value)))]
Web = Annotated[str, Typed, _short(LONGEST_URI), AfterValidator(_web)]
Line = Annotated[str, Typed, _short(LONGEST_LINE), AfterValidator(_line)]
Named = Annotated[Line, AfterValidator(_filled)]
Prose = Annotated[str, Typed, _short(LONGEST_TEXT), AfterValidator(_plain)]


def _kind(text: str) -> str:
    if text not in KINDS and not text.startswith("ext:"):
        raise ValueError(f"is none of {', '.join(sorted(KINDS))}")
    return text


class _Part(BaseModel):
    """What CASE knows besides, and what publishers add, is passed over."""

    model_config = ConfigDict(extra="ignore")


class _License(_Part):
    title: Line
    uri: Web


class _Node(_Part):
    identifier: Uuid
    uri: Web


class _Document(_Part):
    identifier: Uuid
    uri: Web
    creator: Named
    title: Named
    lastChangeDateTime: Moment
    publisher: Line | None = None
    version: Annotated[Line, _short(100)] | None = None
    description: Prose | None = None
    language: Annotated[Line, _short(35)] | None = None
    licenseURI: _License | None = None
    officialSourceURL: Web | None = None


class _Item(_Part):
    identifier: Uuid
    uri: Web
    fullStatement: Annotated[Prose, AfterValidator(_filled)]
    lastChangeDateTime: Moment
    abbreviatedStatement: Prose | None = None
    humanCodingScheme: Annotated[Line, _short(100)] | None = None
    CFItemType: Line | None = None
    statusEndDate: Day | None = None


class _Association(_Part):
    identifier: Uuid
    uri: Web
    associationType: Annotated[str, Typed, _short(100), AfterValidator(_kind)]
    originNodeURI: _Node
    destinationNodeURI: _Node
    lastChangeDateTime: Moment
    sequenceNumber: Annotated[StrictInt, Field(ge=0, le=2**31)] | None = None


class _Package(_Part):
    CFDocument: _Document
    CFItems: Annotated[list[_Item], Field(max_length=MOST_ITEMS)] = []
    CFAssociations: Annotated[list[_Association], Field(max_length=MOST_ASSOCIATIONS)] = []


class _Twice(ValueError):
    """A key stands twice, and readers would disagree about which counts."""


def read_package(data: bytes) -> ReadPackage | list[Fault]:
    """The framework of a file, or every mistake in it, `MOST_FAULTS` at most. No query."""
    found = _parsed(data)
    if isinstance(found, Fault):
        return [found]
    inner = found.get("CFPackage") if isinstance(found, dict) else None
    if isinstance(inner, dict):
        found = inner
    if not isinstance(found, dict) or "CFDocument" not in found:
        return [Fault("", "This is no CASE package: it has no CFDocument.")]
    if faults := list(_too_many(found)):
        return faults
    try:
        package = _Package.model_validate(found)
    except ValidationError as wrong:
        return _at_most(Fault(_path(one["loc"]), _words(one)) for one in wrong.errors(include_url=False))
    return _checked(package, found)


def _parsed(data: bytes) -> Any:
    if len(data) > MOST_BYTES:
        return Fault("", f"The file has more than {MOST_BYTES // 1_000_000} MB. Split the framework.")
    if data.count(b"{") + data.count(b"[") > MOST_BRACKETS:
        return Fault("", f"The file has more than {MOST_BRACKETS:,} objects and lists. Split the framework.")
    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_number)
    except UnicodeDecodeError:
        return Fault("", "The file is not UTF-8.")
    except RecursionError:
        return Fault("", "The file is nested too deeply to be read.")
    except _Twice as wrong:
        return Fault("", str(wrong))
    except ValueError as wrong:
        place = f"line {wrong.lineno}, column {wrong.colno}" if isinstance(wrong, json.JSONDecodeError) else ""
        return Fault(place, "This is no JSON. Export the framework once more.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise _Twice(f"The key “{twice[:60]}” is given twice in one place.")
    return found


def _no_number(word: str) -> None:
    raise ValueError(word)


def _too_many(found: Mapping[str, Any]) -> Iterator[Fault]:
    """Lists that are too long are not looked into."""
    for name, most in (("CFItems", MOST_ITEMS), ("CFAssociations", MOST_ASSOCIATIONS)):
        rows = found.get(name)
        if isinstance(rows, list) and len(rows) > most:
            yield Fault(name, f"has {len(rows):,} rows; {most:,} are the most. Split the framework.")


def _path(places: Sequence[str | int]) -> str:
    text = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in places)
    return text.removeprefix(".")


def _words(error: Any) -> str:
    if error["type"] == "missing":
        return "is missing"
    words = str(error["msg"]).removeprefix("Value error, ")
    return words[:1].lower() + words[1:]


def _at_most(faults: Iterable[Fault]) -> list[Fault]:
    found = list(faults)
    more = len(found) - MOST_FAULTS
    return [*found[:MOST_FAULTS], Fault("", f"And {more:,} more.")] if more > 0 else found


def _checked(package: _Package, raw: Mapping[str, Any]) -> ReadPackage | list[Fault]:
    reader = _Reader(package)
    if faults := _at_most([*reader.doubles(), *reader.strangers(), *reader.loose_ends()]):
        return faults
    if faults := _at_most(reader.circles()):
        return faults
    left = reader.left_out
    rubrics = raw.get("CFRubrics")
    if isinstance(rubrics, list) and rubrics:
        left["rubrics"] = len(rubrics)
    return ReadPackage(reader.content(), dict(sorted(left.items())))


class _Reader:
    """A package whose fields are right, put together: who is part of whom, in which stage, replaced by what."""

    def __init__(self, package: _Package) -> None:
        self.package, self.document = package, package.CFDocument
        self.items = {one.identifier: one for one in package.CFItems}
        self.left_out: Counter[str] = Counter()
        self.parents: dict[uuid.UUID, uuid.UUID | None] = {}
        self.replaced: dict[uuid.UUID, uuid.UUID | None] = {}
        self.before: dict[uuid.UUID, uuid.UUID | None] = {}
        self.stages: dict[uuid.UUID, set[uuid.UUID]] = {}
        self.places: dict[uuid.UUID, int] = {}

    def doubles(self) -> Iterator[Fault]:
        """What bears the identifier of something else."""
        seen = {self.document.identifier}
        parts: dict[str, Sequence[_Item | _Association]] = {
            "CFItems": self.package.CFItems,
            "CFAssociations": self.package.CFAssociations,
        }
        for name, rows in parts.items():
            for number, one in enumerate(rows):
                if one.identifier in seen:
                    yield Fault(f"{name}[{number}].identifier", f"{one.identifier} stands twice in this file")
                seen.add(one.identifier)

    def strangers(self) -> Iterator[Fault]:
        """Statements that are described at somebody else's."""
        home = _home(self.document.uri)
        for number, one in enumerate(self.package.CFItems):
            if one.CFItemType != STAGE_TYPE and _home(one.uri) != home:
                yield Fault(
                    f"CFItems[{number}].uri", f"is not at {home}, where its framework is: it is somebody else’s"
                )

    def loose_ends(self) -> Iterator[Fault]:
        """What associations say; a part of something that isn't in this file is a fault."""
        for number, one in enumerate(self.package.CFAssociations):
            start, end = one.originNodeURI.identifier, one.destinationNodeURI.identifier
            if one.associationType == CHILD:
                if start not in self.items:
                    yield Fault(f"CFAssociations[{number}].originNodeURI", f"{start} is not in this file")
                elif end not in self.items and end != self.document.identifier:
                    yield Fault(f"CFAssociations[{number}].destinationNodeURI", f"{end} is not in this file")
                else:
                    self._part_of(start, end, one.sequenceNumber)
            elif not self._taken(one.associationType, start, end):
                self.left_out[f"associations {one.associationType}"] += 1

    def _part_of(self, start: uuid.UUID, end: uuid.UUID, place: int | None) -> None:
        """The first parent that is named counts: a competency here is part of one."""
        if start in self.parents:
            self.left_out["further parents"] += 1
            return
        self.parents[start] = end if end in self.items else None
        if place is not None and place <= HIGHEST_POSITION:
            self.places[start] = place

    def _taken(self, kind: str, start: uuid.UUID, end: uuid.UUID) -> bool:
        if start not in self.items:
            return False
        if kind == RELATED and self._is_stage(end) and not self._is_stage(start):
            self.stages.setdefault(start, set()).add(end)
        elif kind == PRECEDES and self._is_stage(start) and self._is_stage(end):
            self.before[start] = end
        elif kind == REPLACED and start not in self.replaced and not self._is_stage(start):
            self.replaced[start] = end
        else:
            return False
        return True

    def _is_stage(self, identifier: uuid.UUID) -> bool:
        found = self.items.get(identifier)
        return found is not None and found.CFItemType == STAGE_TYPE

    def circles(self) -> Iterator[Fault]:
        """What leads round in a circle, or too deep."""
        for kind, arrows in ((CHILD, self.parents), (PRECEDES, self.before), (REPLACED, self.replaced)):
            if circle := circle_in(arrows):
                names = " → ".join(str(one) for one in circle[:6])
                yield Fault("CFAssociations", f"{kind} leads round in a circle: {names}")
                return
        for identifier in self.parents:
            if self._depth(identifier) > DEEPEST:
                yield Fault("CFAssociations", f"{identifier} lies more than {DEEPEST} levels deep")

    def _depth(self, identifier: uuid.UUID) -> int:
        depth, at = 1, self.parents.get(identifier)
        while at is not None and depth <= DEEPEST:
            depth, at = depth + 1, self.parents.get(at)
        return depth

    def content(self) -> Content:
        """What it says."""
        rows = list(enumerate(self.package.CFItems))
        stages = {one.identifier: self._stage(number, one) for number, one in rows if self._is_stage(one.identifier)}
        statements = {one.identifier: self._statement(n, one) for n, one in rows if one.identifier not in stages}
        return Content(_source(self.document), statements, self._in_order(stages))

    def _place(self, identifier: uuid.UUID, number: int) -> int:
        return self.places.get(identifier, number)

    def _stage(self, number: int, one: _Item) -> Stage:
        name = _name(one)
        slug = slugify(one.humanCodingScheme or name)[:80] or str(one.identifier)
        return Stage(one.identifier, name, one.fullStatement, slug, self._place(one.identifier, number))

    def _in_order(self, stages: dict[uuid.UUID, Stage]) -> dict[uuid.UUID, Stage]:
        """By their numbers; without them, each before the one that it precedes."""
        if all(one in self.places for one in stages):
            return stages
        ends = {end for end in self.before.values() if end}
        order: list[uuid.UUID] = []
        for start in [one for one in stages if one not in ends]:
            at: uuid.UUID | None = start
            while at is not None and at not in order:
                order.append(at)
                at = self.before.get(at)
        return {
            one: Stage(one, stages[one].name, stages[one].statement, stages[one].slug, place)
            for place, one in enumerate(order)
        }

    def _statement(self, number: int, one: _Item) -> Statement:
        replaced = self.replaced.get(one.identifier)
        ended = one.statusEndDate or (one.lastChangeDateTime.date() if replaced else None)
        parent = self.parents.get(one.identifier)
        return Statement(
            one.identifier, _name(one), one.fullStatement, one.humanCodingScheme or "", one.uri,
            self._place(one.identifier, number), None if parent is None or self._is_stage(parent) else parent,
            frozenset(self.stages.get(one.identifier, ())), ended, replaced, one.lastChangeDateTime, number,
        )  # fmt: skip


def _name(one: _Item) -> str:
    """Its short form; where there is none, as much of the full one as a list shows."""
    words = (one.abbreviatedStatement or one.fullStatement).replace("\n", " ").replace("\t", " ")
    return words if len(words) <= LONGEST_NAME else f"{words[: LONGEST_NAME - 1].rstrip()}…"


def _home(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _source(one: _Document) -> Source:
    terms = one.licenseURI
    return Source(
        one.identifier, one.uri, one.title, one.creator, one.publisher or "", one.version or "", one.description or "",
        one.language or "", terms.uri if terms else "", terms.title if terms else "", one.officialSourceURL or "",
    )  # fmt: skip
