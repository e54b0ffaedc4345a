"""Open Badges 2.0: each document at its own id, for anyone, and the pictures that name it."""

import json
import uuid
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from badges import baking, hosted
from badges.models import Credential, Edition
from badges.rules.hosted import assertion_of, edition_facts, is_hosted, our_host
from badges.views.answers import conditional, inert, public, public_json
from courses.lib.limits import caller, seconds_to_wait
from courses.lib.policy import open_to_all
from courses.lib.refusals import Refusal

JSON_LD = "application/ld+json"
CALLS_PER_MINUTE = 120
NOT_HOSTED = Refusal(
    "not-hosted",
    gettext_noop("This award is not kept as Open Badges 2.0. Its page and its forms of Open Badges 3.0 stand as ever."),
)


@open_to_all
@require_safe
@conditional
def issuer(request: HttpRequest) -> HttpResponse:
    """The Issuer."""
    return public_json(hosted.issuer(our_host()), JSON_LD)


@open_to_all
@require_safe
@conditional
def badge_class(request: HttpRequest, slug: str, version: int) -> HttpResponse:
    """The BadgeClass, in the words of that version."""
    edition = get_object_or_404(Edition.objects.defer("image", "drawing"), achievement__slug=slug, version=version)
    return public_json(hosted.badge_class(our_host(), edition_facts(edition, slug)), JSON_LD)


@open_to_all
@require_safe
@conditional
def badge_image(request: HttpRequest, slug: str, version: int) -> HttpResponse:
    """The picture of that version, with no award inside."""
    edition = get_object_or_404(Edition.objects.only("image"), achievement__slug=slug, version=version)
    return public(bytes(edition.image), "image/png")


@open_to_all
@require_safe
@conditional
def assertion(request: HttpRequest, credential_id: uuid.UUID) -> HttpResponse:
    """The Assertion; 404 with the reason where there is none, 410 once revoked. No cache keeps it, so that this shows."""
    row = _award(credential_id, "edition__image", "edition__drawing")
    if not is_hosted(row):
        return HttpResponse(json.dumps(NOT_HOSTED.as_json()), content_type="application/json", status=404)
    response = public_json(assertion_of(row), JSON_LD)
    response["Cache-Control"] = "no-cache"
    if row.state == Credential.State.REVOKED:
        response.status_code = 410
    return response


@open_to_all
@require_safe
@conditional
def picture(request: HttpRequest, credential_id: uuid.UUID) -> HttpResponse:
    """The PNG of the version it was given in, with the address of the assertion inside. Baked on request, so it has a limit."""
    if wait := seconds_to_wait("ob2-picture", caller(request), allowed=CALLS_PER_MINUTE, per_seconds=60):
        return HttpResponse(status=429, headers={"Retry-After": str(wait)})
    row = _hosted(credential_id, "edition__drawing")
    url = hosted.assertion_url(our_host(), str(row.pk))
    return public(
        baking.bake(bytes(_edition(row).image), url, keyword=baking.OLD_KEYWORD), "image/png", name=_name(row, "png")
    )


@open_to_all
@require_safe
@conditional
def drawing(request: HttpRequest, credential_id: uuid.UUID) -> HttpResponse:
    """The same as SVG, under the same limit."""
    if wait := seconds_to_wait("ob2-picture", caller(request), allowed=CALLS_PER_MINUTE, per_seconds=60):
        return HttpResponse(status=429, headers={"Retry-After": str(wait)})
    row = _hosted(credential_id, "edition__image")
    url = hosted.assertion_url(our_host(), str(row.pk))
    return inert(public(baking.bake_older_svg(_edition(row).drawing, url), "image/svg+xml", name=_name(row, "svg")))


def _hosted(credential_id: uuid.UUID, *heavy: str) -> Credential:
    row = _award(credential_id, *heavy)
    if not is_hosted(row):
        raise Http404
    return row


def _award(credential_id: uuid.UUID, *heavy: str) -> Credential:
    """The award with its edition and recipient. One query, without what is `heavy` and not needed."""
    rows: QuerySet[Any] = Credential.objects.select_related("edition", "recipient", "achievement")
    rows = rows.defer("png", "svg", "jwt", "jwt_rs256", "document", "achievement__image", *heavy)
    row: Credential = get_object_or_404(rows, pk=credential_id)
    return row


def _edition(row: Credential) -> Edition:
    assert row.edition is not None
    return row.edition


def _name(row: Credential, form: str) -> str:
    return f"badge-{str(row.pk)[:8]}-ob2.{form}"
