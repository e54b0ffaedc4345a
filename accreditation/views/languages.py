"""The language in which the portal speaks to somebody."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST
from django.views.i18n import JavaScriptCatalog, set_language

from accreditation.actions.people import choose_own_language
from accreditation.views.who import user_of
from courses.lib.policy import open_to_all


@open_to_all
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the choice: on the person, or on the device of a visitor; then back to the page, which is checked to be ours."""
    if request.user.is_authenticated:
        choose_own_language(language=request.POST.get("language", ""), by=user_of(request))
    return set_language(request)


@open_to_all
@require_GET
@cache_control(public=True, max_age=3600)
def script_words(request: HttpRequest, language: str) -> HttpResponseBase:
    """What scripts say in one language, as a script that stands before them. 404 for a language that isn't offered."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    with translation.override(language):
        return JavaScriptCatalog.as_view()(request)
