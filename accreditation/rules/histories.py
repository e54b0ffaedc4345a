"""Invented careers: what a program's rules, as a file says them, make of a person's history. No row is read or written."""

import re
import zoneinfo
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from accreditation.models import EvidenceKind
from accreditation.rules.file_parts import Part
from accreditation.rules.program_files import ProgramFile
from accreditation.rules.program_rules import ProgramRules
from accreditation.rules.proofs import Condition, CountRules, Fact, GroupRules, Held, Interval, RequirementRules
from accreditation.rules.reasons import Reason, next_step, reasons
from accreditation.rules.requirement_files import (
    ConditionFile,
    NestedGroupFile,
    ProgramPart,
    RequirementFile,
    TimeZone,
    everything,
)
from accreditation.rules.standing import Standing, standing
from accreditation.rules.tiers import USUAL_TIERS, TierRules, TierStanding, tier_standing

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


DAY = re.compile(r"\d{4}-\d\d-\d\d")
LAST_YEAR = date.max.year - 1
MOST_FACTS = 100_000


def _written_day(said: object) -> object:
    if not isinstance(said, (str, date)) or (isinstance(said, str) and not DAY.fullmatch(said)):
        raise ValueError("must be a day such as 2026-05-20")
    return said


def _within_reach(day: date) -> date:
    if day.year > LAST_YEAR:
        raise ValueError(f"must be a day before the year {date.max.year}, so that something can follow it")
    return day


Day = Annotated[date, BeforeValidator(_written_day)]


class FactFile(Part):
    """One thing that was done, or undone, on a day.

    `ref` is the slug of what it is about. `score`: percent for an exam, points of its rubric for a practical (percent where
    it is more than the rubric has); below the pass mark that the program file states it is a fail, and proves nothing.
    `withdrawal` undoes what `ref` names, up to its day: a proof by its slug, or the accreditation itself by the
    program's. `exam:slug` tells two of one name apart.
    """

    kind: Literal["course", "path", "exam", "practical", "accreditation", "attestation", "credit", "withdrawal"]
    ref: Name
    on: Annotated[Day, AfterValidator(_within_reach)]
    score: Annotated[Decimal, Field(ge=0)] | None = None
    supervision: Literal["observed", "shadowed", "alone"] | None = None
    use_case: Name | None = None
    product: Name | None = None
    persona: Name | None = None
    complex: bool | None = None
    valid_until: Day | None = None


class PersonFile(Part):
    """Who it is: their audience, as slugs. `time_zone` is where they live; days count in the program's."""

    role: Name | None = None
    persona: Name | None = None
    organisation: Name | None = None
    time_zone: TimeZone | None = None


class HistoryFile(Part):
    """A person's history; the order of the facts never matters."""

    id: Name | Annotated[int, Field(strict=True)]
    person: PersonFile = PersonFile()
    facts: Annotated[list[FactFile], Field(max_length=MOST_FACTS)] = []


def _each_once(histories: list[HistoryFile]) -> list[HistoryFile]:
    seen: set[str | int] = set()
    for one in histories:
        if one.id in seen:
            raise ValueError(f"the id `{one.id}` is given twice")
        seen.add(one.id)
    return histories


class HistoriesFile(Part):
    """Any number of histories."""

    histories: Annotated[list[HistoryFile], AfterValidator(_each_once)]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the rules say of one history."""

    standing: Standing
    tier: TierStanding
    reasons: tuple[Reason, ...]
    next_step: str | None


@dataclass(frozen=True)
class Simulation:
    """A program with the others of its files, ready to be asked about histories.

    `programs` maps slugs to what the files say, `asked` is the one that is simulated, `courses` the courses of each path.
    Tiers are those of the file, the usual ones where it has none.
    """

    content: ProgramFile
    asked: ProgramPart
    tiers: Sequence[TierRules] = field(init=False)
    rules: Mapping[str, ProgramRules] = field(init=False)

    def __post_init__(self) -> None:
        """Read the rules once for all histories."""
        rules = {one.slug: rules_of_file(one, self.content, number) for number, one in enumerate(self.content.programs)}
        object.__setattr__(self, "rules", rules)
        own = [TierRules(one.slug, one.title, one.use_cases, one.complex_is_enough) for one in self.content.tiers]
        object.__setattr__(self, "tiers", own or USUAL_TIERS)

    def day(self, at: date | datetime) -> date:
        """The day of a moment in the program's time zone; a day stays as it is."""
        if not isinstance(at, datetime):
            return at
        return at.astimezone(zoneinfo.ZoneInfo(self.asked.time_zone or "UTC")).date()

    def outcome(self, history: HistoryFile, at: date | datetime) -> Outcome:
        """Where a history stands at that time. Facts after it have not happened yet."""
        today = self.day(at)
        known = [one for one in history.facts if one.on <= today]
        facts = list(self._facts(known))
        held = self._held(known, facts, today)
        own = self.rules[self.asked.slug]
        found = standing(own, facts, today, held=held)
        in_force = [(rules, self._standing(slug, facts, held, today)) for slug, rules in self.rules.items()]
        about = (*self._audience(history.person), *reasons(own, found, today))
        return Outcome(found, tier_standing(self.tiers, in_force, facts, today), about, next_step(found))

    def _standing(self, slug: str, facts: Sequence[Fact], held: Held, today: date) -> Standing:
        return standing(self.rules[slug], facts, today, held=held)

    def _facts(self, known: Iterable[FactFile]) -> Iterable[Fact]:
        known = list(known)
        undone = _undone(known)
        proved = {one.ref for one in known if one.kind not in ("withdrawal", "accreditation")}
        for number, one in enumerate(known, 1):
            if one.kind == "withdrawal":
                if (program := self._revoked(one, proved)) is not None:
                    yield Fact(number, EvidenceKind.REVOCATION, program, one.on)
            elif one.kind != "accreditation" and self._is_pass(one) and not _is_undone(one, undone):
                yield Fact(
                    number, one.kind, one.ref, one.on, one.valid_until, one.supervision or "", one.use_case, one.product,
                    one.persona, bool(one.complex), self._percent(one),
                )  # fmt: skip

    def _revoked(self, withdrawal: FactFile, proved: Collection[str]) -> str | None:
        """The program whose accreditation a withdrawal undoes; None where it undoes single proofs."""
        kind, slug = _named(withdrawal.ref)
        if slug not in self.rules or kind not in ("", "program", "accreditation"):
            return None
        return None if slug in proved and not kind else slug

    def _held(self, known: Sequence[FactFile], facts: Sequence[Fact], today: date) -> Held:
        """When each program was held: what the history states, and what the files' own rules make of it."""
        held: dict[int | str, Sequence[Interval]] = {}
        undone, stated = _undone(known), dict[str, list[Interval]]()
        for one in known:
            if one.kind == "accreditation" and not _is_undone(one, undone):
                stated.setdefault(one.ref, []).append((one.on, one.valid_until or date.max))
        held.update(stated)
        for _ in self.rules:  # a program may ask for another one, which may ask for a third
            before = dict(held)
            for slug, rules in self.rules.items():
                steps = standing(rules, facts, today, held=held).steps
                held[slug] = [*stated.get(slug, ()), *steps]
            if held == before:
                break
        return held

    def _is_pass(self, one: FactFile) -> bool:
        if one.score is None:
            return True
        if one.kind == "exam":
            marks = [exam.pass_percent for exam in self.content.exams if exam.slug == one.ref]
            return not marks or one.score >= marks[0]
        return one.kind != "practical" or self._reaches_its_rubric(one, one.score)

    def _reaches_its_rubric(self, one: FactFile, score: Decimal) -> bool:
        """A score above the maximum of the rubric can't be points, so it is read as percent."""
        rubric = self._rubrics.get(one.ref)
        if rubric is None:
            return True
        pass_points, maximum = rubric
        return score >= pass_points if score <= maximum else score * maximum >= pass_points * 100

    @cached_property
    def _rubrics(self) -> Mapping[str, tuple[int, int]]:
        """Points to pass and the maximum, by practical whose rubric the files say."""
        first = reversed(self.content.rubrics)  # of two of one name the first counts
        said = {one.slug: (one.pass_points, sum(len(row.levels) for row in one.criteria)) for one in first}
        return {one.slug: said[one.rubric] for one in self.content.practicals if one.rubric in said}

    def _percent(self, one: FactFile) -> Decimal | None:
        if one.score is None or one.kind == "exam":
            return one.score
        rubric = self._rubrics.get(one.ref)
        return one.score * 100 / rubric[1] if rubric and one.score <= rubric[1] else one.score

    def _audience(self, person: PersonFile) -> Iterable[Reason]:
        """That a program is meant for others; anybody may become accredited all the same."""
        fallback = next((one.slug for one in self.content.catalogue.personas if one.fallback), None)
        for name, said, wanted in (
            ("role", person.role, self.asked.roles),
            ("persona", person.persona or fallback, self.asked.personas),
            ("organisation", person.organisation, self.asked.organisations),
        ):
            if wanted and said is not None and said not in wanted:
                yield Reason("outside-audience", f"{self.asked.title} is meant for another {name}.")


def _named(ref: str) -> tuple[str, str]:
    """The kind, if it is said, and the slug of what a withdrawal names."""
    kind, colon, slug = ref.partition(":")
    return (kind, slug) if colon else ("", ref)


def _undone(known: Iterable[FactFile]) -> Mapping[tuple[str, str], date]:
    """Up to which day withdrawals undo what they name."""
    found: dict[tuple[str, str], date] = {}
    for one in known:
        if one.kind == "withdrawal":
            named = _named(one.ref)
            found[named] = max(one.on, found.get(named, one.on))
    return found


def _is_undone(fact: FactFile, undone: Mapping[tuple[str, str], date]) -> bool:
    return any((day := undone.get((kind, fact.ref))) is not None and fact.on <= day for kind in ("", fact.kind))


def rules_of_file(part: ProgramPart, content: ProgramFile, number: int) -> ProgramRules:
    """A program's rules as its file says them, with slugs for keys. `number` tells the programs of a file apart."""
    titles = {("program", one.slug): one.title for one in content.programs}
    for kind, rows in (
        ("course", content.courses), ("path", content.paths), ("exam", content.exams),
        ("practical", content.practicals), ("attestation", content.attestations), ("credit", content.credits),
    ):  # fmt: skip
        titles |= {(kind, one.slug): one.title for one in rows}
    paths = {one.slug: tuple(one.courses) for one in content.paths}
    order = {id(one): n for n, one in enumerate(everything([*part.groups, *part.renewal]))}

    def requirement(one: RequirementFile) -> RequirementRules:
        return RequirementRules(
            order[id(one)],
            one.kind,
            one.proof,
            one.ref or "",
            one.title or titles.get((one.kind, one.ref or ""), one.ref or ""),
            courses=paths.get(one.ref or "", ()) if one.kind == "path" else (),
            valid_months=part.months_of(one),
            count=_count(one) if one.count else None,
        )

    def group(one: NestedGroupFile) -> GroupRules:
        nested = tuple(group(inner) for inner in getattr(one, "groups", ()))
        return GroupRules(one.title, one.rule, one.count, tuple(requirement(r) for r in one.requirements), nested)

    return ProgramRules(
        number,
        part.slug,
        part.validity_months,
        tuple(group(one) for one in part.groups),
        tuple(group(one) for one in part.renewal),
        part.renewal_window_days,
        part.grace_days,
    )


def _count(one: RequirementFile) -> CountRules:
    return CountRules(
        one.count or 0,
        _condition(one),
        tuple((like.count, _condition(like)) for like in one.at_least),
        one.within_days,
        tuple(one.practicals),
    )


def _condition(part: ConditionFile) -> Condition:
    return Condition(tuple(part.supervision), part.use_case, part.product, part.persona, part.complex, part.min_percent)


def program_asked(content: ProgramFile, slug: str | None) -> ProgramPart | None:
    """The program that is meant: the one of that slug, or without a slug the only one that no other one asks for."""
    if slug is not None:
        return next((one for one in content.programs if one.slug == slug), None)
    asked = {r.ref for one in content.programs for r in everything([*one.groups, *one.renewal]) if r.kind == "program"}
    free = [one for one in content.programs if one.slug not in asked]
    return free[0] if len(free) == 1 else None
