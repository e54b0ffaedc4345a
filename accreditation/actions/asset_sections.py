"""The section of a program file that fills the library."""

from typing import Any

from accreditation.actions.program_sections import Sections, Unknown
from accreditation.rules.asset_files import AssetFile
from courses.actions.assets import author_asset
from courses.actions.content import publish_content
from courses.models import (
    CompanySize,
    Competency,
    ContentState,
    Ecosystem,
    Lesson,
    Persona,
    Product,
    Role,
    UseCase,
    Vertical,
)

WORDS: dict[str, Any] = {
    "roles": Role, "products": Product, "personas": Persona, "use_cases": UseCase, "verticals": Vertical,
    "ecosystems": Ecosystem, "sizes": CompanySize, "competencies": Competency,
}  # fmt: skip


class AssetSections(Sections):
    """Writes items of the library."""

    def _asset(self, part: AssetFile) -> None:
        words: dict[str, Any] = {
            name: [self._find(model, slug, name, number) for number, slug in enumerate(getattr(part, name))]
            for name, model in WORDS.items()
        }
        words["lessons"] = [self._lesson_named(ref, number) for number, ref in enumerate(part.lessons)]
        values = part.model_dump(include={"title", "summary", "kind", "wows", "field_only"})
        if part.review_on:
            values["review_on"] = part.review_on
        if part.owner:
            values["owner"] = self._owner(part.owner, "owner")
        said: dict[str, Any] = {"body": part.body, "url": part.url, "notes": part.notes}
        if part.source:
            said["source_revision"] = self._revision(part.source, "source")
        asset, _ = author_asset(slug=part.slug, values=values, words=words, said=said, by=self.by)
        if asset.state == ContentState.DRAFT:
            publish_content(content=asset, by=self.by)

    def _lesson_named(self, ref: str, number: int) -> Lesson:
        if lesson := self._lesson_at(ref):
            return lesson
        self._problem(f"there is no lesson `{ref}`", "lessons", number)
        raise Unknown
