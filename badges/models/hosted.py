"""Whose award it is, for Open Badges 2.0."""

from django.db import models
from django.db.models import Q

from badges.models.credentials import Credential


class Recipient(models.Model):
    """The holder's address as a salted hash, which is all that an Open Badges 2.0 assertion tells of them.

    Written with the award, never changed, and deleted when the person is erased: it stands apart from the award, so that
    nothing that was signed has to move. Personal data: the hash of an e-mail address, which whoever knows the address can test.
    """

    credential = models.OneToOneField(Credential, models.PROTECT, primary_key=True, related_name="recipient")
    salt = models.CharField(max_length=64)
    identity_hash = models.CharField(max_length=71)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(salt__regex="^.{16,}$"), name="recipient_salt_of_16_signs"),
            models.CheckConstraint(
                condition=Q(identity_hash__regex=r"^sha256\$[0-9a-f]{64}$"), name="recipient_is_a_hash"
            ),
        ]

    def __str__(self) -> str:
        return f"Recipient of {self.credential_id}"
