"""Which token stands for whom, and which awards it may read."""

import hashlib
import hmac
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_noop

from accreditation.models import Application, ApplicationKind, ApplicationToken, Consent, Program, User
from accreditation.rules.scopes import EMAIL
from badges.models import Credential
from badges.openbadges import CONTEXTS
from courses.lib.refusals import Refusal

CODE_LIVES = timedelta(minutes=2)
ACCESS_LIVES = timedelta(hours=1)
REFRESH_LIVES = timedelta(days=90)
UNUSED_LIVES, FORGOTTEN_AFTER = timedelta(days=30), timedelta(days=365)
"""How long an application that registered itself is kept before somebody allows it something, and after nobody does any more."""
NO_PERSON = Refusal("forbidden", gettext_noop("A system reads awards within its reach, and no person's profile."))


def hash_of(secret: str) -> str:
    """SHA-256, as hex, of a secret that has 256 random bits: all that is kept of it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def has_secret(application: Application | None, secret: str) -> bool:
    """Whether this is the application's secret. Takes as long for one that doesn't exist, or has none."""
    kept = application.secret_hash if application else ""
    same = hmac.compare_digest(hash_of(secret), kept or "0" * 64)
    return same and bool(kept)


def application_of(client_id: str) -> Application | None:
    """The application that may act under this id; None for an unknown and for a blocked one. One query."""
    if not 0 < len(client_id) <= 64 or not client_id.isascii() or not client_id.isprintable():
        return None
    return Application.objects.filter(client_id=client_id, blocked_at=None).first()


def live_token(value: str, *, now: datetime) -> ApplicationToken | None:
    """The token of this value, with application and person, while it counts.

    It doesn't when it ran out or was ended, the application is blocked, the consent withdrawn, or the person suspended: each
    of these acts on the next request. One query. Source: rules.md 8.22.
    """
    rows = ApplicationToken.objects.select_related("application", "consent__person")
    rows = rows.filter(access_hash=hash_of(value), ended_at=None, expires_at__gt=now, application__blocked_at=None)
    alive = Q(consent__withdrawn_at=None, consent__person__is_active=True)
    system = Q(consent=None, application__kind=ApplicationKind.SYSTEM)
    return rows.filter(system | (Q(consent__isnull=False) & alive)).first()


def awards_for(token: ApplicationToken) -> QuerySet[Credential]:
    """The awards that a token reads: a person's own, or those within a system's reach. Only what counts now.

    In the order in which they were issued, so that what is new comes last and pages don't shift. Source: rules.md 8.24.
    """
    rows = Credential.objects.live().order_by("issued_at", "pk")
    if token.consent is not None:
        return rows.filter(holder_id=token.consent.person_id)
    return _within_reach(rows.filter(holder__is_active=True), token.application)


def _within_reach(rows: QuerySet[Credential], application: Application) -> QuerySet[Credential]:
    """Of one organisation's people, in the chosen programs, or both; nothing where neither is set."""
    chosen = application.programs.all()
    has_programs = chosen.exists()
    if application.organisation_id is None and not has_programs:
        return rows.none()
    if has_programs:
        rows = rows.filter(achievement__in=chosen.values("achievement"))
    if application.organisation_id is not None:
        rows = rows.filter(holder__organisation=application.organisation_id)
    return rows


def profile_for(token: ApplicationToken) -> dict[str, Any] | Refusal:
    """The person behind a token as an Open Badges profile: name, and the address where they allowed it.

    The id is one for each application, so that two of them can't tell that they read the same person.
    """
    if token.consent is None:
        return NO_PERSON
    person = token.consent.person
    named: dict[str, Any] = {"@context": list(CONTEXTS[:2]), "id": _pairwise(token), "type": ["Profile"]}
    named |= {"name": person.get_full_name()} if person.get_full_name() else {}
    return named | ({"email": person.email} if EMAIL in token.scopes else {})


def _pairwise(token: ApplicationToken) -> str:
    pair = f"{token.application_id}:{token.consent.person_id if token.consent else ''}"
    return uuid.UUID(bytes=salted_hmac("profile of an application", pair).digest()[:16], version=4).urn


@dataclass(frozen=True, slots=True)
class Reader:
    """An application as its person sees it: what it reads, since when, and when it last did."""

    application: Application
    scopes: list[str]
    since: datetime
    last_read_at: datetime | None


def readers_of(person: User, *, now: datetime) -> list[Reader]:
    """The applications that may still read of a person, the newest first. One query."""
    held = ApplicationToken.objects.filter(consent=OuterRef("pk"))
    alive = held.filter(Q(expires_at__gt=now, ended_at=None) | Q(refresh_expires_at__gt=now, refreshed_at=None))
    rows = Consent.objects.visible_to(person).open().filter(Exists(alive), application__blocked_at=None)
    readers: dict[int, Reader] = {}
    for row in rows.select_related("application").order_by("-given_at"):
        known = readers.get(row.application_id)
        readers[row.application_id] = _together(known, row) if known else _reader(row)
    return list(readers.values())


def _reader(row: Consent) -> Reader:
    return Reader(row.application, row.scopes, row.given_at, row.last_read_at)


def _together(known: Reader, older: Consent) -> Reader:
    """Somebody who allowed the same application twice, on two computers, withdraws it once."""
    read = [moment for moment in (known.last_read_at, older.last_read_at) if moment]
    scopes = list(dict.fromkeys([*known.scopes, *older.scopes]))
    return Reader(known.application, scopes, older.given_at, max(read, default=None))


def stale_applications(now: datetime) -> QuerySet[Application]:
    """Those that registered themselves and that nobody lets read: for a month since then, or for a year since the last time."""
    never = Q(last_used_at=None, registered_at__lt=now - UNUSED_LIVES)
    rows = Application.objects.filter(never | Q(last_used_at__lt=now - FORGOTTEN_AFTER), kind=ApplicationKind.WALLET)
    return rows.filter(~Exists(Consent.objects.filter(application=OuterRef("pk"))))


def site_of(path: str) -> str:
    """An address of ours as other programs are told it."""
    return f"{settings.SITE_URL}{path}"


def reach_of(application: Application) -> dict[str, Any]:
    """What a system may read, as the audit trail keeps it: keys, never names."""
    programs = Program.objects.filter(applications=application).order_by("slug").values_list("slug", flat=True)
    return {"organisation": application.organisation_id, "programs": list(programs)}
