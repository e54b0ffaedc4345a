"""What programs and updates use content, and what nobody could finish any more without it. Source: rules.md 2.42 to 2.44."""

from typing import Any

from django.db.models import Q, QuerySet

from accreditation.actions.previews import nothing_kept
from accreditation.models import (
    IN_FORCE,
    Accreditation,
    Enrolment,
    Evidence,
    EvidenceKind,
    Program,
    Requirement,
    Update,
    UpdateState,
)
from accreditation.rules.requirements import why_not_rules
from assessments.models import Exam, Practical
from badges.models import Achievement
from courses.models import Asset, Competency, ContentState, Course, LearningPath
from courses.rules.uses import Use, use_by

KINDS: dict[type, str] = {
    Course: "course", LearningPath: "path", Exam: "exam", Practical: "practical", Program: "program",
}  # fmt: skip


def uses_by_programs(row: Any) -> list[Use]:
    """Programs whose rules, live or proposed, ask for the row, updates about it, and what names it beside."""
    programs = list(_programs_asking(row))
    broken = _broken(row, programs)
    used = [use_by(one, people=_on(one).count(), breaks=broken.get(one.pk, "")) for one in programs]
    return [*used, *(use_by(one) for one in _others(row))]


def _programs_asking(row: Any) -> QuerySet[Program]:
    kind = KINDS.get(type(row))
    if kind is None:
        return Program.objects.none()
    asked = Requirement.objects.filter(**{kind: row})
    if isinstance(row, Course):
        asked = Requirement.objects.filter(Q(course=row) | Q(steps__course=row))
    live = Q(current_version__in=asked.values("group__version"))
    proposed = Q(proposals__state="proposed", proposals__version__in=asked.values("group__version"))
    return Program.objects.filter(live | proposed).distinct().order_by("title")


def _broken(row: Any, programs: list[Program]) -> dict[int, str]:
    """By the rules of programs themselves: what they would say were the row withdrawn. Nothing of that is kept."""
    open_ones = [one for one in programs if one.state == ContentState.PUBLISHED]
    if not open_ones or getattr(row, "state", None) != ContentState.PUBLISHED:
        return {}
    before = {one.pk for one in open_ones if why_not_rules(one)}
    with nothing_kept():
        type(row)._default_manager.filter(pk=row.pk).update(state=ContentState.WITHDRAWN)
        found = {one.pk: why_not_rules(one) for one in open_ones if one.pk not in before}
    return {pk: refusal.sentence for pk, refusal in found.items() if refusal}


def _on(program: Program) -> QuerySet[Enrolment]:
    """Those who are on it and not accredited."""
    holding = Accreditation.objects.filter(program=program, state__in=IN_FORCE).values("learner")
    return Enrolment.objects.open().filter(program=program, learner__is_active=True).exclude(learner__in=holding)


def _others(row: Any) -> list[Any]:
    kind = KINDS.get(type(row))
    if isinstance(row, Asset):
        return list(row.programs.all())
    if isinstance(row, Competency):
        return list(Achievement.objects.filter(competencies=row).defer("image"))
    if kind in ("course", "exam", "practical"):
        parts = Q(**{f"parts__{kind}": row}) & ~Q(state=UpdateState.WITHDRAWN)
        return list(Update.objects.filter(parts).distinct())
    return []


def under_way_with(row: Any) -> set[int]:
    """People on an open program whose live rules ask for the row, who haven't proved it; of a course those who began it too."""
    if isinstance(row, Program):
        return set(_on(row).values_list("learner_id", flat=True))
    kind = KINDS.get(type(row))
    if kind is None:
        return set()
    asking = _programs_asking(row).filter(state=ContentState.PUBLISHED)
    found: set[int] = set()
    for program in asking:
        found.update(_on(program).values_list("learner_id", flat=True))
    return found - _proved(row, kind)


def _proved(row: Any, kind: str) -> set[int]:
    if kind not in EvidenceKind.values or kind == "path":
        return set()
    rows = Evidence.objects.filter(kind=kind, withdrawn_by__isnull=True, **{kind: row})
    return set(rows.values_list("learner_id", flat=True))
