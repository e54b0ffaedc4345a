"""Who issues, and the public keys by which anyone can check that."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from badges import signing
from badges.models import SigningKey, StatusList
from badges.openbadges import CONTEXTS, issuer_profile
from badges.rules.issuing import our_issuer
from badges.rules.keys import verification_keys
from badges.statuslists import TTL_MS
from badges.views.answers import public, public_json
from courses.lib.policy import open_to_all

JSON_TYPES = ("application/ld+json", "application/json")


@open_to_all
@require_safe
def issuer(request: HttpRequest) -> HttpResponse:
    """The issuer as a page, or as an Open Badges profile for whoever prefers JSON."""
    if request.get_preferred_type(["text/html", *JSON_TYPES]) in JSON_TYPES:
        response = profile(request)
    else:
        keys = SigningKey.objects.defer("sealed_private_key")
        response = render(request, "badges/issuer.html", {"issuer": our_issuer(), "keys": keys})
    patch_vary_headers(response, ["Accept"])
    return response


@open_to_all
@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    """The issuer as an Open Badges profile."""
    return public_json({"@context": list(CONTEXTS[:2])} | issuer_profile(our_issuer()), JSON_TYPES[0])


@open_to_all
@require_safe
def did(request: HttpRequest) -> HttpResponse:
    """The issuer's DID document: keys that sign or still verify, public parts only."""
    return public_json(signing.did_document(our_issuer().did, verification_keys()))


@open_to_all
@require_safe
def status_list(request: HttpRequest, number: int) -> HttpResponse:
    """The list of revocations as it was signed last, byte for byte. May be kept for its ttl."""
    row: StatusList = get_object_or_404(StatusList.objects.only("document"), number=number)
    return public(row.document, "application/vc", max_age=TTL_MS // 1000)


@open_to_all
@require_safe
def jwks(request: HttpRequest) -> HttpResponse:
    """The same keys as a JWK set."""
    return public_json(signing.key_set(our_issuer().did, verification_keys()))
