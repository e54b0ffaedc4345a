"""What a badge is aligned to: competencies of a framework, each described at an address of ours. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

COMPETENCY = "ceasn:Competency"
"""The kind of target. Source: Open Badges 3.0, AlignmentTargetType."""


@dataclass(frozen=True, slots=True)
class AlignmentFacts:
    """One competency. `code` names it within its framework; `path` is where our site describes it, from the slash on."""

    code: str
    name: str
    path: str
    framework: str
    description: str = ""


def alignments(site_url: str, facts: Iterable[AlignmentFacts]) -> list[dict[str, Any]]:
    """The `alignment` of an achievement. Source: Open Badges 3.0, Alignment."""
    rows = []
    for one in facts:
        row: dict[str, Any] = {
            "type": ["Alignment"],
            "targetName": one.name,
            "targetUrl": f"{site_url}{one.path}",
            "targetFramework": one.framework,
            "targetCode": one.code,
            "targetType": COMPETENCY,
        }
        rows.append(row | ({"targetDescription": one.description} if one.description else {}))
    return rows
