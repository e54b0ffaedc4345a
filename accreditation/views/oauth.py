"""The doors of OAuth 2: a person says yes or no, an application registers, takes its tokens and hands them back."""

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.oauth2.rfc6749 import OAuth2Error
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from accreditation.actions.applications import give_consent, register_application
from accreditation.models import Application
from accreditation.rules.registrations import read_registration
from accreditation.rules.scopes import STAY, in_words
from accreditation.rules.service import server_metadata
from accreditation.views.machines import Unanswered, machine_route, seldom
from accreditation.views.oauth_server import asked_of, scopes_of, server
from accreditation.views.who import user_of
from badges.models import Credential
from courses.lib.limits import caller
from courses.lib.policy import signed_in
from courses.lib.refusals import Refusal

LARGEST_REGISTRATION = 20_000


@signed_in
@require_http_methods(["GET", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    """Ask the person, or do what they said. What is wrong with a request is said here; nobody is sent on without a click.

    A registered address may belong to anyone, so that an automatic redirect would lend them our name. Source: RFC 9700, 4.11.2.
    """
    try:
        seldom("authorize", caller(request), allowed=60, per_seconds=60)
        grant = asked_of(request)
    except (OAuth2Error, Unanswered) as problem:
        return _problem(request, problem)
    if request.method == "GET" or request.POST.get("decision") not in ("allow", "deny"):
        return _question(request, grant)
    return _sent_back(grant, _decided(request, grant))


def _question(request: HttpRequest, grant: Any) -> HttpResponse:
    scopes = scopes_of(grant)
    badges = Credential.objects.live().filter(holder_id=request.user.pk).count()
    facts = {"application": grant.request.client, "reads": in_words(scopes), "stays": STAY in scopes, "badges": badges}
    host = urlsplit(grant.redirect_uri)
    facts |= {"host": host.netloc, "is_local": host.scheme == "http", "pages": _pages_of(grant)}
    response = render(request, "accreditation/authorize.html", facts)
    # Browsers hold a form to its policy through the redirect that answers it.
    response._csp_update = {"form-action": [f"{host.scheme}://{host.netloc}"]}  # type: ignore[attr-defined]
    return response


def _pages_of(grant: Any) -> list[tuple[str, str]]:
    """The application's own words on privacy and terms, where they stand on the site that it returns to."""
    about, host = grant.request.client.about, urlsplit(grant.redirect_uri).hostname
    named = (
        (gettext("Its privacy policy"), about.get("policy_uri", "")),
        (gettext("Its terms"), about.get("tos_uri", "")),
    )
    return [(words, link) for words, link in named if link and urlsplit(link).hostname == host]


def _decided(request: HttpRequest, grant: Any) -> dict[str, str]:
    if request.POST["decision"] == "deny":
        return {"error": "access_denied"}
    consent, code = give_consent(
        application=grant.request.client,
        scopes=scopes_of(grant),
        redirect_uri=grant.redirect_uri,
        challenge=request.GET["code_challenge"],
        by=user_of(request),
    )
    return {"code": code, "scope": consent.get_scope()}


def _sent_back(grant: Any, answer: dict[str, str]) -> HttpResponse:
    """To the application's address, with who answers (RFC 9207) and what it gave along."""
    state = {"state": grant.request.payload.state} if grant.request.payload.state else {}
    query = urlencode(answer | state | {"iss": settings.SITE_URL})
    joint = "&" if urlsplit(grant.redirect_uri).query else "?"
    response = HttpResponseRedirect(f"{grant.redirect_uri}{joint}{query}")
    response["Cache-Control"] = "no-store"
    return response


def _problem(request: HttpRequest, problem: OAuth2Error | Unanswered) -> HttpResponse:
    """What is wrong with the request, for people; where the application is known, the way back that tells it too."""
    if isinstance(problem, Unanswered):
        facts, status = {"sentence": problem.sentence}, problem.status
    else:
        sentence = problem.get_error_description() or gettext(
            "The application asked in a way that we don't understand."
        )
        facts, status = {"sentence": sentence, "code": problem.error, "back": _way_back(request, problem)}, 400
    return render(request, "accreditation/authorize_problem.html", facts, status=status)


def _way_back(request: HttpRequest, problem: OAuth2Error) -> str:
    if not problem.redirect_uri:
        return ""
    state = {"state": request.GET["state"]} if request.GET.get("state") else {}
    joint = "&" if urlsplit(problem.redirect_uri).query else "?"
    return f"{problem.redirect_uri}{joint}{urlencode({'error': problem.error} | state | {'iss': settings.SITE_URL})}"


@machine_route("POST")
def token(request: HttpRequest) -> HttpResponse:
    """Tokens for a code, a refresh token or a system's secret. Errors as RFC 6749, 5.2 writes them."""
    return _protocol(request, "token", lambda: server.create_token_response(request))


@machine_route("POST")
def revoke(request: HttpRequest) -> HttpResponse:
    """Take a token back from the application that holds it (RFC 7009)."""
    return _protocol(request, "revoke", lambda: server.create_endpoint_response("revocation", request))


def _protocol(request: HttpRequest, name: str, answer: Any) -> HttpResponse:
    """The library's answer, written whole or not at all; secrets in an address and things said twice are refused first."""
    seldom(f"oauth-{name}", caller(request), allowed=120, per_seconds=60)
    if request.GET or any(len(values) > 1 for _, values in request.POST.lists()):
        return _uncached(JsonResponse({"error": "invalid_request"}, status=400))
    with transaction.atomic():
        return _uncached(answer())


@machine_route("POST")
def register(request: HttpRequest) -> HttpResponse:
    """An application registers itself (RFC 7591). It can read nothing by that: a person has to allow it."""
    seldom("register", caller(request), allowed=10, per_seconds=3600)
    seldom("register-all", "everyone", allowed=200, per_seconds=3600)
    metadata = _metadata(request)
    found = (
        read_registration(metadata) if metadata else Refusal("invalid_client_metadata", gettext("Send a JSON object."))
    )
    if isinstance(found, Refusal):
        return _uncached(JsonResponse({"error": found.code, "error_description": found.sentence}, status=400))
    application, secret = register_application(registration=found)
    return _uncached(JsonResponse(_registered(application, secret), status=201))


def _metadata(request: HttpRequest) -> dict[str, Any]:
    """The members of the JSON object that was sent; none where it is none."""
    if (
        request.content_type != "application/json"
        or int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_REGISTRATION
    ):
        return {}
    try:
        content = json.loads(request.body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _registered(application: Application, secret: str) -> dict[str, Any]:
    grants = ["authorization_code", *(["refresh_token"] if application.may_refresh else [])]
    answer = {
        "client_id": application.client_id,
        "client_id_issued_at": int(application.registered_at.timestamp()),
        "client_name": application.name,
        "redirect_uris": application.redirect_uris,
        "token_endpoint_auth_method": application.auth_method,
        "grant_types": grants,
        "response_types": ["code"],
        "scope": " ".join(application.scopes),
    }
    return answer | application.about | ({"client_secret": secret, "client_secret_expires_at": 0} if secret else {})


@machine_route("GET", "HEAD")
def metadata(request: HttpRequest) -> HttpResponse:
    """What this server does, as RFC 8414 writes it."""
    response = JsonResponse(server_metadata())
    response["Cache-Control"] = "public, max-age=60"
    return response


def _uncached(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"], response["Pragma"] = "no-store", "no-cache"
    return response
