"""Lists of revocations, as anyone may fetch them."""

from django.db import models
from django.urls import reverse


class StatusList(models.Model):
    """One published list of `badges.statuslists.SIZE` entries, a bit for each award or endorsement on it.

    `document` is the signed list as it is served; it is written anew with each revocation, in the same transaction.
    The credentials are the truth, the list repeats them. Awards and endorsements have lists of their own. No personal data.
    """

    class Kind(models.TextChoices):
        """What its entries speak of."""

        AWARDS = "awards"
        ENDORSEMENTS = "endorsements"

    kind = models.CharField(max_length=12, choices=Kind, default=Kind.AWARDS, db_default="awards", editable=False)
    number = models.PositiveIntegerField(unique=True, editable=False)
    document = models.TextField(editable=False)
    signed_at = models.DateTimeField(editable=False)

    class Meta:
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"Status list {self.number}"

    def get_absolute_url(self) -> str:
        """Where the list is served."""
        return reverse("badges:status-list", args=[self.number])
