"""Applications that read badges through the API: who they are, what a person allowed them, and the tokens they hold."""

import secrets
import uuid
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy
from simple_history.models import HistoricalRecords

from courses.lib.people import Person


class ApplicationKind(models.TextChoices):
    """Where an application's rights come from."""

    WALLET = "wallet", gettext_lazy("registered itself; reads what a person allows it")
    SYSTEM = "system", gettext_lazy("made by enablement; reads the awards of its organisation or programs")


class SecretMethod(models.TextChoices):
    """How an application proves who it is where tokens are given (RFC 7591, `token_endpoint_auth_method`)."""

    NONE = "none", gettext_lazy("not at all: a public application")
    BASIC = "client_secret_basic", gettext_lazy("by its secret in a header")
    POST = "client_secret_post", gettext_lazy("by its secret in the form")


class Application(models.Model):
    """A program of somebody else that may ask for badges: an OAuth 2 client.

    Its secret is kept as SHA-256 alone: it has 256 random bits, so nothing is gained by a slow hash. The methods from
    `get_default_redirect_uri` on are what the OAuth library asks of a client.
    Personal data: who of enablement made it.
    """

    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=8, choices=ApplicationKind, default=ApplicationKind.WALLET, editable=False)
    client_id = models.CharField(max_length=64, unique=True, default=secrets.token_urlsafe, editable=False)
    secret_hash = models.CharField(max_length=64, blank=True, editable=False)
    auth_method = models.CharField(max_length=20, choices=SecretMethod, default=SecretMethod.BASIC, editable=False)
    redirect_uris = ArrayField(models.CharField(max_length=500), default=list, blank=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=80), default=list, editable=False)
    may_refresh = models.BooleanField(default=False, editable=False)
    about = models.JSONField(
        default=dict, blank=True, editable=False, help_text=gettext_lazy("What it said of itself.")
    )
    organisation = models.ForeignKey(
        "accreditation.Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="applications",
        help_text=gettext_lazy(
            "Reads the awards of this organisation's people only. Empty: of everybody, in the programs chosen."
        ),
    )
    programs = models.ManyToManyField(
        "accreditation.Program",
        blank=True,
        related_name="applications",
        help_text=gettext_lazy(
            "Reads the awards of these programs only. None chosen: of every program, where an organisation is."
        ),
    )
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False)
    registered_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    blocked_at = models.DateTimeField(null=True, blank=True, editable=False)
    history = HistoricalRecords(excluded_fields=["secret_hash", "last_used_at"])

    class Meta:
        ordering = ["-registered_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="wallet", organisation=None, made_by=None, redirect_uris__len__gt=0)
                | Q(kind="system", redirect_uris=[], may_refresh=False),
                name="application_wallet_or_system",
            ),
            models.CheckConstraint(
                condition=Q(auth_method="none", secret_hash="", kind="wallet") | ~Q(auth_method="none"),
                name="application_public_has_no_secret",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def hosts(self) -> list[str]:
        """Where it takes people back to: the only thing about it that we know, and it did not just say."""
        return sorted({urlsplit(one).hostname or "" for one in self.redirect_uris})

    def get_default_redirect_uri(self) -> None:
        """None: the address is always named, so that the one that was checked is the one that is used."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """What of `scope` (all, where none is named) it may have; None where nothing is left to read."""
        asked = set(scope.split()) if scope else set(self.scopes)
        return " ".join(one for one in self.scopes if one in asked) or None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether it registered this address, letter by letter; on this computer the port may be another (RFC 8252, 7.3)."""
        local = without_port(redirect_uri)
        return redirect_uri in self.redirect_uris or (
            local is not None and local in map(without_port, self.redirect_uris)
        )

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Only the way it registered."""
        return method == self.auth_method

    def check_response_type(self, response_type: str) -> bool:
        """A code, for whoever has an address to take it to."""
        return response_type == "code" and self.kind == ApplicationKind.WALLET

    def check_grant_type(self, grant_type: str) -> bool:
        """Persons' applications take codes and refresh; systems come with their own secret. None does both."""
        if self.kind == ApplicationKind.SYSTEM:
            return grant_type == "client_credentials"
        return grant_type == "authorization_code" or (grant_type == "refresh_token" and self.may_refresh)


def without_port(uri: str) -> str | None:
    """An address on this computer without its port; None for every other, which must be the same altogether."""
    parts = urlsplit(uri)
    if parts.scheme != "http" or parts.hostname != "127.0.0.1" or parts.username is not None:
        return None
    return parts._replace(netloc=parts.hostname).geturl()


class ConsentQuerySet(models.QuerySet["Consent"]):
    """Consents by state."""

    def visible_to(self, person: Person) -> "ConsentQuerySet":
        """One's own."""
        return self.filter(person_id=person.pk)

    def open(self) -> "ConsentQuerySet":
        """Neither withdrawn nor run out, and taken up by its application."""
        return self.filter(withdrawn_at=None, code_used_at__isnull=False)


class Consent(models.Model):
    """A person lets an application read, and the one code by which it takes that up.

    Of the code only its SHA-256 is kept. Personal data: which application reads what of whom.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="consents")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="consents")
    scopes = ArrayField(models.CharField(max_length=80))
    redirect_uri = models.CharField(max_length=500)
    code_hash = models.CharField(max_length=64, unique=True)
    code_challenge = models.CharField(max_length=128)
    code_expires_at = models.DateTimeField()
    code_used_at = models.DateTimeField(null=True)
    given_at = models.DateTimeField()
    last_read_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    code_challenge_method = "S256"

    objects = ConsentQuerySet.as_manager()

    class Meta:
        ordering = ["-given_at"]
        constraints = [
            models.CheckConstraint(condition=~Q(code_challenge=""), name="consent_code_has_its_challenge"),
            models.CheckConstraint(condition=Q(code_expires_at__gt=F("given_at")), name="consent_code_ends"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} lets {self.application_id} read"

    def get_redirect_uri(self) -> str:
        """Where its code went; the library compares it with what comes back."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """What was allowed, as OAuth writes it."""
        return " ".join(self.scopes)


class ApplicationToken(models.Model):
    """What an application shows to read: one access token, and the refresh token given with it.

    Both are kept as SHA-256 of 256 random bits: whoever reads this table can't use them. Without a consent it belongs to a
    system. A refresh token works once; its row stays until it would have ended, so that a second use is noticed.
    Personal data: when an application read, by its consent.
    """

    application = models.ForeignKey(Application, models.PROTECT, related_name="tokens")
    consent = models.ForeignKey(Consent, models.PROTECT, null=True, related_name="tokens")
    scopes = ArrayField(models.CharField(max_length=80))
    access_hash = models.CharField(max_length=64, unique=True)
    refresh_hash = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001  none, not an empty one, is unique
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    refresh_expires_at = models.DateTimeField(null=True)
    refreshed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-issued_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(refresh_hash=None, refresh_expires_at=None)
                | Q(refresh_hash__isnull=False, refresh_expires_at__isnull=False, consent__isnull=False),
                name="token_refresh_needs_consent",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("issued_at")), name="token_ends_after_it_began"),
        ]

    def __str__(self) -> str:
        return f"Token {self.pk}"

    def check_client(self, client: Application) -> bool:
        """Whether it was given to this application."""
        return self.application_id == client.pk

    def get_scope(self) -> str:
        """What a refresh may ask for again: all that the person allowed, as RFC 6749, 6 says."""
        return self.consent.get_scope() if self.consent else " ".join(self.scopes)
