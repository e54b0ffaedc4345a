"""What a program file may say about programs: groups, requirements, renewal. The format: `docs/programs-as-code.md`."""

import zoneinfo
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from accreditation.rules.file_parts import Part, Slug, Slugs, Text, Title, double
from badges.models.achievements import LANGUAGE

Months = Annotated[int, Field(ge=1, le=120)]
Days = Annotated[int, Field(ge=1, le=3650)]
ByKind = Literal["course", "path", "exam", "practical", "attestation", "credit"]
OneOrMore = BeforeValidator(lambda said: [said] if isinstance(said, str) else said)


class AttestationFile(Part):
    """A statement that managers attest of their people."""

    slug: Slug
    title: Title
    statement: Text


class CreditFile(Part):
    """A certificate or course of another body that counts."""

    slug: Slug
    title: Title
    issuer: Title
    url: Annotated[str, StringConstraints(pattern=r"^(https://\S+)?$", max_length=200)] = ""


class ConditionFile(Part):
    """What a proof has to be like; what is left out asks nothing. `supervision`: one word or several, any of which does."""

    supervision: Annotated[list[Literal["observed", "shadowed", "alone"]], OneOrMore] = []
    use_case: Slug | None = None
    product: Slug | None = None
    persona: Slug | None = None
    complex: bool = False
    min_percent: Annotated[Decimal, Field(gt=0, le=100)] | None = None


class AtLeastFile(ConditionFile):
    """So many of the counted proofs are like this."""

    count: Annotated[int, Field(ge=1, le=100)]


class RequirementFile(ConditionFile):
    """One thing asked for: by the slug of its target, or as a number of proofs with what they have to be like."""

    kind: Literal["course", "path", "exam", "practical", "program", "attestation", "credit", "proofs"]
    ref: Slug | None = None
    proof: Literal["know", "show", "keep"]
    title: Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)] = ""
    valid_months: Months | None = None
    count: Annotated[int, Field(ge=1, le=100)] | None = None
    within_days: Days | None = None
    practicals: Slugs = []
    at_least: list[AtLeastFile] = []

    @model_validator(mode="after")
    def has_what_its_kind_needs(self) -> "RequirementFile":
        """A number of proofs has a title and a count, every other kind a target and nothing that counts."""
        if self.kind != "proofs":
            return self._with_a_target()
        if self.ref or not self.title or not self.count:
            raise ValueError(
                "`proofs` needs `title` and `count`; the practicals that count stand in `practicals`, not in `ref`"
            )
        for one in self.at_least:
            if one.count > self.count:
                raise ValueError(f"at least {one.count} of {self.count} proofs can't be reached")
        return self

    def _with_a_target(self) -> "RequirementFile":
        if self.ref is None:
            raise ValueError("`ref` is missing: the slug of what meets it")
        counting = {"count", "within_days", "practicals", "at_least", *ConditionFile.model_fields}
        if said := sorted(counting & self.model_fields_set):
            raise ValueError(f"`{said[0]}` belongs to `kind: proofs`")
        return self

    @property
    def named(self) -> str:
        """The kind with the slug of its target, or with the title of a number of proofs."""
        return f"{self.kind}:{self.ref or self.title}"


class NestedGroupFile(Part):
    """A group within a group."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    rule: Literal["all_of", "n_of"] = "all_of"
    count: Annotated[int, Field(ge=1)] | None = None
    requirements: list[RequirementFile] = []

    @property
    def size(self) -> int:
        """How many members it counts."""
        return len(self.requirements)

    @model_validator(mode="after")
    def count_within_reach(self) -> "NestedGroupFile":
        """`count` belongs to `n_of` and is no more than the members; nothing is asked twice."""
        if not self.size:
            raise ValueError("asks for nothing: give it `requirements`")
        if (self.rule == "n_of") != (self.count is not None):
            raise ValueError("`count` belongs to `rule: n_of`, and only there")
        if self.count and self.count > self.size:
            raise ValueError(f"asks for {self.count} of {self.size} requirements")
        if twice := double([one.named.replace(":", " ", 1) for one in self.requirements]):
            raise ValueError(f"asks for `{twice}` twice")
        return self


class GroupFile(NestedGroupFile):
    """Requirements, and groups of them, that belong together. Groups nest once."""

    groups: list[NestedGroupFile] = []

    @property
    def size(self) -> int:
        """How many members it counts, groups among them."""
        return len(self.requirements) + len(self.groups)

    def everything(self) -> list[RequirementFile]:
        """Its requirements and those of its groups."""
        return [*self.requirements, *(one for group in self.groups for one in group.requirements)]


class BadgeFile(Part):
    """What the badge says."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    description: Text
    criteria: Text
    shape: Literal["disc", "hexagon"] = "disc"
    tone: Literal["night", "blue", "green", "gold", "rose"] = "night"
    label: Annotated[str, StringConstraints(max_length=18)]
    tags: list[str] = []
    tier: Literal["", "crawl", "walk", "run"] = ""
    persona: Annotated[str, StringConstraints(max_length=40)] = ""
    icon: Annotated[str, StringConstraints(max_length=60)] = ""
    design: Slug | None = None
    alt_text: Annotated[str, StringConstraints(max_length=250)] = ""
    language: Annotated[str, StringConstraints(pattern=LANGUAGE)] = "en"
    competencies: Slugs | None = None


class TierFile(Part):
    """A tier: from how many distinct use cases on it is held, or by one complex solution, and its badge.

    `organisation_use_cases`: the same for organisations; without it as many as for a person.
    """

    slug: Slug
    title: Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
    use_cases: Annotated[int, Field(ge=1, le=100)]
    organisation_use_cases: Annotated[int, Field(ge=1, le=100)] | None = None
    complex_is_enough: bool = False
    badge: BadgeFile | None = None

    @property
    def of_organisations(self) -> int:
        """From how many use cases on an organisation holds it."""
        return self.organisation_use_cases or self.use_cases


def rising(tiers: list[TierFile]) -> list[TierFile]:
    """Tiers stand from the lowest to the highest, each asking for more use cases than the one before."""
    for lower, higher in pairwise(tiers):
        if higher.use_cases <= lower.use_cases:
            raise ValueError(f"`{higher.slug}` asks for no more use cases than `{lower.slug}` before it")
        if higher.of_organisations <= lower.of_organisations:
            raise ValueError(f"`{higher.slug}` asks organisations for no more use cases than `{lower.slug}` before it")
    return tiers


def _known_zone(name: str) -> str:
    if name not in zoneinfo.available_timezones():
        raise ValueError(f"`{name}` is no time zone, such as Europe/Berlin")
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]


class ProgramPart(Part):
    """A program: audience, requirement groups, renewal, badge."""

    slug: Slug
    title: Title
    summary: str = ""
    description: str = ""
    roles: Slugs = []
    personas: Slugs = []
    organisations: Slugs = []
    assets: Slugs | None = None
    regions: list[Annotated[str, StringConstraints(min_length=1, max_length=100)]] = []
    time_zone: TimeZone | None = None
    validity_months: Months = 12
    valid_months: dict[ByKind, Months] = {}
    renewal_window_days: Annotated[int, Field(ge=1, le=365)] = 90
    grace_days: Annotated[int, Field(ge=0, le=365)] = 0
    groups: Annotated[list[GroupFile], Field(min_length=1)]
    renewal: list[GroupFile] = []
    badge: BadgeFile | None = None

    @model_validator(mode="after")
    def reachable(self) -> "ProgramPart":
        """Nobody could ever meet a program that asks for itself."""
        if any((one.kind, one.ref) == ("program", self.slug) for one in everything([*self.groups, *self.renewal])):
            raise ValueError("asks for itself")
        if self.grace_days and not self.renewal:
            raise ValueError("`grace_days` is for a `renewal`, and there is none")
        return self

    def months_of(self, requirement: RequirementFile) -> int | None:
        """How long a proof of a requirement holds: its own months, or those of its kind. A count takes those of practicals."""
        kind: str = "practical" if requirement.kind == "proofs" else requirement.kind
        return requirement.valid_months or next((n for name, n in self.valid_months.items() if name == kind), None)


def everything(groups: Iterable[GroupFile]) -> Sequence[RequirementFile]:
    """Every requirement of these groups."""
    return [one for group in groups for one in group.everything()]
