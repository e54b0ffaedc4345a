"""What the pictures of an award say when it is shared."""

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format

from badges.cards import CardFacts
from badges.certificate import can_be_set
from badges.models import Credential
from badges.rules.days import day_in_words
from badges.rules.issuing import NO_NAME, shown_holder
from badges.rules.verdicts import Verdict


@translation.override(settings.LANGUAGE_CODE)
def card_facts(credential: Credential, verdict: Verdict) -> CardFacts:
    """The award with its state of today; the holder as they allow, and only in signs that the font can show.

    In English whoever asks: a picture is shared with people of every language.
    """
    holder = shown_holder(credential)
    return CardFacts(
        title=credential.edition.name if credential.edition else credential.achievement.name,
        holder=holder if can_be_set(holder) else NO_NAME,
        issuer=settings.ORGANISATION_NAME,
        state=verdict.word,
        tone="good" if verdict.verified else "caution" if verdict.is_only_out_of_date else "danger",
        dates=_dates(credential, verdict),
        picture=bytes(credential.png),
    )


def _dates(credential: Credential, verdict: Verdict) -> str:
    """Until when it is valid, or was; nothing for what proves nothing."""
    if not (verdict.verified or verdict.is_only_out_of_date):
        return ""
    if credential.valid_until is None:
        return f"Awarded {day_in_words(credential, credential.awarded_at)}"
    return f"{'Valid until' if verdict.verified else 'Ended'} {date_format(credential.valid_until, 'j F Y')}"


def embed_snippet(credential: Credential) -> str:
    """HTML for other people's pages: the strip, linked to the page. It holds no script and nothing of the holder."""
    page = f"{settings.SITE_URL}{credential.get_absolute_url()}"
    return (
        f'<a href="{page}"><img src="{page}strip.png" width="520" height="120" '
        f'alt="Digital badge, with its state of today: open it to check it"></a>'
    )
