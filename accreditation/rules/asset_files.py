"""What a program file may say of the library. The format: `docs/programs-as-code.md`."""

from datetime import date
from typing import Annotated, Literal

from pydantic import StringConstraints, model_validator

from accreditation.rules.file_parts import LessonRef, Part, Slug, Slugs, SourceRef, Title
from courses.models import AssetKind


class AssetFile(Part):
    """An item of the library with what it says; `lessons` are those that use it."""

    slug: Slug
    title: Title
    summary: str = ""
    kind: Literal[tuple(AssetKind.values)]  # type: ignore[valid-type]
    wows: bool = False
    field_only: bool = False
    roles: Slugs = []
    products: Slugs = []
    personas: Slugs = []
    use_cases: Slugs = []
    verticals: Slugs = []
    ecosystems: Slugs = []
    sizes: Slugs = []
    competencies: Slugs = []
    lessons: list[LessonRef] = []
    owner: Annotated[str, StringConstraints(min_length=3, max_length=254)] | None = None
    review_on: date | None = None
    body: str = ""
    url: Annotated[str, StringConstraints(pattern=r"^(https://\S+)?$", max_length=500)] = ""
    notes: Annotated[str, StringConstraints(max_length=300)] = ""
    source: SourceRef | None = None

    @model_validator(mode="after")
    def says_something(self) -> "AssetFile":
        """A text or a link; files are uploaded in the administration."""
        if not self.body.strip() and not self.url:
            raise ValueError("says nothing: give it a `body` or a `url`")
        return self
