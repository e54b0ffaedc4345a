"""What every part of a program file is made of: short names, texts, lists without doubles."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    StringConstraints,
)

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
HOURS_OF_A_YEAR = 8760
ObjectiveRef = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+/[a-z0-9-]+$")]
LessonRef = ObjectiveRef
SourceRef = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*(@[1-9][0-9]{0,5})?$")]
"""A source by its slug: as of the last revision that the files say, or of the one after the `@`."""


T = TypeVar("T")


def once(parts: list[T]) -> list[T]:
    """The second of two parts with one slug would silently overwrite the first."""
    if twice := double([getattr(part, "slug", part) for part in parts]):
        raise ValueError(f"`{twice}` is written twice")
    return parts


def double(names: Sequence[Any]) -> Any:
    """The first name that stands twice; None where each stands once."""
    seen: set[Any] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


Slugs = Annotated[list[Slug], AfterValidator(once)]


class Part(BaseModel):
    """Unknown keys are mistakes, so every part refuses them."""

    model_config = ConfigDict(extra="forbid")
