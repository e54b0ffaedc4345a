"""The one-click stop: an address that stands for one person and one kind of e-mail, and for nothing else.

Source: RFC 8058; rules.md 9.8.
"""

from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _

from accreditation.models import Manner, NoticeKind, User

SALT = "accreditation.stop"
DIGESTS = (Manner.DAILY, Manner.WEEKLY)


@dataclass(frozen=True, slots=True)
class Stop:
    """Whose e-mails of what: `what` is a kind of notice, or "daily" or "weekly" for a whole digest."""

    person: User
    what: str

    @property
    def label(self) -> str:
        """What it is called."""
        if self.what in DIGESTS:
            return _("Daily digest") if self.what == Manner.DAILY else _("Weekly digest")
        return str(NoticeKind(self.what).label)


def stop_address(*, person_id: int, what: str) -> str:
    """The address in the header and at the foot of the mail. It names nobody, and holds as long as the secret key does."""
    token = signing.Signer(salt=SALT).sign_object([person_id, what])
    return settings.SITE_URL + reverse("notices-stop", args=[token])


def read_stop(token: str) -> Stop | None:
    """What a token stands for; None where it is forged, of a kind that is gone, or of somebody suspended or erased. One query."""
    try:
        person_id, what = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError, UnicodeError):
        return None
    person = User.objects.filter(pk=person_id, is_active=True).first()
    return Stop(person, what) if person and what in (*NoticeKind.values, *DIGESTS) else None
