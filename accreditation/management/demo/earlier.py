"""People who sat an exam of the demo before, so that its statistics have something to say."""

from itertools import product

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accreditation.actions.mail_choices import choose_manners
from accreditation.actions.people import make_learner
from accreditation.management.demo import deeds
from accreditation.models import Manner, NoticeKind, User
from assessments.actions.exam_statistics import compute_exam_statistics
from assessments.models import Exam
from courses.models import Role

EXAM = "devsecops"
FIRST = ("Amara", "Bruno", "Chen", "Dalia", "Emil", "Farah")
LAST = ("Novak", "Okoye", "Petrov", "Quispe", "Rossi")
SHARES = (1.0, 0.95, 0.9, 0.85, 0.85, 0.8, 0.8, 0.75, 0.65, 0.5)
"""Right answers of each in turn: most pass, some don't."""


def sit_before() -> None:
    """Thirty people sit one exam, and its figures are computed as at night. About three seconds."""
    exam = Exam.objects.select_related("current_version").get(slug=EXAM)
    assert exam.current_version is not None  # the shipped programs publish it
    questions = sum(cell.count for cell in exam.current_version.cells.all())
    for number, person in enumerate(_people()):
        deeds.sit_exam(person, EXAM, right=round(SHARES[number % len(SHARES)] * questions))
    compute_exam_statistics(exam=exam, now=timezone.now())


def _people() -> list[User]:
    """They don't sign in, and get no mail."""
    role = Role.objects.get(slug="sal")
    people = [
        User(
            email=f"{first}.{last}@example.com".lower(), name=f"{first} {last}", role=role, password=make_password(None)
        )
        for first, last in product(FIRST, LAST)
    ]
    for person in people:
        person.save()
        make_learner(person=person)
        choose_manners(manners=dict.fromkeys(NoticeKind.values, Manner.NEVER), by=person)
    return people
