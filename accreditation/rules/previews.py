"""Which pages can be seen as a learner before they are published, by whom, and as whom. Source: rules.md 2.40 and 2.41."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.urls import Resolver404, ResolverMatch, resolve, reverse

from accreditation.models import Organisation, Program
from assessments.models import Exam, Practical
from courses.models import Asset, Course, LearningPath, Persona, Role

PAGES: Mapping[str, type[Model]] = {
    "program": Program,
    "courses:path": LearningPath,
    "courses:course": Course,
    "courses:lesson": Course,
    "courses:lesson-file": Course,
    "courses:asset": Asset,
    "courses:asset-file": Asset,
    "assessments:exam": Exam,
    "assessments:practical": Practical,
}
"""The pages that a preview can show, and what each is about. All of them are only read."""
SAMPLE = "questions"
"""What the query of an exam's preview says for a sample of its questions."""
OPENED = "opened"
"""What that of a practical's says for its page as if the exam were passed and a try open."""


@dataclass(frozen=True, slots=True)
class AsWhom:
    """The learner whom a preview pretends: nobody in particular, who has done nothing yet."""

    role: Role | None = None
    persona: Persona | None = None
    organisation: Organisation | None = None

    @property
    def query(self) -> dict[str, str]:
        """As the addresses of a preview say it."""
        said = {"role": self.role, "persona": self.persona, "organisation": self.organisation}
        return {f"as_{name}": row.slug for name, row in said.items() if row is not None}


@dataclass(frozen=True, slots=True)
class Preview:
    """A page to be seen. `row`: what it is about; `match`: the view that shows it to learners."""

    address: str
    match: ResolverMatch
    row: Any
    whom: AsWhom = field(default_factory=AsWhom)

    @property
    def permission(self) -> str:
        """Who may change the content may see it."""
        return f"{self.row._meta.app_label}.change_{self.row._meta.model_name}"

    @property
    def editor(self) -> str:
        """The page on which it is written."""
        return reverse(f"admin:{self.row._meta.app_label}_{self.row._meta.model_name}_change", args=[self.row.pk])

    @property
    def opened(self) -> str:
        """Where a practical stands with an open try; empty for what has none."""
        return preview_address(self.address, self.whom, {OPENED: "1"}) if isinstance(self.row, Practical) else ""

    @property
    def sample(self) -> str:
        """Where a sample of its questions stands; empty where it asks none."""
        return preview_address(self.address, self.whom, {SAMPLE: "1"}) if isinstance(self.row, Exam) else ""


def preview_address(address: str, whom: AsWhom | None = None, more: Mapping[str, str] | None = None) -> str:
    """Where the preview of a page of this site stands. `address`: its path, as learners have it."""
    query = urlencode({**(whom or AsWhom()).query, **(more or {})})
    return f"/admin/preview/{address.lstrip('/')}{f'?{query}' if query else ''}"


def as_whom(asked: Mapping[str, Any]) -> AsWhom:
    """From a query; an unknown name is nobody in particular. Three queries at most."""
    return AsWhom(
        role=_named(Role, asked.get("as_role")),
        persona=_named(Persona, asked.get("as_persona")),
        organisation=_named(Organisation, asked.get("as_organisation")),
    )


def _named(model: type[Model], slug: Any) -> Any:
    return model._default_manager.filter(slug=str(slug)[:80]).first() if slug else None


def preview_of(page: str, whom: AsWhom) -> Preview | None:
    """What stands at a path of this site; None where no preview shows it, or there is nothing. One query."""
    address = f"/{page}"
    try:
        match = resolve(address)
    except Resolver404:
        return None
    model = PAGES.get(match.view_name)
    row = model._default_manager.filter(slug=match.kwargs["slug"]).first() if model else None
    return Preview(address, match, row, whom) if row is not None else None
