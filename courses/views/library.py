"""The library: shelves, one asset, its file."""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from courses.lib.files import private_file
from courses.lib.people import person_of
from courses.lib.policy import signed_in
from courses.models import Asset, Persona
from courses.rules.assets import looked_for, shelves

LABELS = {
    "personas": ("Persona", "All personas"),
    "products": ("Product", "All products"),
    "use_cases": ("Use case", "All use cases"),
    "verticals": ("Vertical", "All verticals"),
    "ecosystems": ("Ecosystem", "All ecosystems"),
    "sizes": ("Size", "All sizes"),
}


@signed_in
@require_GET
def library(request: HttpRequest) -> HttpResponse:
    """The shelves, for the own persona unless another one is asked for."""
    person = person_of(request)
    own = (
        Persona.objects.filter(pk=person.persona_id).values_list("slug", flat=True).first() if person.persona_id else ""
    )
    looked = looked_for(request.GET, own or "")
    found = shelves(person, looked, request.GET.get("page"))
    fields = [
        {"name": name, "label": label, "any": any_, "choices": found.choices[name]}
        for name, (label, any_) in LABELS.items()
    ]
    context: dict[str, Any] = {"found": found, "fields": fields, "kept": f"{urlencode(looked.said)}&"}
    return render(request, "courses/library.html", context)


@signed_in
@require_GET
def asset(request: HttpRequest, slug: str) -> HttpResponse:
    """One asset as it is today, with what came before."""
    shown = _asset(request, slug)
    version = shown.current_version
    assert version is not None
    earlier = shown.versions.filter(number__lt=version.number).order_by("-number")[:10]
    return render(request, "courses/asset.html", {"asset": shown, "version": version, "earlier": earlier})


@signed_in
@require_GET
def asset_file(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Its file, as a download."""
    shown = _asset(request, slug)
    version = shown.current_version
    if version is None or not version.file:
        raise Http404
    path = Path(str(version.file.path))
    try:
        return private_file(request, path, content_type="application/octet-stream", name=path.name, attachment=True)
    except FileNotFoundError:
        raise Http404 from None


def _asset(request: HttpRequest, slug: str) -> Asset:
    rows = Asset.objects.visible_to(person_of(request)).select_related("current_version", "owner").distinct()
    return get_object_or_404(rows.exclude(current_version=None), slug=slug)
