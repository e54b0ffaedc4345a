"""What every request passes: an id, its policy, its time zone, and the one place where a refusal becomes an answer."""

import secrets
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_noop

from accreditation.rules.places import only_grades
from accreditation.views import errors
from courses.lib.clock import zone_of
from courses.lib.content_host import label_asked
from courses.lib.policy import Policy
from courses.lib.refusals import Refusal, Refused
from courses.views.content_host import content_page

Handler = Callable[[HttpRequest], HttpResponseBase]
SIGN_IN = Refusal("sign-in", gettext_noop("Sign in to go on. What you typed is kept."))
NOT_YOURS = Refusal("denied", gettext_noop("Your role doesn't open this. If you need it, ask Field Enablement."))
SECOND_FACTOR = Refusal("second-factor", gettext_noop("Set up your second factor first. What you typed is kept."))
ADMIN = "admin"
OPEN_MODULES = ("allauth.account.", "django.contrib.staticfiles.", "django.views.static")
OPEN_VIEWS = ("allauth.mfa.base.views.AuthenticateView",)
"""The second step of a sign-in; the library asks for the first one itself."""


def content_host(get_response: Handler) -> Handler:
    """The host of packages answers packages alone; before anything that knows people, cookies or pages of the portal."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        label = label_asked(request)
        return get_response(request) if label is None else content_page(request, label)

    return handle


def request_id(get_response: Handler) -> Handler:
    """Give each request a short id that the error page and the log share."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        request.id = f"{secrets.token_hex(2)}-{secrets.token_hex(2)}"  # type: ignore[attr-defined]
        return get_response(request)

    return handle


def no_null_characters(get_response: Handler) -> Handler:
    """Refuse a query with a NUL, which PostgreSQL can't look for; forms refuse it by themselves."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        return errors.bad_request(request) if "%00" in request.META.get("QUERY_STRING", "") else get_response(request)

    return handle


def own_not_found(get_response: Handler) -> Handler:
    """While DEBUG is on, Django answers a missing page with its list of routes; people see the product's page instead."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        is_page = response.status_code == 404 and response.headers.get("Content-Type", "").startswith("text/html")
        return errors.not_found(request) if settings.DEBUG and is_page else response

    return handle


def private_pages(get_response: Handler) -> Handler:
    """Pages of a signed-in person are never kept by a browser or a proxy, unless the view said otherwise."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response

    return handle


def time_zone(get_response: Handler) -> Handler:
    """Show times in the person's own zone."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        zone = zone_of(request.user.time_zone) if request.user.is_authenticated else None
        with timezone.override(zone) if zone else nullcontext():
            return get_response(request)

    return handle


def language(get_response: Handler) -> Handler:
    """Speak the person's own language; a visitor's by their choice on this device, or by what the browser asks for.

    The administration speaks English, whose words its lists, deeds and journals are kept in. Source: rules.md 1.40.
    """

    def handle(request: HttpRequest) -> HttpResponseBase:
        chosen = language_of(request)
        with translation.override(chosen):
            request.LANGUAGE_CODE = chosen
            response = get_response(request)
        response.headers.setdefault("Content-Language", chosen)
        if not request.user.is_authenticated and len(settings.LANGUAGES) > 1:
            patch_vary_headers(response, ("Accept-Language",))
        return response

    return handle


def language_of(request: HttpRequest) -> str:
    """Which of the portal's languages this request is answered in."""
    if request.path.startswith(f"/{ADMIN}/"):
        return settings.LANGUAGE_CODE
    own = getattr(request.user, "language", "")
    return own if own in dict(settings.LANGUAGES) else translation.get_language_from_request(request)


def policy_of(view: Any, app_name: str = "") -> Policy | None:
    """The policy of a view: its own mark, open for sign-in pages, signed in for the admin, None where forgotten."""
    marked = getattr(view, "policy", None)
    if marked is not None:
        return marked
    module = getattr(view, "__module__", "")
    named = getattr(getattr(view, "view_class", None), "__name__", "")
    if module.startswith(OPEN_MODULES) or f"{module}.{named}" in OPEN_VIEWS:
        return Policy(open=True)
    return Policy() if app_name == ADMIN or module.startswith("allauth.") else None


def sign_in_first(request: HttpRequest, policy: Policy) -> HttpResponseBase:
    """401 for scripts; a browser is led to sign-in, and back to the page on which a form was sent."""
    if policy.json and not request.headers.get("Accept", "").startswith("text/html"):
        return in_json(SIGN_IN, status=401)
    return redirect_to_login(request.get_full_path() if request.method == "GET" else page_before(request))


def page_before(request: HttpRequest) -> str:
    """The page of this site on which a form was sent; the first page where the browser doesn't say it."""
    referer = request.headers.get("Referer", "")
    path = urlsplit(referer).path if url_has_allowed_host_and_scheme(referer, request.get_host()) else ""
    return path if url_has_allowed_host_and_scheme(path, None) else "/"


class PolicyMiddleware:
    """Deny by default: a view without a policy is closed to everyone; the others ask what their policy says."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        """None lets the view run; otherwise the answer that stands in its way."""
        policy = policy_of(view, request.resolver_match.app_name if request.resolver_match else "")
        if policy is None:
            raise PermissionDenied("This route has no policy.")
        if self._needs_second_factor(request, policy):
            return in_json(SECOND_FACTOR, status=403) if policy.json else redirect("mfa_activate_totp")
        if policy.open:
            return None
        if not request.user.is_authenticated:
            return sign_in_first(request, policy)
        if self._is_closed_admin(request):
            raise Http404
        if request.resolver_match and request.resolver_match.view_name == "admin:index" and only_grades(request.user):
            return redirect("assessments:grading")
        if policy.permission and not request.user.has_perm(policy.permission):
            return in_json(NOT_YOURS, status=403) if policy.json else errors.denied(request)
        return None

    def _is_closed_admin(self, request: HttpRequest) -> bool:
        """Whether this is the administration and not for this person, or its own sign-in, which knows no second factor."""
        match = request.resolver_match
        if match is None or match.app_name != ADMIN:
            return False
        return not request.user.is_staff or match.url_name == "login"

    def _needs_second_factor(self, request: HttpRequest, policy: Policy) -> bool:
        """Before anything else: only what sets the factor up, and what machines ask without a session, stays open."""
        from allauth.mfa.utils import is_mfa_enabled

        if not settings.REQUIRE_MFA or request.path.startswith("/accounts/") or (policy.open and policy.json):
            return False
        user: Any = request.user
        return user.is_authenticated and user.has_elevated_rights() and not is_mfa_enabled(user)


def in_json(refusal: Refusal, *, status: int) -> JsonResponse:
    """A refusal as scripts read it: `{"code", "sentence"}`."""
    return JsonResponse(refusal.as_json(), status=status)


def refusals(get_response: Handler) -> Handler:
    """Turn `Refused` into its page, or into `{"code", "sentence"}` on JSON routes; status 409 either way."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        return get_response(request)

    def process_exception(request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        if not isinstance(error, Refused):
            return None
        policy = getattr(getattr(request.resolver_match, "func", None), "policy", Policy())
        if policy.json or request.headers.get("Accept", "").startswith("application/json"):
            return in_json(error.refusal, status=409)
        return render(request, "refused.html", {"refusal": error.refusal}, status=409)

    handle.process_exception = process_exception  # type: ignore[attr-defined]
    return handle
