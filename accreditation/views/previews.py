"""Content as a learner would see it, for those who write it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accreditation.actions.previews import page_for_learner
from accreditation.models import Organisation
from accreditation.rules.preview_pages import as_preview
from accreditation.rules.previews import OPENED, SAMPLE, Preview, as_whom, preview_address, preview_of
from courses.lib.policy import signed_in
from courses.lib.refusals import Refusal, Refused
from courses.models import Persona, Role


@signed_in
@require_safe
def preview(request: HttpRequest, page: str) -> HttpResponseBase:
    """A page of this site as a learner would see it were it published; nothing on it can be changed or recorded."""
    user: Any = request.user
    if not user.is_staff:
        raise Http404
    shown = preview_of(page, as_whom(request.GET))
    if shown is None:
        return _framed(request, None, render(request, "accreditation/preview_end.html", status=404))
    if not user.has_perm(shown.permission):
        raise PermissionDenied
    return _framed(request, shown, _page(request, shown))


def _page(request: HttpRequest, shown: Preview) -> HttpResponseBase:
    try:
        return page_for_learner(request, shown, sample=SAMPLE in request.GET, opened=OPENED in request.GET)
    except Http404:
        sentence = _("This learner doesn't see this page: it is for others, or has no text yet.")
        refusal = Refusal("unseen", sentence, shown.editor, _("Back to editing"))
    except Refused as refused:
        refusal = refused.refusal
    return render(request, "refused.html", {"refusal": refusal}, status=409)


def _framed(request: HttpRequest, shown: Preview | None, response: HttpResponseBase) -> HttpResponseBase:
    """With the bar, where it is a page; files go as they are. Never kept by anybody."""
    is_page = isinstance(response, HttpResponse) and response.headers.get("Content-Type", "").startswith("text/html")
    if is_page:
        assert isinstance(response, HttpResponse)
        whom = as_whom(request.GET)
        bar = render_to_string("accreditation/preview_bar.html", _bar(request, shown), request)
        html = as_preview(response.content.decode(), bar, lambda path: preview_address(path, whom))
        response = HttpResponse(_all_questions(html) if SAMPLE in request.GET else html, status=response.status_code)
    if "Location" in response.headers:
        response = render(request, "accreditation/preview_end.html", status=404)
    response.headers["Cache-Control"] = ""
    patch_cache_control(response, private=True, no_store=True)
    return response


def _all_questions(html: str) -> str:
    """The sitting's page shows one question at a time by script; a sample shows all."""
    return html.replace(" novalidate hidden>", " novalidate>")


def _bar(request: HttpRequest, shown: Preview | None) -> dict[str, Any]:
    asked = {name: request.GET.get(f"as_{name}", "") for name in ("role", "persona", "organisation")}
    return {
        "shown": shown,
        "is_sample": SAMPLE in request.GET,
        "is_opened": OPENED in request.GET,
        "editor": shown.editor if shown else reverse("admin:index"),
        "fields": [
            ("as_role", _("Role"), Role.objects.order_by("position", "name"), asked["role"]),
            ("as_persona", _("Persona"), Persona.objects.order_by("position", "name"), asked["persona"]),
            ("as_organisation", _("Organisation"), Organisation.objects.order_by("name"), asked["organisation"]),
        ],
    }
