"""What people are told about the applications that read their badges."""

from django.urls import reverse

from accreditation.actions.notices import tell
from accreditation.models import Consent, NoticeKind, User

WAY = {"link_text": "See who reads your badges"}


def tell_of_consent(*, consent: Consent) -> None:
    """Somebody let an application read: if it wasn't them, they learn of it."""
    tell(
        recipient_id=consent.person_id,
        kind=NoticeKind.APPLICATION,
        key=f"consent:{consent.pk}",
        title=f"You let “{consent.application}” read your badges",
        text=f"It takes them to {_where(consent)}. If that wasn't you, withdraw it and set a new password.",
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
        title=f"“{consent.application}” no longer reads your badges",
        text="What it reads with was used twice, as a copy would be, so we ended it. Allow it again if you trust it.",
        link=reverse("applications"),
        **WAY,
    )


def tell_of_withdrawal(*, person: User, names: list[str], key: str) -> None:
    """A new password ended what was allowed before."""
    tell(
        recipient_id=person.pk,
        kind=NoticeKind.APPLICATION,
        key=key,
        title="Applications ask you again",
        text=f"Your password changed, so these no longer read your badges: {', '.join(names)}. Allow again those that you use.",
        link=reverse("applications"),
        **WAY,
    )
