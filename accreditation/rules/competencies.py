"""What proofs say of competencies, and where a competency is described."""

from collections.abc import Sequence

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse

from accreditation.models import Evidence, Program
from badges.alignments import AlignmentFacts
from courses.models import Competency, Objective

COURSES = ("course", "path__courses")
"""Where a requirement's courses stand."""


def framework_name() -> str:
    """The framework that all competencies here belong to."""
    return f"Field functional competencies of {settings.ORGANISATION_NAME}"


def competencies_of(rows: Sequence[Evidence]) -> QuerySet[Competency]:
    """Competencies of the objectives that the proved courses teach and that the proved exams ask for. One query.

    Source: rules.md 8.27.
    """
    taught = Q(course__in=[row.course_id for row in rows if row.course_id])
    asked = Q(questions__bank__exams__in=[row.exam_id for row in rows if row.exam_id])
    return Competency.objects.filter(pk__in=Objective.objects.filter(taught | asked).values("competency"))


def programs_with(competency: Competency) -> QuerySet[Program]:
    """Published programs whose present rules ask for a course or an exam on this competency, by title."""
    asked = "current_version__groups__requirements"
    found = Q(**{f"{asked}__exam__bank__questions__objective__competency": competency})
    for place in COURSES:
        found |= Q(**{f"{asked}__{place}__objectives__competency": competency})
    rows = Program.objects.published().order_by("title")
    return rows.filter(pk__in=Program.objects.filter(found).values("pk"))


def alignment_of(competency: Competency) -> AlignmentFacts:
    """The competency as a badge names it."""
    return AlignmentFacts(
        code=competency.slug,
        name=competency.name,
        path=reverse("competency", args=[competency.slug]),
        framework=framework_name(),
        description=competency.summary,
    )
