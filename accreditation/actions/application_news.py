"""What people are told about the applications that read their badges."""

from django.urls import reverse
from django.utils.translation import gettext_noop as noop

from accreditation.actions.notices import tell
from accreditation.models import Consent, NoticeKind, User
from courses.lib.words import Said

WAY = {"link_text": Said(noop("See who reads your badges"))}


def tell_of_consent(*, consent: Consent) -> None:
    """Somebody let an application read: if it wasn't them, they learn of it."""
    tell(
        recipient_id=consent.person_id,
        kind=NoticeKind.APPLICATION,
        key=f"consent:{consent.pk}",
        title=Said(noop("You let “%(application)s” read your badges"), {"application": str(consent.application)}),
        text=Said(
            noop("It takes them to %(where)s. If that wasn't you, withdraw it and set a new password."),
            {"where": _where(consent)},
        ),
        link=reverse("applications"),
        **WAY,
    )


def _where(consent: Consent) -> str:
    hosts = ("your computer" if host == "127.0.0.1" else host for host in consent.application.hosts)
    return ", ".join(hosts)


def tell_of_copied_token(*, consent: Consent) -> None:
    """A code or token came twice: the application was cut off."""
    tell(
        recipient_id=consent.person_id,
        kind=NoticeKind.APPLICATION,
        key=f"consent-cut-off:{consent.pk}",
        title=Said(noop("“%(application)s” no longer reads your badges"), {"application": str(consent.application)}),
        text=Said(
            noop(
                "What it reads with was used twice, as a copy would be, so we ended it. Allow it again if you trust it."
            )
        ),
        link=reverse("applications"),
        **WAY,
    )


def tell_of_withdrawal(*, person: User, names: list[str], key: str) -> None:
    """A new password ended what was allowed before."""
    tell(
        recipient_id=person.pk,
        kind=NoticeKind.APPLICATION,
        key=key,
        title=Said(noop("Applications ask you again")),
        text=Said(
            noop(
                "Your password changed, so these no longer read your badges: %(names)s. Allow again those that you use."
            ),
            {"names": ", ".join(names)},
        ),
        link=reverse("applications"),
        **WAY,
    )
