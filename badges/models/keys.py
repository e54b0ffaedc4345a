"""The issuer's keys."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from courses.lib.states import Transitions

KID = r"^key-\d{4}-\d{2}(-eddsa|-es256|-rs256)?(-\d+)?$"


class SigningKey(models.Model):
    """A key of the issuer. The private part is sealed by ISSUER_SECRET; only signing opens it.

    Active signs; retired still verifies; withdrawn was compromised and verifies nothing. No personal data.
    """

    class Algorithm(models.TextChoices):
        """What the key signs: proofs inside a document, or a token of it."""

        EDDSA = "EdDSA", gettext_lazy("EdDSA")
        ES256 = "ES256", gettext_lazy("ES256")
        RS256 = "RS256", gettext_lazy("RS256")

    class State(models.TextChoices):
        """Whether the key signs, verifies or neither."""

        ACTIVE = "active"
        RETIRED = "retired"
        WITHDRAWN = "withdrawn"

    TRANSITIONS: Transitions = {
        State.ACTIVE: frozenset({State.RETIRED, State.WITHDRAWN}),
        State.RETIRED: frozenset({State.WITHDRAWN}),
    }

    kid = models.CharField(gettext_lazy("key"), max_length=40, unique=True, validators=[RegexValidator(KID)])
    algorithm = models.CharField(max_length=5, choices=Algorithm, default=Algorithm.ES256, db_default="ES256")
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    public_jwk = models.JSONField(gettext_lazy("public key"))
    sealed_private_key = models.BinaryField(editable=False)
    made_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("What it signed later than this is not believed.")
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["algorithm"], condition=Q(state="active"), name="signing_key_one_active_per_algorithm"
            ),
            models.CheckConstraint(
                condition=Q(algorithm__in=["EdDSA", "ES256", "RS256"]), name="signing_key_algorithm_known"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=False, state="withdrawn")
                | ~Q(state="withdrawn") & Q(withdrawn_at=None),
                name="signing_key_withdrawn_has_its_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="retired") | Q(retired_at__isnull=False), name="signing_key_retired_has_its_time"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["active", "retired", "withdrawn"]), name="signing_key_state_known"
            ),
        ]

    def __str__(self) -> str:
        return self.kid
