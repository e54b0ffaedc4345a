"""What somebody says in favour of an award."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy

from badges.models.credentials import Credential
from badges.models.statuslists import StatusList
from badges.statuslists import SIZE
from courses.lib.states import Transitions


class EndorsementQuerySet(models.QuerySet["Endorsement"]):
    """Endorsements by state."""

    def live(self) -> "EndorsementQuerySet":
        """Those that stand: not withdrawn, and not signed anew since."""
        return self.filter(state=Endorsement.State.ISSUED, succeeded_at=None)


class Endorsement(models.Model):
    """One comment on an award, signed as an Open Badges 3.0 EndorsementCredential.

    What was signed never changes: a trigger refuses it. It stands beside the award, whose bytes stay as they are. All signings
    of an endorsement share a `series`; the last one counts.
    Personal data: who wrote it, and their name where they agreed to it, inside what was signed too.
    """

    class State(models.TextChoices):
        """Taken back is for ever."""

        ISSUED = "issued"
        WITHDRAWN = "withdrawn"

    class ShownAuthor(models.TextChoices):
        """What the endorsement says of its author, as they chose."""

        NAME = "name", gettext_lazy("My name and my role")
        ROLE = "role", gettext_lazy("My role only")

    TRANSITIONS: Transitions = {State.ISSUED: frozenset({State.WITHDRAWN})}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    series = models.UUIDField(default=uuid.uuid4, editable=False)
    credential = models.ForeignKey(Credential, models.PROTECT, related_name="endorsements")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="endorsements")
    shown_author = models.CharField(max_length=10, choices=ShownAuthor)
    author_words = models.CharField(max_length=240, help_text=gettext_lazy("The author as everybody reads them."))
    comment = models.TextField()
    written_at = models.DateTimeField()
    valid_from = models.DateTimeField()
    document = models.TextField()
    jwt = models.TextField(gettext_lazy("token"))
    signed_by = ArrayField(models.CharField(max_length=40))
    status_list = models.ForeignKey(StatusList, models.PROTECT, related_name="endorsements")
    status_index = models.PositiveIntegerField(
        help_text=gettext_lazy("Its bit in that list, drawn at random and never given twice.")
    )
    state = models.CharField(max_length=10, choices=State, default=State.ISSUED)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField(
        blank=True, db_default="", help_text=gettext_lazy("Why it was withdrawn. Never shown in public.")
    )
    hidden_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("The holder took it off their page.")
    )
    resign_due_at = models.DateTimeField(null=True, blank=True, help_text=gettext_lazy("Waits to be signed anew."))
    succeeded_at = models.DateTimeField(null=True, blank=True, help_text=gettext_lazy("It was signed anew."))

    objects = EndorsementQuerySet.as_manager()

    class Meta:
        ordering = ["-written_at", "-valid_from"]
        permissions = [
            ("endorse", "Can endorse awards of others"),
            ("withdraw_endorsement", "Can withdraw endorsements of others"),
        ]
        indexes = [
            models.Index(
                fields=["resign_due_at"], condition=Q(resign_due_at__isnull=False), name="endorsements_to_sign_anew"
            ),
            models.Index(fields=["series"], name="endorsement_signings"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["credential", "author"],
                condition=Q(state="issued", succeeded_at=None),
                name="endorsement_one_live_per_author_and_award",
            ),
            models.UniqueConstraint(fields=["status_list", "status_index"], name="endorsement_status_index_given_once"),
            models.CheckConstraint(
                condition=Q(status_index__gte=0, status_index__lt=SIZE), name="endorsement_status_index_on_a_list"
            ),
            models.CheckConstraint(
                condition=Q(state="issued", withdrawn_at=None, withdrawn_by=None, reason="")
                | (Q(state="withdrawn", withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(reason="")),
                name="endorsement_withdrawn_by_at_and_why",
            ),
            models.CheckConstraint(
                condition=Q(resign_due_at=None) | Q(state="issued", succeeded_at=None),
                name="endorsement_signed_anew_while_it_stands",
            ),
            models.CheckConstraint(
                condition=Q(shown_author__in=["name", "role"]), name="endorsement_shown_author_known"
            ),
        ]

    def __str__(self) -> str:
        return f"Endorsement of {self.credential_id}"

    def get_absolute_url(self) -> str:
        """The public page."""
        return reverse("badges:endorsement", args=[self.pk])
