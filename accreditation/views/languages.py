"""The language in which the portal speaks to somebody."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

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
