"""Who is reminded of what, on which day."""

from datetime import date, datetime, timedelta

from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, QuerySet

from accreditation.models import IN_FORCE, Accreditation, Enrolment, User
from accreditation.roles import GRADER, REVIEW_LEAD
from assessments.models import ReviewTask

DUE_DAYS = (14, 7, 1, 0, -1)
FADING_DAYS = (90, 30, 7, 1)
REVIEW_AHEAD = timedelta(hours=48)


def enrolments_due(today: date) -> QuerySet[Enrolment]:
    """Open enrolments with a due date on one of the reminder days, of people who aren't accredited yet."""
    held = Accreditation.objects.filter(learner=OuterRef("learner"), program=OuterRef("program"), state__in=IN_FORCE)
    days = [today + timedelta(days=one) for one in DUE_DAYS]
    rows = Enrolment.objects.open().filter(due_on__in=days, learner__is_active=True).exclude(Exists(held))
    return rows.select_related("program")


def accreditations_fading(today: date) -> QuerySet[Accreditation]:
    """Accreditations in force that end on one of the reminder days."""
    days = [today + timedelta(days=one) for one in FADING_DAYS]
    rows = Accreditation.objects.filter(valid_until__in=days, state__in=IN_FORCE, learner__is_active=True)
    return rows.select_related("program")


def reviews_waiting(now: datetime) -> int:
    """How many review tasks wait and are due within two days."""
    return ReviewTask.objects.filter(state="waiting", due_at__lt=now + REVIEW_AHEAD).count()


def graders() -> QuerySet[User]:
    """Active people who grade."""
    groups = Group.objects.filter(name__in=[GRADER, REVIEW_LEAD])
    return User.objects.filter(is_active=True, groups__in=groups).distinct()
