"""Where a remark was written: an address of this portal, and what is there for this person. Source: rules.md 13.60."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.db.models import QuerySet
from django.urls import Resolver404, ResolverMatch, resolve

from accreditation.models import Program, User
from assessments.models import Attempt, Exam, Practical, Submission
from badges.models import Achievement
from courses.models import Asset, Course, LearningPath, Lesson
from courses.rules.feedback import About

NOTHING = About()
LONGEST = 300


def _lessons(person: User, slug: str, lesson_slug: str) -> QuerySet[Lesson]:
    return Lesson.objects.filter(course__in=Course.objects.visible_to(person), course__slug=slug, slug=lesson_slug)


KINDS: dict[str, Callable[..., QuerySet[Any]]] = {
    "program": lambda person, slug: Program.objects.visible_to(person).filter(slug=slug),
    "courses:path": lambda person, slug: LearningPath.objects.visible_to(person).filter(slug=slug),
    "courses:course": lambda person, slug: Course.objects.visible_to(person).filter(slug=slug),
    "courses:lesson": lambda person, slug, lesson_slug: _lessons(person, slug, lesson_slug),
    "courses:asset": lambda person, slug: Asset.objects.visible_to(person).filter(slug=slug),
    "assessments:exam": lambda person, slug: Exam.objects.visible_to(person).filter(slug=slug),
    "assessments:practical": lambda person, slug: Practical.objects.visible_to(person).filter(slug=slug),
    "assessments:submission": lambda person, submission_id: (
        Submission.objects.visible_to(person).filter(pk=submission_id).select_related("practical")
    ),
    "assessments:attempt-result": lambda person, attempt_id: (
        Attempt.objects.visible_to(person).filter(pk=attempt_id).select_related("exam")
    ),
    "badges:achievement": lambda person, slug: Achievement.objects.filter(slug=slug),
}
"""What may be there, by the name of its route: the rows that this person may see."""


def about(path: str, person: User) -> About:
    """The facts of an address, as the portal knows them; of what a person may not see, nothing. One query at most.

    Only a path of this portal is kept, without its query; another's row leaves neither its title nor its address.
    """
    found = urlsplit(path).path if path.startswith("/") and not path.startswith("//") else ""
    match = _match(found)
    if match is None:
        return NOTHING
    if not match.kwargs:
        return About(page=found, kind=match.view_name[:40])
    rows = KINDS.get(match.view_name)
    row = rows(person, **match.kwargs).first() if rows else None
    if row is None:
        return NOTHING
    return About(page=found, title=str(_named(row))[:200], kind=match.view_name, id=str(row.pk))


def _named(row: Any) -> Any:
    """A sitting goes by its exam, a try by its practical."""
    if isinstance(row, Attempt):
        return row.exam
    return row.practical if isinstance(row, Submission) else row


def _match(path: str) -> ResolverMatch | None:
    if not path or len(path) > LONGEST or "\x00" in path:
        return None
    try:
        return resolve(path)
    except (Resolver404, ValueError):
        return None
