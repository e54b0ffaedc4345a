"""The issuer's keys."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from courses.lib.states import Transitions


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
