"""What a manager has to do this week: each line names a person and the one next deed. Source: rules.md 13.71.

Standing, dates and proofs, as a manager sees them everywhere; nothing of the work, and nothing of what was not passed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Window
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accreditation.models import (
    IN_FORCE,
    Accreditation,
    Enrolment,
    Evidence,
    GivenAttestation,
    Requirement,
    StandingState,
    User,
)
from accreditation.rules.programs import facts_that_stand
from assessments.models import Booking

HANDFUL = 5
WEEK = timedelta(days=7)
PROVED = ("exam", "practical")
KINDS: dict[str, Any] = {
    "due": gettext_lazy("Due this week, or overdue"),
    "attest": gettext_lazy("Waiting for your attestation"),
    "fading": gettext_lazy("Ends soon"),
    "idle": gettext_lazy("Not begun yet"),
    "booked": gettext_lazy("Sessions this week"),
    "proved": gettext_lazy("Proved this week"),
}
"""The parts of the week, most pressing first."""


@dataclass(frozen=True, slots=True)
class ToDo:
    """One line: about whom, what, and the next deed. `is_late`: its day is over."""

    person: User
    text: str
    link: str
    deed: str
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the week. `total`: how many lines there are beside those shown."""

    kind: str
    title: str
    lines: Sequence[ToDo]
    total: int


def week_of(manager: User, team: QuerySet[User], now: datetime) -> list[Part]:
    """The parts that have anything, with a handful of lines each. One query a part, whatever the number of people."""
    parts = [_part(kind, manager, team, now, most=HANDFUL) for kind in KINDS]
    return [one for one in parts if one.total]


def part_of_week(kind: str, manager: User, team: QuerySet[User], now: datetime, *, start: int, most: int) -> Part:
    """One part from a line on. One query."""
    return _part(kind, manager, team, now, start=start, most=most)


def _part(kind: str, manager: User, team: QuerySet[User], now: datetime, *, most: int, start: int = 0) -> Part:
    rows, line = ROWS[kind]
    found = list(rows(manager, team, now).annotate(n=Window(Count("pk")))[start : start + most])
    return Part(kind, str(KINDS[kind]), [line(row, now) for row in found], found[0].n if found else 0)


def _in_force() -> Exists:
    held = Accreditation.objects.filter(learner=OuterRef("learner"), program=OuterRef("program"), state__in=IN_FORCE)
    return Exists(held)


def _due(manager: User, team: QuerySet[User], now: datetime) -> QuerySet[Any]:
    rows = Enrolment.objects.open().filter(learner__in=team, due_on__lte=(now + WEEK).date()).exclude(_in_force())
    return rows.select_related("learner", "program").order_by("due_on", "pk")


def _due_line(row: Enrolment, now: datetime) -> ToDo:
    assert row.due_on is not None  # those without a day aren't asked for
    facts = {"program": row.program.title, "day": date_format(row.due_on)}
    late = row.due_on < now.date()
    words = _("%(program)s was due on %(day)s") if late else _("%(program)s is due on %(day)s")
    return ToDo(row.learner, words % facts, _sheet(row.learner_id), _("See what is missing"), late)


def _attest(manager: User, team: QuerySet[User], now: datetime) -> QuerySet[Any]:
    """Enrolments whose program asks for a statement that nobody attested of the learner."""
    said = GivenAttestation.objects.filter(
        learner=OuterRef(OuterRef("learner")), attestation=OuterRef("attestation"), withdrawn_at=None
    )
    asked = Requirement.objects.filter(
        attestation__isnull=False, group__version=OuterRef("program__current_version")
    ).exclude(Exists(said))
    rows = Enrolment.objects.open().filter(Exists(asked), learner__in=team).exclude(_in_force())
    return rows.select_related("learner", "program").order_by(F("due_on").asc(nulls_last=True), "pk")


def _attest_line(row: Enrolment, now: datetime) -> ToDo:
    words = _("%(program)s asks for your attestation") % {"program": row.program.title}
    return ToDo(row.learner, words, reverse("attestations"), _("Attest it"))


def _fading(manager: User, team: QuerySet[User], now: datetime) -> QuerySet[Any]:
    rows = Accreditation.objects.filter(learner__in=team, state=StandingState.FADING, valid_until__gte=now.date())
    return rows.select_related("learner", "program").order_by("valid_until", "pk")


def _fading_line(row: Accreditation, now: datetime) -> ToDo:
    assert row.valid_until is not None  # those without an end aren't asked for
    facts = {"program": row.program.title, "day": date_format(row.valid_until)}
    return ToDo(row.learner, _("%(program)s ends on %(day)s") % facts, _sheet(row.learner_id), _("See what renews it"))


def _idle(manager: User, team: QuerySet[User], now: datetime) -> QuerySet[Any]:
    """Enrolled for a week, and without a proof of anything that the program asks for."""
    begun = Accreditation.objects.filter(learner=OuterRef("learner"), program=OuterRef("program")).exclude(
        state=StandingState.NOT_STARTED
    )
    rows = Enrolment.objects.open().filter(learner__in=team, enrolled_at__lt=now - WEEK).exclude(Exists(begun))
    return rows.select_related("learner", "program").order_by(F("due_on").asc(nulls_last=True), "enrolled_at", "pk")


def _idle_line(row: Enrolment, now: datetime) -> ToDo:
    facts = {"program": row.program.title, "day": date_format(row.enrolled_at)}
    words = _("%(program)s not begun, enrolled on %(day)s") % facts
    return ToDo(row.learner, words, row.program.get_absolute_url(), _("See where it begins"))


def _booked(manager: User, team: QuerySet[User], now: datetime) -> QuerySet[Any]:
    rows = Booking.objects.live().filter(submission__learner__in=team, slot__starts_at__range=(now, now + WEEK))
    return rows.select_related("submission__learner", "slot__practical").order_by("slot__starts_at", "pk")


def _booked_line(row: Booking, now: datetime) -> ToDo:
    facts = {"practical": row.slot.practical.title, "day": date_format(row.slot.starts_at)}
    person: Any = row.submission.learner
    words = _("%(practical)s with a host on %(day)s") % facts
    return ToDo(person, words, _sheet(person.pk), _("See their standing"))


def _proved(manager: User, team: QuerySet[User], now: datetime) -> QuerySet[Any]:
    rows = facts_that_stand(Evidence.objects.filter(learner__in=team, kind__in=PROVED, recorded_at__gt=now - WEEK))
    return rows.select_related("learner", "exam", "practical").order_by("-recorded_at", "-pk")


def _proved_line(row: Evidence, now: datetime) -> ToDo:
    words = _("%(what)s passed") % {"what": row.exam or row.practical}
    return ToDo(row.learner, words, _sheet(row.learner_id), _("See their standing"))


def _sheet(person_id: int) -> str:
    return reverse("sheet", args=[person_id])


ROWS: dict[str, tuple[Callable[..., QuerySet[Any]], Callable[..., ToDo]]] = {
    "due": (_due, _due_line),
    "attest": (_attest, _attest_line),
    "fading": (_fading, _fading_line),
    "idle": (_idle, _idle_line),
    "booked": (_booked, _booked_line),
    "proved": (_proved, _proved_line),
}
"""How the rows of each part are found, and said."""
