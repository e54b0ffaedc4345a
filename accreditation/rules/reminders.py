"""What the calendar brings: whose standing changes by itself, and who is reminded of what."""

from datetime import date, datetime, timedelta

from django.contrib.auth.models import Group
from django.db.models import Count, DateField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet

from accreditation.models import IN_FORCE, Accreditation, Enrolment, Program, StandingState, User
from accreditation.roles import GRADER, REVIEW_LEAD
from assessments.models import Booking, ReviewTask

DUE_DAYS = (14, 7, 1, 0, -1)
FADING_DAYS = (30, 7, 1)
FADES_ON = ExpressionWrapper(F("valid_until") - F("version__renewal_window_days"), output_field=DateField())
"""The last day before an accreditation fades: its end less the renewal window of its version."""
REVIEW_AHEAD = timedelta(hours=48)
SESSION_NEAR = timedelta(hours=24)


def learners_to_reassess(today: date) -> QuerySet[Accreditation, int]:
    """Ids of learners whose stored standing the calendar has passed: in force beyond its end, or fading unnoticed."""
    return _stale(today).values_list("learner_id", flat=True).distinct()


def programs_to_reassess(today: date, many: int) -> QuerySet[Program]:
    """Programs in which the calendar has passed so many stored standings that one by one would take too long."""
    crowded = _stale(today).values("program").annotate(count=Count("pk")).filter(count__gt=many).values("program")
    return Program.objects.filter(pk__in=crowded)


def _stale(today: date) -> QuerySet[Accreditation]:
    fading = Accreditation.objects.filter(state__in=IN_FORCE).annotate(fades_on=FADES_ON).filter(fades_on__lt=today)
    return fading.exclude(state=StandingState.FADING, valid_until__gte=today).order_by()


def enrolments_due(today: date) -> QuerySet[Enrolment]:
    """Open enrolments with a due date on one of the reminder days, of people who aren't accredited yet."""
    held = Accreditation.objects.filter(learner=OuterRef("learner"), program=OuterRef("program"), state__in=IN_FORCE)
    days = [today + timedelta(days=one) for one in DUE_DAYS]
    rows = Enrolment.objects.open().filter(due_on__in=days, learner__is_active=True).exclude(Exists(held))
    return rows.select_related("program")


def accreditations_fading(today: date) -> QuerySet[Accreditation]:
    """Accreditations in force whose renewal opens today, or that end on one of the reminder days within it."""
    rows = Accreditation.objects.filter(state__in=IN_FORCE, learner__is_active=True).annotate(fades_on=FADES_ON)
    soon = Q(valid_until__in=[today + timedelta(days=one) for one in FADING_DAYS], fades_on__lt=today)
    return rows.filter(soon | Q(fades_on=today)).select_related("program", "version", "learner__manager")


def accreditations_lapsed(today: date) -> QuerySet[Accreditation]:
    """Accreditations that ran out yesterday: the first day without them."""
    rows = Accreditation.objects.filter(state=StandingState.LAPSED, valid_until=today - timedelta(days=1))
    return rows.filter(learner__is_active=True).select_related("program", "version", "learner__manager")


def manager_to_tell(learner: User) -> User | None:
    """The manager who sees this learner's standing; None where nobody does. No query where the manager was loaded."""
    manager = learner.manager
    if manager is None or not manager.is_active:
        return None
    return manager if manager.organisation_id in (None, learner.organisation_id) else None


def reviews_waiting(now: datetime) -> int:
    """How many review tasks wait and are due within two days."""
    return ReviewTask.objects.waiting().filter(due_at__lt=now + REVIEW_AHEAD).count()


def sessions_near(now: datetime) -> QuerySet[Booking]:
    """Booked live sessions that begin within a day. One query."""
    near = Booking.objects.live().filter(slot__starts_at__range=(now, now + SESSION_NEAR))
    return near.select_related("slot__practical", "slot__host", "submission__learner").order_by("slot__starts_at")


def graders() -> QuerySet[User]:
    """Active people who grade."""
    groups = Group.objects.filter(name__in=[GRADER, REVIEW_LEAD])
    return User.objects.filter(is_active=True, groups__in=groups).distinct()
