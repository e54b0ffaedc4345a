"""Who is on a program: what its report, its funnel and its files all begin with."""

from django.db.models import FilteredRelation, Q, QuerySet

from accreditation.models import Accreditation, Program


def people_on(program: Program) -> QuerySet[Accreditation]:
    """Everybody who is enrolled or has anything to show, with their enrolment; who was erased or suspended left out."""
    theirs = Q(learner__enrolments__program=program, learner__enrolments__withdrawn_at=None)
    return Accreditation.objects.filter(program=program, learner__is_active=True).annotate(
        enrolment=FilteredRelation("learner__enrolments", condition=theirs)
    )
