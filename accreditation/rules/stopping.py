"""The one-click stop: an address that stands for one person and one kind of e-mail, and for nothing else.

Source: RFC 8058; rules.md 9.8.
"""

from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _

from accreditation.models import MailPreference, Manner, NoticeKind, ReportReader, User, usual_manner

SALT = "accreditation.stop"
UNDO = "accreditation.stop.undo"
DIGESTS = (Manner.DAILY, Manner.WEEKLY)
REPORT = "report-"


@dataclass(frozen=True, slots=True)
class Stop:
    """Whose e-mails of what: `what` is a kind of notice, "daily" or "weekly" for a whole digest, or "report-" with the number
    of a report's schedule, whose `reader` then is the person's place on its list.
    """

    person: User
    what: str
    reader: ReportReader | None = None

    @property
    def label(self) -> str:
        """What it is called."""
        if self.reader:
            return self.reader.schedule.view.name
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
    if person and str(what).startswith(REPORT):
        reader = _reader_of(person, what)
        return Stop(person, what, reader) if reader else None
    return Stop(person, what) if person and what in (*NoticeKind.values, *DIGESTS) else None


def _reader_of(person: User, what: str) -> ReportReader | None:
    number = what.removeprefix(REPORT)
    rows = ReportReader.objects.select_related("schedule__view").filter(person=person)
    return rows.filter(schedule=int(number)).first() if number.isascii() and number.isdecimal() else None


def is_stopped(stop: Stop) -> bool:
    """Whether none of it comes any more. One query at most."""
    if stop.reader:
        return bool(stop.reader.ended)
    if stop.what in DIGESTS:
        return False
    chosen = MailPreference.objects.filter(person=stop.person, kind=stop.what).first()
    return (chosen.manner if chosen else usual_manner(stop.what)) == Manner.NEVER


def sign_before(stop: Stop, before: dict[str, str]) -> str:
    """How the kinds came before they were stopped, for the button that undoes it."""
    return signing.Signer(salt=UNDO).sign_object([stop.person.pk, stop.what, before])


def read_before(stop: Stop, token: str) -> dict[str, str]:
    """What `sign_before` signed for this person and stop; where there is nothing, the kind as it usually comes."""
    try:
        person_id, what, before = signing.Signer(salt=UNDO).unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError, UnicodeError):
        person_id, what, before = None, "", {}
    if (person_id, what) == (stop.person.pk, stop.what):
        return dict(before)
    return {stop.what: str(usual_manner(stop.what))} if stop.what in NoticeKind.values else {}
