"""Content is written as code or in the admin; here is what both do."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from django.db import models, transaction

from courses.lib.people import Person
from courses.lib.refusals import refuse_if
from courses.lib.states import why_not_move
from courses.models import ContentState, Course, LearningPath, Lesson, Objective, PathCourse
from courses.models.content import TRANSITIONS, Content
from courses.rules.content import why_not_publish


def put(model: type[models.Model], key: Mapping[str, Any], values: Mapping[str, Any]) -> tuple[Any, bool]:
    """Insert a row, or save it where a value differs. Returns the row and whether anything was written."""
    row = model._default_manager.filter(**key).first()
    if row is None:
        return model._default_manager.create(**key, **values), True
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save()
    return row, bool(changed)


@transaction.atomic
def author_course(
    *,
    slug: str,
    values: Mapping[str, Any],
    objectives: Sequence[Mapping[str, Any]],
    lessons: Sequence[Mapping[str, Any]],
) -> tuple[Course, bool]:
    """Write a course as it was authored. Each objective and lesson carries its `slug`; a lesson names its objective by slug.

    Lessons that are no longer named are removed only while nobody has done them or said something of them. Returns the
    course and whether anything changed.
    """
    course, changed = put(Course, {"slug": slug}, values)
    known: dict[str, Objective] = {}
    for position, row in zip(_places(course.objectives, objectives), objectives, strict=True):
        rest = {name: value for name, value in row.items() if name != "slug"}
        known[row["slug"]], wrote = put(
            Objective, {"course": course, "slug": row["slug"]}, rest | {"position": position}
        )
        changed |= wrote
    for position, row in zip(_places(course.lessons, lessons), lessons, strict=True):
        rest = {name: value for name, value in row.items() if name not in ("slug", "objective")}
        rest |= {"position": position, "objective": known.get(row.get("objective", ""))}
        changed |= put(Lesson, {"course": course, "slug": row["slug"]}, rest)[1]
    unused = course.lessons.filter(done_by__isnull=True, reread_by__isnull=True, feedback__isnull=True)
    gone = unused.exclude(slug__in=[row["slug"] for row in lessons])
    return course, bool(gone.delete()[0]) or changed


def _places(stored: Any, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """The position of each row: the one that it has where they stand in this order already, from 0 on otherwise."""
    known = dict(stored.values_list("slug", "position"))
    places = [known.get(row["slug"], -1) for row in rows]
    stand = all(before < after for before, after in pairwise([-1, *places]))
    return places if stand else list(range(len(rows)))


@transaction.atomic
def author_path(*, slug: str, values: Mapping[str, Any], courses: Sequence[Course]) -> tuple[LearningPath, bool]:
    """Write a learning path with its courses in order. Returns the path and whether anything changed."""
    path, changed = put(LearningPath, {"slug": slug}, values)
    if list(path.steps.order_by("position").values_list("course_id", flat=True)) != [course.pk for course in courses]:
        path.steps.all().delete()
        PathCourse.objects.bulk_create(PathCourse(path=path, course=one, position=n) for n, one in enumerate(courses))
        changed = True
    return path, changed


@transaction.atomic
def publish_content(*, content: Content, by: Person | None) -> Content:
    """Let every signed-in person see a course or path. Refused while a course has no lesson."""
    content = _locked(content)
    refuse_if(why_not_publish(content))
    content.state = ContentState.PUBLISHED
    content.save(update_fields=["state"])
    return content


@transaction.atomic
def withdraw_content(*, content: Content, by: Person | None) -> Content:
    """Hide a course or path from learners; what they have done stays."""
    content = _locked(content)
    refuse_if(why_not_move(TRANSITIONS, old=content.state, new=ContentState.WITHDRAWN))
    content.state = ContentState.WITHDRAWN
    content.save(update_fields=["state"])
    return content


def _locked(content: Content) -> Content:
    return type(content).objects.select_for_update().get(pk=content.pk)
