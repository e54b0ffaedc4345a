"""What proofs say of competencies, and where a competency is described."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from accreditation.models import Evidence, Program
from assessments.models import Criterion, Question
from badges.alignments import AlignmentFacts
from badges.models import Achievement
from courses.models import Competency, Objective
from courses.rules.frameworks import case_address, own_title

COURSES = ("course", "steps__course")
"""Where a requirement's courses stand."""
About = Mapping[Any, set[int]]
"""Competencies by what they are taught, asked or shown by."""


def taught_by(courses: Iterable[int] | None = None) -> About:
    """What the objectives of these courses are aligned to, of all courses without `courses`. One query."""
    rows = Objective.objects.exclude(competency=None).order_by()
    rows = rows if courses is None else rows.filter(course__in=courses)
    return _sets(rows.values_list("course", "competency").distinct())


def asked_by(exams: Iterable[int] | None = None) -> About:
    """What the questions that these exams draw from are aligned to; those for practice are never asked. One query."""
    rows = Question.objects.filter(practice_only=False).about().exclude(about=None).order_by()
    rows = rows.filter(bank__exams__isnull=False) if exams is None else rows.filter(bank__exams__in=exams)
    return _sets(rows.values_list("bank__exams", "about").distinct())


def shown_by(practicals: Iterable[int] | None = None) -> About:
    """What the criteria are aligned to that these practicals are read against now. One query.

    A practical none of whose criteria is aligned shows what the exam that opens it asks about: see `AboutProofs`.
    """
    rows = Criterion.objects.exclude(competency=None).order_by()
    place = "rubric_version__practicals"
    rows = rows.filter(**{f"{place}__isnull": False} if practicals is None else {f"{place}__in": practicals})
    return _sets(rows.values_list(place, "competency").distinct())


@dataclass(frozen=True, slots=True)
class AboutProofs:
    """Which competencies a course, an exam and a practical prove. Source: rules.md 7.75."""

    by_course: About
    by_exam: About
    by_criteria: About

    def of_practical(self, practical: int, exam: int) -> set[int]:
        """Those of its criteria; where none is aligned, those of its exam."""
        return self.by_criteria.get(practical) or self.by_exam.get(exam, set())


def about_proofs(rows: Iterable[Evidence]) -> AboutProofs:
    """What these proofs, loaded with their practicals, are about. Three queries."""
    rows = list(rows)
    practicals = [row.practical for row in rows if row.practical]
    exams = {row.exam_id for row in rows if row.exam_id} | {one.exam_id for one in practicals}
    return AboutProofs(
        taught_by({row.course_id for row in rows if row.course_id}),
        asked_by(exams),
        shown_by({one.pk for one in practicals}),
    )


def _sets(pairs: Iterable[tuple[int, int]]) -> About:
    found: dict[Any, set[int]] = {}
    for key, value in pairs:
        found.setdefault(key, set()).add(value)
    return found


def competencies_of(rows: Sequence[Evidence], badge: Achievement | None = None) -> QuerySet[Competency]:
    """What the proved courses teach, the proved exams ask for, the criteria of the proved practicals show, and what the badge
    itself names. One query.

    Source: rules.md 8.27.
    """
    taught = Objective.objects.filter(course__in=[row.course_id for row in rows if row.course_id])
    asked = Question.objects.filter(bank__exams__in=[row.exam_id for row in rows if row.exam_id], practice_only=False)
    shown = Criterion.objects.filter(
        rubric_version__practicals__in=[row.practical_id for row in rows if row.practical_id]
    )
    found = Q(pk__in=taught.values("competency")) | Q(pk__in=asked.about().order_by().values("about"))
    found |= Q(pk__in=shown.order_by().values("competency"))
    if badge is not None:
        found |= Q(pk__in=badge.competencies.order_by().values("pk"))
    return Competency.objects.select_related("framework").filter(found)


def programs_with(competency: Competency) -> QuerySet[Program]:
    """Published programs whose present rules ask for something on this competency, or whose badge names it; by title."""
    asked = "current_version__groups__requirements"
    about = Question.objects.filter(practice_only=False).about().filter(about=competency.pk)
    found = Q(**{f"{asked}__exam__bank__in": about.order_by().values("bank")})
    found |= Q(**{f"{asked}__practical__rubric_version__criteria__competency": competency})
    found |= Q(achievement__competencies=competency)
    for place in COURSES:
        found |= Q(**{f"{asked}__{place}__objectives__competency": competency})
    rows = Program.objects.published().order_by("title")
    return rows.filter(pk__in=Program.objects.filter(found).values("pk"))


def alignment_of(competency: Competency) -> AlignmentFacts:
    """The competency as a badge names it: in its own framework, at the address where that describes it.

    Source: rules.md 7.71.
    """
    return AlignmentFacts(
        code=competency.code or competency.slug,
        name=competency.name,
        url=competency.uri or case_address("CFItems", competency.identifier),
        framework=framework_of(competency),
        description=competency.summary,
    )


def framework_of(competency: Competency) -> str:
    """What the framework of a competency is called."""
    return competency.framework.title if competency.framework else own_title()
