"""Ways to earn an accreditation, for the tests."""

from datetime import date, timedelta

from accreditation.actions.evidence import record_evidence
from accreditation.actions.standing import reassess
from accreditation.models import Accreditation, Evidence, Program
from accreditation.tests.factories import make_program
from badges.tests.factories import make_achievement
from courses.tests.factories import CourseFactory
from courses.tests.people import make_person


def earned(*, months=12, days_ago=3, badge=True, **fields):
    """An accreditation in force whose badge is not issued yet."""
    learner, course = make_person(**fields), CourseFactory(title="Planning")
    program = make_program(course, badge=badge, months=months, summary="Plans accounts.")
    prove(learner, course, days_ago=days_ago)
    reassess(learner=learner)
    return Accreditation.objects.get(learner=learner, program=program)


def prove(learner, course, *, days_ago=0, source=None):
    day = date.today() - timedelta(days=days_ago)
    source = source or f"tests:{learner.pk}:{course.pk}:{days_ago}"
    record_evidence(learner_id=learner.pk, kind="course", source=source, performed_on=day, course=course)
    return Evidence.objects.get(source=source)


def with_a_badge_due(row):
    """The program got its badge after the accreditation, so no task has issued it."""
    Program.objects.filter(pk=row.program_id).update(achievement=make_achievement(slug=row.program.slug))
    return row
