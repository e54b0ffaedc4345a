"""The portal's own framework of competencies for other systems: `/ims/case/v1p0/…`, read by anybody.

Source: 1EdTech CASE Service 1.0, REST/JSON Binding. Frameworks of others are read at their publishers'.
"""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers

from accreditation.views.machines import Unanswered, machine_route, seldom
from courses.lib.limits import caller
from courses.models import Competency
from courses.rules import case
from courses.rules.frameworks import Content, content_of

CALLS_PER_MINUTE = 120
KEPT_SECONDS = 300
UNKNOWN = "unknownobject"


@machine_route("GET", "HEAD")
def documents(request: HttpRequest) -> HttpResponse:
    """Which frameworks there are: the portal's own."""
    content = _content(request)
    response = _kept({"CFDocuments": [case.document(content)]})
    response["X-Total-Count"] = "1"
    return response


@machine_route("GET", "HEAD")
def document(request: HttpRequest, identifier: uuid.UUID) -> HttpResponse:
    """The framework without its statements."""
    return _kept(case.document(_this(request, identifier)))


@machine_route("GET", "HEAD")
def package(request: HttpRequest, identifier: uuid.UUID) -> HttpResponse:
    """The whole framework."""
    return _kept(case.package(_this(request, identifier)))


@machine_route("GET", "HEAD")
def item(request: HttpRequest, identifier: uuid.UUID) -> HttpResponse:
    """One statement; people are led to its page, what another publisher wrote to its address there."""
    content = _content(request)
    found, row = case.item(identifier, content), Competency.objects.filter(identifier=identifier).first()
    wanted = request.get_preferred_type(["application/json", "text/html"])
    if row is not None and (row.uri or wanted == "text/html"):
        response: HttpResponse = redirect(row.uri or reverse("competency", args=[row.slug]))
    elif found is None:
        raise _unknown()
    else:
        response = _kept(found)
    patch_vary_headers(response, ["Accept"])
    return response


@machine_route("GET", "HEAD")
def item_associations(request: HttpRequest, identifier: uuid.UUID) -> HttpResponse:
    """One statement with everything that is said of it and others."""
    content = _content(request)
    found = case.item(identifier, content)
    if found is None:
        raise _unknown()
    ends = ("originNodeURI", "destinationNodeURI")
    rows = [one for one in case.associations(content) if any(one[end]["identifier"] == str(identifier) for end in ends)]
    return _kept({"CFItem": found, "CFAssociations": rows})


@machine_route("GET", "HEAD")
def item_types(request: HttpRequest, identifier: uuid.UUID) -> HttpResponse:
    """One kind of statement."""
    content = _content(request)
    rows = [case.item_type(name, content.changed_at) for name in case.TYPES if case.type_identifier(name) == identifier]
    if not rows:
        raise _unknown()
    return _kept({"CFItemTypes": rows})


@machine_route("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
def nothing_here(request: HttpRequest, rest: str) -> HttpResponse:
    """Any other address below."""
    raise Unanswered(404, "There is nothing at this address. /ims/case/v1p0/CFDocuments says what there is.", UNKNOWN)


def _content(request: HttpRequest) -> Content:
    seldom("framework-api", caller(request), allowed=CALLS_PER_MINUTE, per_seconds=60)
    return content_of(None)


def _this(request: HttpRequest, identifier: uuid.UUID) -> Content:
    content = _content(request)
    if content.source.identifier != identifier:
        raise _unknown()
    return content


def _unknown() -> Unanswered:
    return Unanswered(404, "This portal has nothing with this identifier.", UNKNOWN)


def _kept(found: dict[str, Any]) -> HttpResponse:
    response = JsonResponse(found)
    response["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    return response
