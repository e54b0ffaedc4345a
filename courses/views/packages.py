"""Interactive packages on the page of a lesson, and what they tell."""

import json
import uuid
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from courses.actions.packages import keep_values, states_of
from courses.lib.content_host import Visit, link_to, origin_of
from courses.lib.limits import caller, seconds_to_wait
from courses.lib.people import person_of
from courses.lib.policy import signed_in_json
from courses.lib.refusals import Refusal
from courses.models import Course, Lesson, LessonDone
from courses.views.content_host import portal_origin

UNREADABLE = "unreadable"


def package_on(request: HttpRequest, lesson: Lesson) -> dict[str, Any]:
    """What the page of a lesson with a package needs; empty where it has none. Three queries."""
    package = lesson.package
    if package is None:
        return {}
    visit = Visit(package.pk, lesson.pk, person_of(request).pk, portal_origin(request))
    origin = origin_of(package.sha256)
    address = link_to(visit, package.sha256) if origin else ""
    return {"package": package, "origin": origin, "address": address, "states": states_of(lesson, person_of(request))}


@signed_in_json
@require_POST
def lesson_package(request: HttpRequest, slug: str, lesson_slug: str) -> JsonResponse:
    """Keep what a package says of this learner: `{"item", "session", "values"}`; answers `{"is_done"}` of the lesson."""
    rows = Lesson.objects.filter(course__in=Course.objects.visible_to(person_of(request)), course__slug=slug)
    lesson = rows.select_related("package").filter(slug=lesson_slug).first()
    if lesson is None or lesson.package is None:
        return JsonResponse(Refusal("not-found", _("There is no such lesson.")).as_json(), status=404)
    if wait := seconds_to_wait("package", caller(request), allowed=120, per_seconds=60):
        told = Refusal("too-often", _("The package sends too often. What it says is kept a little later."))
        return JsonResponse(told.as_json(), status=429, headers={"Retry-After": str(wait)})
    try:
        said = json.loads(request.body)
        item, session, values = str(said["item"]), uuid.UUID(said["session"]), said["values"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return JsonResponse(
            Refusal(UNREADABLE, _("The package sent something that can't be read.")).as_json(), status=400
        )
    keep_values(lesson=lesson, item=item, session=session, values=values, by=person_of(request))
    is_done = LessonDone.objects.filter(learner_id=person_of(request).pk, lesson=lesson).exists()
    return JsonResponse({"is_done": is_done})
