"""What the sheet of an award says, and which awards have one."""

import textwrap

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format

from badges.certificate import CertificateFacts, can_be_set
from badges.models import Credential
from badges.rules.days import day_in_words
from badges.rules.issuing import NO_NAME, shown_holder
from badges.rules.verdicts import Verdict

LONGEST_STATEMENT = 420


def has_certificate(verdict: Verdict) -> bool:
    """Whether there is a sheet: of what is genuine and not revoked. Outside its dates it is marked across.

    Whoever files a certificate wants to know that it was held; a revoked one never should have been. Source: rules.md 8.10.
    """
    return verdict.verified or verdict.is_only_out_of_date


@translation.override(settings.LANGUAGE_CODE)
def certificate_facts(credential: Credential, verdict: Verdict) -> CertificateFacts:
    """The award for its sheet, the holder as they allow. A name that the font can't show stands on the page alone.

    In English whoever asks: the sheet is a document, and its font knows no other writing.
    """
    holder, award = shown_holder(credential), credential.facts
    title = credential.edition.name if credential.edition else credential.achievement.name
    return CertificateFacts(
        issuer=settings.ORGANISATION_NAME,
        holder=holder if can_be_set(holder) else NO_NAME,
        title=title,
        statement=textwrap.shorten(award["statement"], LONGEST_STATEMENT, placeholder=" …"),
        dates=_dates(credential),
        page_url=f"{settings.SITE_URL}{credential.get_absolute_url()}",
        alt_text=(credential.edition.alt_text if credential.edition else "") or f"Badge: {title}",
        drawing=credential.edition.drawing if credential.edition else bytes(credential.png),
        made_at=credential.issued_at,
        mark=_mark(credential, verdict),
        language=credential.edition.language if credential.edition else "en",
    )


def _dates(credential: Credential) -> str:
    awarded = f"Awarded {day_in_words(credential, credential.awarded_at)}"
    if credential.valid_until is None:
        return f"{awarded}, without an end"
    return f"{awarded}, valid until {date_format(credential.valid_until, 'j F Y')}"


def _mark(credential: Credential, verdict: Verdict) -> str:
    if verdict.verified:
        return ""
    if verdict.word == "Expired" and credential.valid_until is not None:
        return f"Expired after {date_format(credential.valid_until, 'j F Y')}"
    return f"Not valid before {day_in_words(credential, credential.valid_from)}"
