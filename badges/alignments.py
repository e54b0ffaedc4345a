"""What a badge is aligned to: statements of a framework, each at the address where its publisher describes it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

STATEMENT = "CFItem"
"""The kind of target: what 1EdTech CASE calls an item. Source: Open Badges 3.0, AlignmentTargetType."""


@dataclass(frozen=True, slots=True)
class AlignmentFacts:
    """One competency. `code` names it within its framework; `url` is where its framework describes it."""

    code: str
    name: str
    url: str
    framework: str
    description: str = ""


def alignments(facts: Iterable[AlignmentFacts]) -> list[dict[str, Any]]:
    """The `alignment` of an achievement. Source: Open Badges 3.0, Alignment."""
    rows = []
    for one in facts:
        row: dict[str, Any] = {
            "type": ["Alignment"],
            "targetName": one.name,
            "targetUrl": one.url,
            "targetFramework": one.framework,
            "targetCode": one.code,
            "targetType": STATEMENT,
        }
        rows.append(row | ({"targetDescription": one.description} if one.description else {}))
    return rows
