"""One award: its page for people, and the stored bytes for machines."""

import uuid
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from badges.actions.credentials import choose_shown_name
from badges.models import Credential
from badges.rules.chains import newest_of
from badges.rules.checking import check_record
from badges.views.answers import conditional, inert, public
from badges.views.credential_pages import credential_of_page, page_of
from courses.lib.compiled import Compiled
from courses.lib.policy import open_to_all, signed_in

JSON_TYPES = ("application/vc+ld+json", "application/vc", "application/ld+json", "application/json")
TOKEN_TYPES = ("text/plain", "application/vc+jwt", "application/jwt")


@open_to_all
@require_safe
@conditional
def credential(request: HttpRequest, credential_id: uuid.UUID) -> HttpResponse:
    """The award in the form that the caller accepts: the page, unless a form for machines is preferred."""
    wanted = request.get_preferred_type(["text/html", *JSON_TYPES, *TOKEN_TYPES, "image/png", "image/svg+xml"])
    if wanted in JSON_TYPES:
        response = _document(credential_id, str(wanted))
    elif wanted in TOKEN_TYPES:
        response = _token(credential_id)
    elif wanted == "image/png":
        response = _picture(credential_id)
    elif wanted == "image/svg+xml":
        response = _drawing(credential_id)
    else:
        response = _page(request, credential_id)
    patch_vary_headers(response, ["Accept"])
    return response


@open_to_all
@require_safe
@conditional
def document(request: HttpRequest, credential_id: uuid.UUID) -> HttpResponse:
    """The Open Badges 3.0 credential, byte for byte as it was stored."""
    return _document(credential_id, JSON_TYPES[0])


@open_to_all
@require_safe
@conditional
def token(request: HttpRequest, credential_id: uuid.UUID) -> HttpResponse:
    """The signed token, byte for byte as it was stored."""
    return _token(credential_id)


@open_to_all
@require_safe
@conditional
def token_by_rsa(request: HttpRequest, credential_id: uuid.UUID) -> HttpResponse:
    """The same token signed by RSA, for readers that know no other; awards from before it was kept have none."""
    row = get_object_or_404(Credential.objects.only("jwt_rs256"), ~Q(jwt_rs256=""), pk=credential_id)
    return public(row.jwt_rs256, "text/plain", name=_name(credential_id, "rs256.jwt"))


@open_to_all
@require_safe
@conditional
def picture(request: HttpRequest, credential_id: uuid.UUID) -> HttpResponse:
    """The badge with the award inside, as PNG."""
    return _picture(credential_id)


@open_to_all
@require_safe
@conditional
def drawing(request: HttpRequest, credential_id: uuid.UUID) -> HttpResponse:
    """The badge with the award inside, as SVG."""
    return _drawing(credential_id)


@open_to_all
@require_safe
@conditional
def newest(request: HttpRequest, credential_id: uuid.UUID) -> HttpResponse:
    """The newest signing of this badge for its holder, byte for byte: what a document from before it can't name."""
    row = newest_of(credential_id)
    if row is None:
        raise Http404
    response = public(row.document, JSON_TYPES[0], name=_name(row.pk, "json"))
    response["Cache-Control"] = "no-cache"
    response["Content-Location"] = reverse("badges:credential-json", args=[row.pk])
    return response


@signed_in
@require_POST
def shown_name(request: HttpRequest, credential_id: uuid.UUID) -> HttpResponse:
    """The holder chooses what the page says of them. Somebody else's award answers 404."""
    row = get_object_or_404(Credential.objects.filter(holder_id=request.user.pk).defer("png", "svg"), pk=credential_id)
    choose_shown_name(credential=row, shown_name=request.POST.get("shown_name", ""), by=request.user)  # type: ignore[arg-type]
    return redirect(row)


@Compiled
def stored_document(pk: Any) -> QuerySet[Any]:
    """The signed document of an award, and nothing else of it."""
    return Credential.objects.only("document").filter(pk=pk)


def found(ask: Compiled, credential_id: uuid.UUID) -> Credential:
    """The award, or 404."""
    row: Credential | None = ask.first(pk=credential_id)
    if row is None:
        raise Http404
    return row


def _document(credential_id: uuid.UUID, content_type: str) -> HttpResponse:
    return public(found(stored_document, credential_id).document, content_type, name=_name(credential_id, "json"))


def _token(credential_id: uuid.UUID) -> HttpResponse:
    row = get_object_or_404(Credential.objects.only("jwt"), pk=credential_id)
    return public(row.jwt, "text/plain", name=_name(credential_id, "jwt"))


def _picture(credential_id: uuid.UUID) -> HttpResponse:
    row = get_object_or_404(Credential.objects.only("png"), pk=credential_id)
    return public(bytes(row.png), "image/png", name=_name(credential_id, "png"))


def _drawing(credential_id: uuid.UUID) -> HttpResponse:
    """Sealed, so that a browser shows it as a picture and nothing else; awards from before it was kept have none."""
    svg = get_object_or_404(Credential.objects.only("svg"), ~Q(svg=""), pk=credential_id).svg
    return inert(public(svg, "image/svg+xml", name=_name(credential_id, "svg")))


def _name(credential_id: uuid.UUID, form: str) -> str:
    """What a download is called: the holder knows several awards apart by the first signs of their ids."""
    return f"badge-{str(credential_id)[:8]}.{form}"


def _page(request: HttpRequest, credential_id: uuid.UUID) -> HttpResponse:
    row = found(credential_of_page, credential_id)
    return page_of(request, row, check_record(row, now=timezone.now()))
