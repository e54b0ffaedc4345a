"""What proofs say of competencies, and where a competency is described."""

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from accreditation.models import Evidence, Program
from badges.alignments import AlignmentFacts
from courses.models import Competency, Objective
from courses.rules.frameworks import case_address, own_title

COURSES = ("course", "path__courses")
"""Where a requirement's courses stand."""


def competencies_of(rows: Sequence[Evidence]) -> QuerySet[Competency]:
    """Competencies of the objectives that the proved courses teach and that the proved exams ask for. One query.

    Source: rules.md 8.27.
    """
    taught = Q(course__in=[row.course_id for row in rows if row.course_id])
    asked = Q(questions__bank__exams__in=[row.exam_id for row in rows if row.exam_id])
    return Competency.objects.select_related("framework").filter(
        pk__in=Objective.objects.filter(taught | asked).values("competency")
    )


def programs_with(competency: Competency) -> QuerySet[Program]:
    """Published programs whose present rules ask for a course or an exam on this competency, by title."""
    asked = "current_version__groups__requirements"
    found = Q(**{f"{asked}__exam__bank__questions__objective__competency": competency})
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
