"""Who asked for and who confirmed a revocation."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from badges.models.credentials import Credential


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
