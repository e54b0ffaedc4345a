"""The read API of Open Badges 3.0, `/ims/ob/v3p0/…`: stored bytes, to whoever shows a token for them."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accreditation.actions.applications import note_reading
from accreditation.models import ApplicationToken
from accreditation.rules.applications import awards_for, live_token, profile_for, site_of
from accreditation.rules.scopes import READ_BADGES, READ_PROFILE
from accreditation.rules.service import MOST_A_PAGE, USUAL_A_PAGE, service_description
from accreditation.views.machines import Unanswered, machine_route, seldom
from badges.models import Credential
from courses.lib.limits import caller
from courses.lib.refusals import Refusal

CALLS_PER_MINUTE = 120
LARGEST_NUMBER = 1_000_000


@machine_route("GET", "HEAD")
def discovery(request: HttpRequest) -> HttpResponse:
    """The service description, for everyone."""
    response = JsonResponse(service_description())
    response["Cache-Control"] = "public, max-age=60"
    return response


@machine_route("GET", "HEAD")
def credentials(request: HttpRequest) -> HttpResponse:
    """The awards that the token reads, page by page: with proofs as they are stored, older ones as their token."""
    now = timezone.now()
    token = _token(request, READ_BADGES, now)
    limit = min(_number(request, "limit", USUAL_A_PAGE, least=1), MOST_A_PAGE)
    offset = _number(request, "offset", 0, least=0)
    rows = _since(request, awards_for(token))
    total = rows.count()
    page = list(rows.only("document", "jwt", "signed_by")[offset : offset + limit])
    note_reading(token=token, count=len(page), now=now)
    response = _private(HttpResponse(_as_stored(page), content_type="application/json"))
    response["X-Total-Count"] = str(total)
    response["Link"] = _links(request, total, limit, offset)
    return response


@machine_route("GET", "HEAD")
def profile(request: HttpRequest) -> HttpResponse:
    """The person behind the token: what they allowed of their name and address."""
    now = timezone.now()
    token = _token(request, READ_PROFILE, now)
    found = profile_for(token)
    if isinstance(found, Refusal):
        raise Unanswered(403, found.sentence)
    note_reading(token=token, count=0, now=now)
    return _private(JsonResponse(found))


@machine_route("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
def nothing_here(request: HttpRequest, rest: str) -> HttpResponse:
    """Any other address below."""
    raise Unanswered(404, "There is nothing at this address. /ims/ob/v3p0/discovery says what there is.")


def _token(request: HttpRequest, scope: str, now: datetime) -> ApplicationToken:
    """The token of the header, if it counts and has the scope. Never one of an address: those stand in logs."""
    if "access_token" in request.GET:
        raise Unanswered(
            400,
            "A token belongs in the Authorization header; this one should be taken back.",
            "invalid_query_parameter",
        )
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not value:
        seldom("badge-api", caller(request), allowed=CALLS_PER_MINUTE, per_seconds=60)
        raise Unanswered(401, "Show a token: Authorization: Bearer …", challenge='Bearer realm="badges"')
    token = live_token(value.strip(), now=now)
    who = f"token {token.consent_id or token.application_id}" if token else caller(request)
    seldom("badge-api", who, allowed=CALLS_PER_MINUTE, per_seconds=60)
    if token is None:
        challenge = 'Bearer realm="badges", error="invalid_token"'
        raise Unanswered(401, "This token doesn't count, or no longer does.", challenge=challenge)
    if scope not in token.scopes:
        challenge = f'Bearer realm="badges", error="insufficient_scope", scope="{scope}"'
        raise Unanswered(403, f"This token was not allowed {scope}.", challenge=challenge)
    return token


def _number(request: HttpRequest, name: str, usual: int, *, least: int) -> int:
    value = request.GET.get(name)
    if value is None:
        return usual
    if not (value.isascii() and value.isdigit() and len(value) < 10 and least <= int(value) <= LARGEST_NUMBER):
        raise Unanswered(400, f"{name} is a whole number from {least} on.", "invalid_query_parameter")
    return int(value)


def _since(request: HttpRequest, rows: QuerySet[Credential]) -> QuerySet[Credential]:
    """Those issued after the moment that was asked for; a moment without a zone is one of UTC."""
    asked = request.GET.get("since")
    if asked is None:
        return rows
    moment = _moment(asked.replace(" ", "+"))  # a plus sign of an address that wasn't written as %2B
    if moment is None:
        raise Unanswered(400, "since is a moment such as 2026-11-22T08:00:00Z.", "invalid_query_parameter")
    return rows.filter(issued_at__gt=moment)


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
        if moment is not None and timezone.is_naive(moment):
            moment = timezone.make_aware(moment, timezone.get_default_timezone())
        return moment.astimezone(timezone.get_default_timezone()) if moment else None
    except (ValueError, OverflowError):
        return None


def _as_stored(page: list[Credential]) -> str:
    """`GetOpenBadgeCredentialsResponse`, into which stored documents go letter by letter.

    Awards from before the proofs inside name no keys; what vouches for them is their token. Source: rules.md 8.24.
    """
    documents = ",".join(row.document for row in page if row.signed_by)
    tokens = json.dumps([row.jwt for row in page if not row.signed_by])
    return f'{{"credential":[{documents}],"compactJwsString":{tokens}}}'


def _links(request: HttpRequest, total: int, limit: int, offset: int) -> str:
    """Where the pages around this one are, as RFC 8288 writes it."""
    last = max(0, (total - 1) // limit * limit)
    pages = {"first": 0, "last": last}
    if offset + limit < total:
        pages["next"] = offset + limit
    if offset > 0:
        pages["prev"] = max(0, offset - limit)
    kept: dict[str, Any] = {"since": request.GET["since"]} if "since" in request.GET else {}
    address = site_of(request.path)
    return ", ".join(
        f'<{address}?{urlencode({"limit": limit, "offset": start} | kept)}>; rel="{name}"'
        for name, start in pages.items()
    )


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    response["Vary"] = "Authorization"
    return response
