"""Applications register, people let them read and take it back, and tokens come and go."""

import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accreditation.actions.application_news import tell_of_consent, tell_of_copied_token, tell_of_withdrawal
from accreditation.models import Application, ApplicationKind, ApplicationToken, Consent, SecretMethod, User
from accreditation.models.applications import ConsentQuerySet
from accreditation.rules.applications import (
    ACCESS_LIVES,
    CODE_LIVES,
    REFRESH_LIVES,
    hash_of,
    reach_of,
    stale_applications,
)
from accreditation.rules.registrations import Registration
from courses.actions.audit import record_event
from courses.lib.refusals import Refusal, refuse_if

COPIED = "a code or token was used twice"


def subject_of(row: Application | Consent) -> str:
    """How the audit trail names a row."""
    return f"{row._meta.label_lower}:{row.pk}"


@transaction.atomic
def register_application(*, registration: Registration) -> tuple[Application, str]:
    """An application that registered itself, and its secret (empty for a public one), which is never told again."""
    secret = "" if registration.auth_method == SecretMethod.NONE else secrets.token_urlsafe(32)
    row = Application.objects.create(
        name=registration.name,
        redirect_uris=registration.redirect_uris,
        auth_method=registration.auth_method,
        scopes=registration.scopes,
        may_refresh=registration.may_refresh,
        about=registration.about,
        secret_hash=hash_of(secret) if secret else "",
    )
    record_event(event="application registered itself", by=None, subject=subject_of(row), hosts=row.hosts)
    return row, secret


@transaction.atomic
def note_system(*, application: Application, by: User) -> None:
    """Keep who wrote a system and what it may read; what is written takes effect on its next request."""
    record_event(event="application written", by=by, subject=subject_of(application), **reach_of(application))


@transaction.atomic
def give_secret(*, application: Application, by: User) -> str:
    """A new secret for a system, told once; the one before and every token got by it end. Source: rules.md 8.25."""
    row = Application.objects.select_for_update().get(pk=application.pk)
    refuse_if(_why_not_secret(row))
    secret = secrets.token_urlsafe(32)
    row.secret_hash = hash_of(secret)
    row.save(update_fields=["secret_hash"])
    ApplicationToken.objects.filter(application=row, ended_at=None).update(ended_at=timezone.now())
    record_event(event="application got a secret", by=by, subject=subject_of(row))
    return secret


def _why_not_secret(application: Application) -> Refusal | None:
    if application.kind != ApplicationKind.SYSTEM:
        return Refusal("not-a-system", _("It registered itself: its secret is its own business."))
    return None


@transaction.atomic
def block_application(*, application: Application, by: User) -> Application:
    """It gets and reads nothing from the next request on."""
    row = Application.objects.select_for_update().get(pk=application.pk)
    if row.blocked_at is None:
        row.blocked_at = timezone.now()
        row.save(update_fields=["blocked_at"])
        record_event(event="application blocked", by=by, subject=subject_of(row))
    return row


@transaction.atomic
def unblock_application(*, application: Application, by: User) -> Application:
    """It may read again what it might before: consents and tokens were kept."""
    row = Application.objects.select_for_update().get(pk=application.pk)
    if row.blocked_at is not None:
        row.blocked_at = None
        row.save(update_fields=["blocked_at"])
        record_event(event="application unblocked", by=by, subject=subject_of(row))
    return row


@transaction.atomic
def give_consent(
    *, application: Application, scopes: list[str], redirect_uri: str, challenge: str, by: User
) -> tuple[Consent, str]:
    """A person lets an application read; the code that it takes that up with, once and within two minutes."""
    now, code = timezone.now(), secrets.token_urlsafe(32)
    row = Consent.objects.create(
        application=application,
        person=by,
        scopes=scopes,
        redirect_uri=redirect_uri,
        code_hash=hash_of(code),
        code_challenge=challenge,
        code_expires_at=now + CODE_LIVES,
        given_at=now,
    )
    Application.objects.filter(pk=application.pk).update(last_used_at=now)
    record_event(event="application allowed", by=by, subject=subject_of(row), application=application.pk, scopes=scopes)
    tell_of_consent(consent=row)
    return row, code


def take_code(*, code: str, application: Application, now: datetime) -> Consent | None:
    """The consent whose code this is, locked, or None. A code that comes twice was copied: what it gave ends.

    Within the caller's transaction, which commits whatever the answer is. Source: RFC 6749, 4.1.2.
    """
    rows = Consent.objects.select_for_update(of=("self",)).select_related("person")
    row = rows.filter(code_hash=hash_of(code), application=application).first()
    if row is None or row.withdrawn_at or not row.person.is_active:
        return None
    if row.code_used_at is not None:
        cut_off(consent=row)
        return None
    return row if row.code_expires_at > now else None


def use_code(*, consent: Consent) -> None:
    """The code is used up."""
    consent.code_used_at = timezone.now()
    consent.save(update_fields=["code_used_at"])


def take_refresh_token(*, value: str, application: Application, now: datetime) -> ApplicationToken | None:
    """The token that this refreshes, with its consent locked, or None. One that comes twice was copied: the consent ends.

    Another application's token is left alone: who shows it may be the thief. Source: RFC 9700, 4.14.2; rules.md 8.22.
    """
    found = ApplicationToken.objects.filter(refresh_hash=hash_of(value), application=application)
    consents = Consent.objects.select_for_update(of=("self",)).select_related("person")
    consent = consents.filter(pk__in=found.values("consent")).first()
    row = found.first()
    if consent is None or row is None or consent.withdrawn_at or not consent.person.is_active:
        return None
    if row.refreshed_at is not None:
        cut_off(consent=consent)
        return None
    row.consent = consent
    return row if row.refresh_expires_at and row.refresh_expires_at > now else None


def use_refresh_token(*, token: ApplicationToken) -> None:
    """It is used up, and the access token beside it ends."""
    token.refreshed_at = token.ended_at = timezone.now()
    token.save(update_fields=["refreshed_at", "ended_at"])


def keep_token(
    *, application: Application, consent: Consent | None, scopes: list[str], access: str, refresh: str
) -> ApplicationToken:
    """What was given to an application: the hashes of it. `refresh` is empty where there is none."""
    now = timezone.now()
    Application.objects.filter(pk=application.pk).update(last_used_at=now)
    return ApplicationToken.objects.create(
        application=application,
        consent=consent,
        scopes=scopes,
        access_hash=hash_of(access),
        refresh_hash=hash_of(refresh) if refresh else None,
        issued_at=now,
        expires_at=now + ACCESS_LIVES,
        refresh_expires_at=now + REFRESH_LIVES if refresh else None,
    )


@transaction.atomic
def hand_back(*, value: str, application: Application) -> None:
    """An application gives up a token: an access token ends; with a refresh token all that it was given by ends. RFC 7009."""
    digest = hash_of(value)
    rows = ApplicationToken.objects.filter(application=application)
    row = rows.filter(Q(access_hash=digest) | Q(refresh_hash=digest)).first()
    if row is None:
        return
    if row.refresh_hash == digest and row.consent is not None:
        _withdraw(Consent.objects.filter(pk=row.consent.pk), why="handed back by the application", by=None)
    else:
        ApplicationToken.objects.filter(pk=row.pk, ended_at=None).update(ended_at=timezone.now())


@transaction.atomic
def withdraw_application(*, application: Application, by: User) -> int:
    """A person takes back what they allowed an application. Returns how many consents ended."""
    rows = Consent.objects.visible_to(by).filter(application=application)
    return len(_withdraw(rows, why="withdrawn by the person", by=by))


@transaction.atomic
def withdraw_everything(*, person: User) -> int:
    """After a new password nobody reads on by what was allowed before; the person is told who asks again."""
    ended = _withdraw(Consent.objects.visible_to(person), why="the password was changed", by=person)
    if names := sorted({row.application.name for row in ended if row.code_used_at}):
        tell_of_withdrawal(person=person, names=names, key=f"applications-ended:{ended[0].pk}")
    return len(ended)


@transaction.atomic
def withdraw_all(*, person: User, why: str, by: User) -> int:
    """End everything that a person allowed, without telling them. Returns how many consents ended."""
    return len(_withdraw(Consent.objects.visible_to(person), why=why, by=by))


def cut_off(*, consent: Consent) -> None:
    """End a consent whose code or token came twice, and tell its person."""
    _withdraw(Consent.objects.filter(pk=consent.pk), why=COPIED, by=None)
    tell_of_copied_token(consent=consent)


def _withdraw(consents: ConsentQuerySet, *, why: str, by: User | None) -> list[Consent]:
    now = timezone.now()
    rows = list(consents.filter(withdrawn_at=None).select_for_update(of=("self",)).select_related("application"))
    keys = [row.pk for row in rows]
    Consent.objects.filter(pk__in=keys).update(withdrawn_at=now)
    ApplicationToken.objects.filter(consent__in=keys, ended_at=None).update(ended_at=now)
    for row in rows:
        record_event(event="application ended", by=by, subject=subject_of(row), why=why)
    return rows


def note_reading(*, token: ApplicationToken, count: int, now: datetime) -> None:
    """Keep that a token read: of a person the hour, for them to see; of a system each time, in the audit trail."""
    if token.consent is not None:
        if token.consent.last_read_at is None or token.consent.last_read_at < now - ACCESS_LIVES:
            Consent.objects.filter(pk=token.consent.pk).update(last_read_at=now)
    else:
        record_event(event="badges read by a system", by=None, subject=subject_of(token.application), count=count)


def clear_applications(*, now: datetime | None = None) -> int:
    """Delete what has run out: tokens, consents that nothing hangs on any more, applications that nobody lets read.

    A used refresh token stays until it would have ended: until then a second use is noticed. The audit trail keeps the rest.
    Returns how many rows went.
    """
    now = now or timezone.now()
    spent = Q(refresh_expires_at=None, expires_at__lt=now) | Q(refresh_expires_at__lt=now)
    gone = ApplicationToken.objects.filter(spent).delete()[0]
    bare = Consent.objects.filter(~Exists(ApplicationToken.objects.filter(consent=OuterRef("pk"))))
    gone += bare.filter(code_expires_at__lt=now).delete()[0]
    return gone + stale_applications(now).delete()[0]
