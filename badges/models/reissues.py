"""Awards to be signed anew."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from badges.models.credentials import Credential
from badges.models.keys import SigningKey
from courses.lib.states import Transitions


class Reissue(models.Model):
    """One award whose key was withdrawn: until it is signed anew by other keys, a sweep finds it. No personal data."""

    class State(models.TextChoices):
        """Whether the award still waits; it needs nothing once it was revoked, followed by another or ran out."""

        WAITING = "waiting", gettext_lazy("waits")
        DONE = "done", gettext_lazy("signed anew")
        NEEDLESS = "needless", gettext_lazy("needs nothing")

    TRANSITIONS: Transitions = {State.WAITING: frozenset({State.DONE, State.NEEDLESS})}

    credential = models.OneToOneField(Credential, models.PROTECT, related_name="reissue")
    key = models.ForeignKey(SigningKey, models.PROTECT, related_name="reissues")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["due_at", "pk"]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="waiting"), name="reissues_that_wait")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="waiting", done_at=None) | Q(state__in=["done", "needless"], done_at__isnull=False),
                name="reissue_done_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"Reissue of {self.credential_id}"
