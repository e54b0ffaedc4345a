"""The sections of a program file that say what is asked for: statements, credits and programs."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models

from accreditation.actions.program_sections import Sections, set_rows
from accreditation.actions.programs import author_program, publish_program
from accreditation.actions.proposals import propose_rules
from accreditation.actions.tiers import author_tiers
from accreditation.models import Attestation, ExternalCredit, Organisation, Program
from accreditation.rules import requirement_files as files
from accreditation.rules.programs import why_not_load_badge
from accreditation.rules.yaml_lines import ReadFile
from assessments.models import Exam, Practical
from badges.actions.achievements import upsert_achievement
from badges.models import BadgeDesign
from courses.actions.content import put
from courses.models import Competency, ContentState, Course, LearningPath, Persona, Product, Role, UseCase

TARGETS: Mapping[str, type[models.Model]] = {
    "course": Course,
    "path": LearningPath,
    "exam": Exam,
    "practical": Practical,
    "program": Program,
    "attestation": Attestation,
    "credit": ExternalCredit,
}
WORDS: Mapping[str, type[models.Model]] = {"use_case": UseCase, "product": Product, "persona": Persona}


class RequirementSections(Sections):
    """Writes what programs ask for; what they name must be in the database or in an earlier section by then."""

    def _attestation(self, part: files.AttestationFile) -> None:
        put(Attestation, {"slug": part.slug}, {"title": part.title, "statement": part.statement})

    def _credit(self, part: files.CreditFile) -> None:
        put(ExternalCredit, {"slug": part.slug}, {"title": part.title, "issuer": part.issuer, "url": part.url})

    def _tiers(self) -> None:
        """The tiers as a whole: they stand in one file, since a tier that isn't named there ends."""
        with_tiers = [file for file in self.read if file.content.tiers]
        for file in with_tiers:
            self.file, self.place = file, ("tiers",)
            if file is not with_tiers[0]:
                self._problem(f"tiers stand in one file, and {with_tiers[0].name} has them already")
                return
        for file in with_tiers:
            with self._naming_the_line():
                said = [self._tier(file, number, part) for number, part in enumerate(file.content.tiers)]
                author_tiers(tiers=said)

    def _tier(self, file: ReadFile, number: int, part: files.TierFile) -> dict[str, Any]:
        self.file, self.place = file, ("tiers", number)
        self._note_once("tiers", part.slug)
        said: dict[str, Any] = {
            name: getattr(part, name)
            for name in ("slug", "title", "use_cases", "organisation_use_cases", "complex_is_enough")
        }
        if part.badge is not None:  # a file without one takes no badge away
            said["achievement"] = self._achievement(part.badge, f"tier-{part.slug}")
        return said

    def _program_row(self, part: files.ProgramPart) -> None:
        put(Program, {"slug": part.slug}, {"title": part.title})

    def _proposal(self, part: files.ProgramPart) -> None:
        """Only the rules are proposed; words, audience and badge of a program are no rules and stay as they are."""
        program = self._find(Program, part.slug, "slug")
        times = {name: getattr(part, name) for name in ("validity_months", "renewal_window_days", "grace_days")}
        groups, renewal = self._groups(part, "groups"), self._groups(part, "renewal")
        self.proposed.append(propose_rules(program=program, times=times, groups=groups, renewal=renewal, by=self.by))

    def _program(self, part: files.ProgramPart) -> None:
        groups = self._groups(part, "groups")
        values: dict[str, Any] = {
            "title": part.title,
            "summary": part.summary,
            "description": part.description,
            "regions": part.regions,
        }
        if part.time_zone is not None:  # a file without one leaves what was set here
            values["time_zone"] = part.time_zone
        if part.badge is not None:  # a file without one takes no badge away that was given here
            known = Program.objects.select_related("achievement").filter(slug=part.slug).first()
            if refusal := why_not_load_badge(known, part.slug):
                self._problem(refusal.sentence, "badge")
                return
            values["achievement"] = self._achievement(part.badge, part.slug)
        program, _ = author_program(
            slug=part.slug,
            values=values,
            validity_months=part.validity_months,
            groups=groups,
            renewal=self._groups(part, "renewal"),
            renewal_window_days=part.renewal_window_days,
            grace_days=part.grace_days,
        )
        self._audience(program, part)
        if program.state == ContentState.DRAFT:
            publish_program(program=program, by=self.by)

    def _audience(self, program: Program, part: files.ProgramPart) -> None:
        for name, model in (("roles", Role), ("personas", Persona), ("organisations", Organisation)):
            rows = [self._find(model, slug, name, n) for n, slug in enumerate(getattr(part, name))]
            set_rows(getattr(program, name), rows)
        if (assets := self._assets(part.assets)) is not None:
            set_rows(program.assets, assets)

    def _groups(self, part: files.ProgramPart, section: str) -> list[dict[str, Any]]:
        return [self._group(part, group, section, n) for n, group in enumerate(getattr(part, section))]

    def _group(self, part: files.ProgramPart, group: files.NestedGroupFile, *place: str | int) -> dict[str, Any]:
        nested: Sequence[files.NestedGroupFile] = getattr(group, "groups", ())
        return {
            "title": group.title,
            "rule": group.rule,
            "count": group.count,
            "requirements": [
                self._requirement(part, one, *place, "requirements", n) for n, one in enumerate(group.requirements)
            ],
            "groups": [self._group(part, one, *place, "groups", n) for n, one in enumerate(nested)],
        }

    def _requirement(self, part: files.ProgramPart, one: files.RequirementFile, *place: str | int) -> dict[str, Any]:
        said: dict[str, Any] = {
            "kind": one.kind,
            "proof": one.proof,
            "title": one.title,
            "valid_months": part.months_of(one),
        }
        if one.kind == "proofs":
            return said | {"count": self._count(one, *place)}
        return said | {one.kind: self._find(TARGETS[one.kind], one.ref, *place, "ref")}

    def _count(self, one: files.RequirementFile, *place: str | int) -> dict[str, Any]:
        """A number of proofs, as `Requirement.count` holds it: what asks nothing is left out."""
        practicals = [self._find(Practical, slug, *place, "practicals", n).pk for n, slug in enumerate(one.practicals)]
        at_least = [[like.count, self._condition(like, *place, "at_least", n)] for n, like in enumerate(one.at_least)]
        said = {
            "number": one.count,
            "condition": self._condition(one, *place),
            "at_least": at_least,
            "within_days": one.within_days,
            "targets": practicals,
        }
        return {name: value for name, value in said.items() if value}

    def _condition(self, part: files.ConditionFile, *place: str | int) -> dict[str, Any]:
        said: dict[str, Any] = {
            name: getattr(self._find(model, getattr(part, name), *place, name), "pk", None)
            for name, model in WORDS.items()
        }
        said |= {"supervision": part.supervision, "is_complex": part.complex}
        said["min_percent"] = None if part.min_percent is None else str(part.min_percent)
        return {name: value for name, value in said.items() if value}

    def _achievement(self, badge: files.BadgeFile, slug: str) -> Any:
        design = self._find(BadgeDesign, badge.design, "badge", "design")
        words = badge.model_dump(exclude={"competencies"}) | {"design": design}
        achievement = upsert_achievement(slug=slug, by=self.by, **words)
        if badge.competencies is not None:
            named = [self._find(Competency, one, "badge", "competencies") for one in badge.competencies]
            set_rows(achievement.competencies, named)
        return achievement
