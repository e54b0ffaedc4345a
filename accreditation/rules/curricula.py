"""What a path has today beside what the rules ask of it: rules keep the courses that they were written with.

Source: rules.md 7.81.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from accreditation.models import Program, ProgramVersion, Proposal, Requirement, RequirementCourse, RequirementGroup
from accreditation.models.programs import TARGETS
from accreditation.models.proposals import ProposalState
from courses.models import ContentState, PathCourse


def courses_of_path(path_id: int) -> list[int]:
    """The courses that a path has today and that learners see, in order. One query."""
    steps = PathCourse.objects.filter(path=path_id, course__state=ContentState.PUBLISHED).order_by("position")
    return list(steps.values_list("course_id", flat=True))


def has_todays_curriculum(version: ProgramVersion) -> bool:
    """Whether each path that a version names has the courses that the version asks of it. Two queries."""
    steps = RequirementCourse.objects.filter(requirement__group__version=version, course__state=ContentState.PUBLISHED)
    asked = steps.values_list("requirement__path", "course")
    paths = Requirement.objects.filter(group__version=version, path__isnull=False).values("path")
    today = PathCourse.objects.filter(path__in=paths, course__state=ContentState.PUBLISHED)
    return set(asked) == set(today.values_list("path", "course"))


def programs_behind() -> list[Program]:
    """Open programs whose paths have other courses than their rules ask for, and for which nothing was proposed yet.

    Two queries for each program that names a path, one more for each proposal in the place of its rules.
    """
    naming: QuerySet[Program] = Program.objects.filter(state=ContentState.PUBLISHED).filter(
        current_version__groups__requirements__path__isnull=False
    )
    rows = naming.exclude(proposals__state=ProposalState.PROPOSED).select_related("current_version").distinct()
    return [row for row in rows if not _is_answered(row)]


def _is_answered(program: Program) -> bool:
    """Whether its rules, or any that were proposed in their place and discarded, ask for what its paths have."""
    assert program.current_version is not None
    proposed = Proposal.objects.filter(replaces=program.current_version).select_related("version")
    return any(has_todays_curriculum(one) for one in (program.current_version, *(row.version for row in proposed)))


def said_by(version: ProgramVersion, *, is_renewal: bool) -> list[dict[str, Any]]:
    """The groups of a version as they are written: another version of them asks what the paths have by then. Two queries."""
    groups = list(version.groups.filter(is_renewal=is_renewal).prefetch_related("requirements").order_by("position"))
    return [_group(one, groups) for one in groups if one.parent_id is None]


def _group(row: RequirementGroup, rows: Sequence[RequirementGroup]) -> dict[str, Any]:
    return {
        "title": row.title,
        "rule": row.rule,
        "count": row.count,
        "requirements": [_requirement(one) for one in row.requirements.all()],
        "groups": [_group(one, rows) for one in rows if one.parent_id == row.pk],
    }


def _requirement(row: Requirement) -> dict[str, Any]:
    said = {"kind": row.kind, "proof": row.proof, "title": row.title, "valid_months": row.valid_months}
    if row.count:
        return said | {"count": row.count}
    assert row.kind in TARGETS
    return said | {row.kind: row.target}


def times_of(version: ProgramVersion) -> dict[str, int]:
    """How long a version holds, fades and may be renewed late."""
    return {name: getattr(version, name) for name in ("validity_months", "renewal_window_days", "grace_days")}
