"""A person's record: everything that they did and earned, newest first. Source: rules.md 13.70.

A record tells what its owner may know: a result that is held isn't computed, and stands here as handed in.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accreditation.models import GivenAttestation, GivenCredit, User
from assessments.models import Attempt, Decision
from assessments.models.attempts import CLOSED
from badges.models import Credential
from courses.models import CourseCompletion

A_PAGE, MOST = 50, 2000
KINDS: dict[str, Any] = {
    "course": gettext_lazy("Courses"),
    "exam": gettext_lazy("Exams"),
    "practical": gettext_lazy("Practicals"),
    "badge": gettext_lazy("Badges and tiers"),
    "said": gettext_lazy("Attested and credited"),
}
"""What a record is filtered by."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the record. `cursor` is where a page that ends here goes on; `good`: True, False, or None for neither."""

    at: datetime
    kind: str
    title: str
    text: str
    link: str
    good: bool | None
    cursor: str


@dataclass(frozen=True, slots=True)
class Record:
    """A page of the record; `older`: the cursor of the next one, empty at the end."""

    entries: Sequence[Entry]
    older: str


@dataclass(frozen=True, slots=True)
class _Source:
    """Rows of one model as lines: by the moment `at`, made by `line` as (title, text, link, good)."""

    kind: str
    at: str
    rows: Callable[[User], QuerySet[Any]]
    line: Callable[[Any], tuple[str, str, str, bool | None]]


def _course(row: CourseCompletion) -> tuple[str, str, str, bool | None]:
    return str(row.course), _("Course completed"), row.course.get_absolute_url(), True


def _exam(row: Attempt) -> tuple[str, str, str, bool | None]:
    link, run = reverse("assessments:attempt-result", args=[row.pk]), row.current_run
    if run is None:
        return str(row.exam), _("Exam handed in; the result is not there yet"), link, None
    return str(row.exam), _("Exam passed") if run.passed else _("Exam not passed"), link, run.passed


def _practical(row: Decision) -> tuple[str, str, str, bool | None]:
    points = {"total": row.total, "maximum": row.maximum}
    words = _("Practical passed, %(total)s of %(maximum)s") if row.passed else _("Not yet, %(total)s of %(maximum)s")
    return str(row.submission.practical), words % points, row.submission.get_absolute_url(), row.passed


def _badge(row: Credential) -> tuple[str, str, str, bool | None]:
    words = _("Badge renewed") if row.predecessor_id else _("Badge issued")
    return str(row.achievement), words, reverse("badges:credential", args=[row.pk]), True


def _revoked(row: Credential) -> tuple[str, str, str, bool | None]:
    return str(row.achievement), _("Badge revoked"), reverse("badges:credential", args=[row.pk]), False


def _attested(row: GivenAttestation) -> tuple[str, str, str, bool | None]:
    words = _("Attested, and taken back since") if row.withdrawn_at else _("Attested by your manager")
    return str(row.attestation), words, "", None if row.withdrawn_at else True


def _credited(row: GivenCredit) -> tuple[str, str, str, bool | None]:
    words = _("Credit from elsewhere, taken back since") if row.withdrawn_at else _("Credit from elsewhere")
    return str(row.credit), words, "", None if row.withdrawn_at else True


SOURCES: Sequence[_Source] = (
    _Source(
        "course",
        "completed_at",
        lambda person: CourseCompletion.objects.filter(learner=person).select_related("course"),
        _course,
    ),
    _Source(
        "exam",
        "closed_at",
        lambda person: Attempt.objects.filter(
            learner=person, scored=True, state__in=CLOSED, closed_at__isnull=False
        ).select_related("exam", "current_run"),
        _exam,
    ),
    _Source(
        "practical",
        "decided_at",
        lambda person: Decision.objects.filter(submission__learner=person).select_related("submission__practical"),
        _practical,
    ),
    _Source(
        "badge",
        "issued_at",
        lambda person: (
            Credential.objects.filter(holder=person)
            .select_related("achievement")
            .only("holder", "predecessor", "issued_at", "achievement")
        ),
        _badge,
    ),
    _Source(
        "badge",
        "revoked_at",
        lambda person: (
            Credential.objects.filter(holder=person, revoked_at__isnull=False)
            .select_related("achievement")
            .only("holder", "predecessor", "revoked_at", "achievement")
        ),
        _revoked,
    ),
    _Source(
        "said",
        "given_at",
        lambda person: GivenAttestation.objects.filter(learner=person).select_related("attestation"),
        _attested,
    ),
    _Source(
        "said",
        "given_at",
        lambda person: GivenCredit.objects.filter(learner=person).select_related("credit"),
        _credited,
    ),
)


def record_of(person: User, *, kind: str = "", before: str = "", most: int = A_PAGE) -> Record:
    """A page of a person's record, after the cursor `before`; an unreadable one is the beginning. At most seven queries."""
    cursor = _read(before)
    found: list[tuple[datetime, int, str, _Source, Any]] = []
    for place, source in enumerate(SOURCES):
        if kind and source.kind != kind:
            continue
        rows = source.rows(person)
        if cursor:
            rows = rows.filter(_after(source, place, cursor))
        rows = rows.order_by(f"-{source.at}", "pk")[: most + 1]
        found += [(getattr(row, source.at), place, str(row.pk), source, row) for row in rows]
    page = _in_order(found)[: most + 1]
    entries = [_entry(*one) for one in page[:most]]
    return Record(entries, entries[-1].cursor if len(page) > most else "")


def _in_order(found: Iterable[Any]) -> list[Any]:
    """Newest first; of one moment, by source, and as the database orders their keys."""
    return sorted(found, key=lambda one: (-one[0].timestamp(), one[1], _ordered(one[2])))


def _ordered(key: str) -> tuple[int, str]:
    return (int(key), "") if key.isdecimal() else (0, key)


def _entry(at: datetime, place: int, key: str, source: _Source, row: Any) -> Entry:
    title, text, link, good = source.line(row)
    return Entry(at, source.kind, title, text, link, good, f"{at.isoformat()}~{place}~{key}")


def _after(source: _Source, place: int, cursor: tuple[datetime, int, str]) -> Q:
    at, last_place, key = cursor
    earlier = Q(**{f"{source.at}__lt": at})
    if place < last_place:
        return earlier
    same = Q(**{source.at: at})
    return earlier | (same & Q(pk__gt=key)) if place == last_place else earlier | same


def _read(cursor: str) -> tuple[datetime, int, str] | None:
    """A cursor as it was given out; None for anything else."""
    parts = cursor.split("~")
    if len(parts) != 3 or not (parts[1].isascii() and parts[1].isdecimal() and len(parts[1]) == 1):
        return None
    place = int(parts[1])
    try:
        at = parse_datetime(parts[0].replace(" ", "+"))
        if at is None or at.tzinfo is None or place >= len(SOURCES):
            return None
        model = SOURCES[place].rows(User(pk=0)).model
        model._meta.pk.get_prep_value(model._meta.pk.to_python(parts[2]))
    except Exception:  # whatever a forged cursor breaks: it is the beginning
        return None
    return (at, place, parts[2]) if len(parts[2]) <= 36 else None
