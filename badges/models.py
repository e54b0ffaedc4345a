"""Badge classes, signed awards of them, the issuer's keys, and who asked for and confirmed a revocation."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Func, Q
from django.urls import reverse
from simple_history.models import HistoricalRecords

from courses.lib.states import Transitions


class Achievement(models.Model):
    """What a badge stands for: its words, its criteria and its drawing. Every change of them is a new version.

    Awards keep their own text, so a change never reaches one. No personal data.
    """

    class Shape(models.TextChoices):
        """A disc is an accreditation, a hexagon a micro-credential."""

        DISC = "disc"
        HEXAGON = "hexagon"

    class Tone(models.TextChoices):
        """The colour of ring, line and glyph."""

        NIGHT = "night"
        BLUE = "blue"
        GREEN = "green"
        GOLD = "gold"
        ROSE = "rose"

    class Kind(models.TextChoices):
        """Words of Open Badges for what was achieved; accreditation is limited in time, revocable and renewable."""

        CERTIFICATION = "Certification"

    slug = models.SlugField(max_length=80, unique=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    name = models.CharField(max_length=120)
    description = models.TextField(help_text="One or two sentences that mean something to a customer who reads them.")
    criteria = models.TextField(help_text="Markdown: what the holder did.")
    achievement_type = models.CharField(max_length=40, choices=Kind, default=Kind.CERTIFICATION, editable=False)
    shape = models.CharField(max_length=10, choices=Shape, default=Shape.DISC)
    tone = models.CharField(max_length=10, choices=Tone, default=Tone.NIGHT)
    label = models.CharField(max_length=18, help_text="The word in the drawing.")
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True, help_text="Separated by commas.")
    image = models.BinaryField(editable=False)

    history = HistoricalRecords(excluded_fields=["image"])

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The page that says what the badge stands for."""
        return reverse("badges:achievement", args=[self.slug])


class SigningKey(models.Model):
    """A key of the issuer. The private part is sealed by ISSUER_SECRET; only signing opens it.

    Active signs; retired still verifies; withdrawn was compromised and verifies nothing. No personal data.
    """

    class State(models.TextChoices):
        """Whether the key signs, verifies or neither."""

        ACTIVE = "active"
        RETIRED = "retired"
        WITHDRAWN = "withdrawn"

    TRANSITIONS: Transitions = {
        State.ACTIVE: frozenset({State.RETIRED, State.WITHDRAWN}),
        State.RETIRED: frozenset({State.WITHDRAWN}),
    }

    kid = models.CharField("key", max_length=40, unique=True, validators=[RegexValidator(r"^key-\d{4}-\d{2}(-\d+)?$")])
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    public_jwk = models.JSONField("public key")
    sealed_private_key = models.BinaryField(editable=False)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="active"), name="signing_key_one_active"),
            models.CheckConstraint(
                condition=Q(state__in=["active", "retired", "withdrawn"]), name="signing_key_state_known"
            ),
        ]

    def __str__(self) -> str:
        return self.kid


class CredentialQuerySet(models.QuerySet["Credential"]):
    """Credentials by state."""

    def live(self) -> "CredentialQuerySet":
        """The one that counts per holder and achievement: neither revoked nor succeeded; it may have expired."""
        return self.filter(state=Credential.State.ISSUED, succeeded_at=None)


class Credential(models.Model):
    """One signed award. What was signed never changes: a trigger refuses it.

    `document` is the Open Badges 3.0 credential, `jwt` its signed form, `png` the badge with that form inside.
    Personal data: the holder's row id. What is signed names a pairwise `urn:uuid`, never the person.
    """

    class State(models.TextChoices):
        """Expiry is no state: it is read from the date."""

        ISSUED = "issued"
        REVOKED = "revoked"

    class ShownName(models.TextChoices):
        """What the public page says of the holder, as the holder chose."""

        FULL = "full", "My full name"
        INITIALS = "initials", "My initials"
        NOTHING = "nothing", "No name"

    TRANSITIONS: Transitions = {State.ISSUED: frozenset({State.REVOKED})}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    achievement = models.ForeignKey(Achievement, models.PROTECT, related_name="credentials")
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="credentials")
    subject = models.UUIDField(
        default=uuid.uuid4, editable=False, help_text="Names the holder in this chain of awards."
    )
    awarded_at = models.DateTimeField()
    valid_from = models.DateTimeField()
    valid_until = models.DateField(null=True, blank=True, help_text="The last valid day.")
    expires_at = models.DateTimeField(null=True, blank=True, help_text="The last second of that day.")
    facts = models.JSONField()
    document = models.TextField()
    jwt = models.TextField("token")
    png = models.BinaryField("picture")
    content_hash = models.CharField(max_length=64, help_text="SHA-256 of the document.")
    predecessor = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="successor")
    succeeded_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.ISSUED)
    revoked_at = models.DateTimeField(null=True, blank=True)
    shown_name = models.CharField(max_length=10, choices=ShownName, default=ShownName.INITIALS)
    issued_at = models.DateTimeField(auto_now_add=True)

    objects = CredentialQuerySet.as_manager()

    class Meta:
        ordering = ["-awarded_at"]
        permissions = [("revoke", "Can ask for and confirm the revocation of a credential")]
        constraints = [
            models.UniqueConstraint(
                fields=["holder", "achievement"],
                condition=Q(state="issued", succeeded_at=None),
                name="credential_one_live_per_holder_and_achievement",
            ),
            models.CheckConstraint(
                condition=Q(state="issued", revoked_at=None) | Q(state="revoked", revoked_at__isnull=False),
                name="credential_revoked_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None, expires_at=None)
                | Q(valid_until__isnull=False, expires_at__gt=F("valid_from")),
                name="credential_last_day_has_its_second",
            ),
            models.CheckConstraint(
                condition=Q(
                    valid_from=Func(
                        F("valid_from"),
                        template="date_trunc('second', %(expressions)s)",
                        output_field=models.DateTimeField(),
                    )
                ),
                name="credential_valid_from_whole_second",
            ),
            models.CheckConstraint(
                condition=Q(shown_name__in=["full", "initials", "nothing"]), name="credential_shown_name_known"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    def get_absolute_url(self) -> str:
        """The public page."""
        return reverse("badges:credential", args=[self.pk])


class RevocationRequest(models.Model):
    """One person asks for a revocation, another confirms it. Closed rows never change; none is deleted.

    Personal data: who asked, who confirmed, and whatever the reason says. Never shown in public.
    """

    credential = models.ForeignKey(Credential, models.PROTECT, related_name="revocation_requests")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    reason = models.TextField()
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["credential"], condition=Q(confirmed_at=None), name="revocation_one_open_per_credential"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="revocation_confirmed_by_and_at",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("asked_by")), name="revocation_takes_two_people"
            ),
        ]

    def __str__(self) -> str:
        return f"Revocation of {self.credential_id}"
