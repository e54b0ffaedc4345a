"""Pictures of an award for previews of links and for other people's pages, always with its state of today."""

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from badges import cards
from badges.rules.cards import card_facts
from badges.rules.checking import check_record
from badges.views.answers import of_today, public
from badges.views.credential_pages import credential_of_page
from badges.views.credentials import found
from courses.lib.limits import caller, seconds_to_wait
from courses.lib.policy import open_to_all

CALLS_PER_MINUTE = 120


@open_to_all
@require_safe
def card(request: HttpRequest, credential_id: uuid.UUID) -> HttpResponse:
    """The preview of a link to the award."""
    return _picture(request, credential_id, cards.draw_card)


@open_to_all
@require_safe
def strip(request: HttpRequest, credential_id: uuid.UUID) -> HttpResponse:
    """The badge beside its words, for other people's pages."""
    return _picture(request, credential_id, cards.draw_strip)


def _picture(request: HttpRequest, credential_id: uuid.UUID, draw: Callable[[cards.CardFacts], bytes]) -> HttpResponse:
    if wait := seconds_to_wait("card", caller(request), allowed=CALLS_PER_MINUTE, per_seconds=60):
        return HttpResponse(status=429, headers={"Retry-After": str(wait)})
    row = found(credential_of_page, credential_id)
    facts = card_facts(row, check_record(row, now=timezone.now()))
    return of_today(request, facts, lambda: public(draw(facts), "image/png"))
