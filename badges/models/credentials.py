"""Signed awards."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy

from badges.models.achievements import Achievement, Edition
from badges.models.statuslists import StatusList
from badges.statuslists import SIZE
from courses.lib.states import Transitions


class CredentialQuerySet(models.QuerySet["Credential"]):
    """Credentials by state."""

    def live(self) -> "CredentialQuerySet":
        """The one that counts per holder and achievement: neither revoked nor succeeded; it may have expired."""
        return self.filter(state=Credential.State.ISSUED, succeeded_at=None)


class Credential(models.Model):
    """One signed award. What was signed never changes: a trigger refuses it.

    `document` is the Open Badges 3.0 credential with its proofs inside, `jwt` and `jwt_rs256` are tokens of what it says
    without them, `png` and `svg` the badge with the document inside. Awards from before the proofs have a bare document and one
    token, and their pictures hold that; awards from before the SVG have none.
    Personal data: the holder's row id. What is signed names a pairwise `urn:uuid`, never the person.
    """

    class State(models.TextChoices):
        """Expiry is no state: it is read from the date."""

        ISSUED = "issued"
        REVOKED = "revoked"

    class ShownName(models.TextChoices):
        """What the public page says of the holder, as the holder chose."""

        FULL = "full", gettext_lazy("My full name")
        INITIALS = "initials", gettext_lazy("My initials")
        NOTHING = "nothing", gettext_lazy("No name")

    TRANSITIONS: Transitions = {State.ISSUED: frozenset({State.REVOKED})}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    achievement = models.ForeignKey(Achievement, models.PROTECT, related_name="credentials")
    edition = models.ForeignKey(
        Edition,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="credentials",
        help_text=gettext_lazy("The version it was given in."),
    )
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="credentials")
    subject = models.UUIDField(
        default=uuid.uuid4, editable=False, help_text=gettext_lazy("Names the holder in this chain of awards.")
    )
    awarded_at = models.DateTimeField()
    valid_from = models.DateTimeField()
    valid_until = models.DateField(null=True, blank=True, help_text=gettext_lazy("The last valid day."))
    expires_at = models.DateTimeField(null=True, blank=True, help_text=gettext_lazy("The last second of that day."))
    facts = models.JSONField()
    document = models.TextField()
    jwt = models.TextField(gettext_lazy("token"))
    jwt_rs256 = models.TextField(gettext_lazy("token by RSA"), blank=True, db_default="")
    signed_by = ArrayField(
        models.CharField(max_length=40),
        default=list,
        db_default=[],
        blank=True,
        help_text=gettext_lazy("The keys; none named on an award with one token."),
    )
    png = models.BinaryField(gettext_lazy("picture"))
    svg = models.TextField(gettext_lazy("drawing"), blank=True, db_default="")
    content_hash = models.CharField(max_length=64, help_text=gettext_lazy("SHA-256 of the document."))
    status_list = models.ForeignKey(StatusList, models.PROTECT, null=True, blank=True, related_name="credentials")
    status_index = models.PositiveIntegerField(
        null=True, blank=True, help_text=gettext_lazy("Its bit in that list, drawn at random and never given twice.")
    )
    predecessor = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="successor")
    superseded_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="supersedes")
    succeeded_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.ISSUED)
    revoked_at = models.DateTimeField(null=True, blank=True)
    shown_name = models.CharField(max_length=10, choices=ShownName, default=ShownName.INITIALS)
    issued_at = models.DateTimeField(auto_now_add=True)

    objects = CredentialQuerySet.as_manager()

    class Meta:
        ordering = ["-awarded_at"]
        permissions = [
            ("revoke", "Can ask for and confirm the revocation of a credential"),
            ("export", "Can download the register of credentials"),
        ]
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
            models.UniqueConstraint(fields=["status_list", "status_index"], name="credential_status_index_given_once"),
            models.CheckConstraint(
                condition=Q(status_list=None, status_index=None)
                | Q(status_list__isnull=False, status_index__gte=0, status_index__lt=SIZE),
                name="credential_status_index_on_a_list",
            ),
            models.CheckConstraint(
                condition=Q(superseded_by=None) | ~Q(superseded_by=F("id")), name="credential_supersedes_another"
            ),
            models.CheckConstraint(
                condition=Q(shown_name__in=["full", "initials", "nothing"]), name="credential_shown_name_known"
            ),
        ]

        indexes = [
            models.Index(
                fields=["holder", "issued_at", "id"],
                condition=Q(state="issued", succeeded_at=None),
                name="credential_live_by_holder",
            ),
            models.Index(
                fields=["issued_at", "id"],
                condition=Q(state="issued", succeeded_at=None),
                name="credential_live_by_issue",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    def get_absolute_url(self) -> str:
        """The public page."""
        return reverse("badges:credential", args=[self.pk])
