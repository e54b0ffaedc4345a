"""What the calendar brings: whose standing changes by itself, and who is reminded of what."""

from datetime import date, datetime, timedelta
from itertools import chain

from django.contrib.auth.models import Group
from django.db.models import Count, DateField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet

from accreditation.models import IN_FORCE, Accreditation, Enrolment, Program, StandingState, User
from accreditation.models.ladders import RENEWAL_DAYS
from accreditation.roles import GRADER, REVIEW_LEAD
from accreditation.rules.ladders import CATCH_UP, Ladders, days_in_reach, ladders, rung_of
from assessments.models import Booking, ReviewTask

FADING_DAYS = RENEWAL_DAYS
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


def enrolments_due(today: date) -> list[tuple[Enrolment, int]]:
    """Open enrolments of people who aren't accredited yet that stand on a rung of the ladder, and the rung. Two queries."""
    chosen = ladders()
    held = Accreditation.objects.filter(learner=OuterRef("learner"), program=OuterRef("program"), state__in=IN_FORCE)
    days = days_in_reach(chain.from_iterable(chosen.due.values()), today)
    rows = Enrolment.objects.open().filter(due_on__in=days, learner__is_active=True).exclude(Exists(held))
    found = ((row, _due_rung(row, chosen, today)) for row in rows.select_related("program"))
    return [(row, rung) for row, rung in found if rung is not None]


def _due_rung(row: Enrolment, chosen: Ladders, today: date) -> int | None:
    if row.due_on is None:
        return None
    known_for = max(0, (today - row.enrolled_at.date()).days)
    return rung_of(left=(row.due_on - today).days, rungs=chosen.due_of(row.program_id), known_for=known_for)


def accreditations_fading(today: date) -> list[tuple[Accreditation, int]]:
    """Accreditations in force whose renewal opened, or that stand on a rung within it, and the rung. Two queries."""
    chosen = ladders()
    rows = Accreditation.objects.filter(state__in=IN_FORCE, learner__is_active=True).annotate(fades_on=FADES_ON)
    soon = Q(valid_until__in=days_in_reach(chain.from_iterable(chosen.renewal.values()), today), fades_on__lte=today)
    opened = Q(fades_on__in=days_in_reach([0], today))
    rows = rows.filter(soon | opened).select_related("program", "version", "learner__manager")
    found = ((row, _renewal_rung(row, chosen, today)) for row in rows)
    return [(row, rung) for row, rung in found if rung is not None]


def _renewal_rung(row: Accreditation, chosen: Ladders, today: date) -> int | None:
    """The opening of the renewal is a rung too; those before it count for nothing."""
    if row.valid_until is None:
        return None
    window = row.version.renewal_window_days
    rungs = {window, *(one for one in chosen.renewal_of(row.program_id) if one < window)}
    return rung_of(left=(row.valid_until - today).days, rungs=rungs, known_for=CATCH_UP)


def accreditations_lapsed(today: date) -> list[tuple[Accreditation, int]]:
    """Accreditations that ran out in the last days, told as of the first day without them."""
    ended = [today - timedelta(days=late) for late in range(1, CATCH_UP + 2)]
    rows = Accreditation.objects.filter(state=StandingState.LAPSED, valid_until__in=ended, learner__is_active=True)
    return [(row, -1) for row in rows.select_related("program", "version", "learner__manager")]


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
