"""What others say of a learner: statements that a manager attests, and credits that come from elsewhere."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy
from simple_history.models import HistoricalRecords


class Attestation(models.Model):
    """A statement that a manager attests of one of their people. No personal data."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    statement = models.TextField(help_text=gettext_lazy("What the manager says by attesting it, in full."))
    history = HistoricalRecords()

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class ExternalCredit(models.Model):
    """A certificate or course of another body that a program takes. No personal data."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    issuer = models.CharField(max_length=200, help_text=gettext_lazy("Who gives it."))
    url = models.URLField(
        gettext_lazy("address"), blank=True, help_text=gettext_lazy("Where anybody can read what it asks for.")
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return f"{self.title} ({self.issuer})"


class Given(models.Model):
    """What somebody stated of a learner, once; taken back with a reason, never changed."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    performed_on = models.DateField(gettext_lazy("of the day"), help_text=gettext_lazy("The day that it is true of."))
    note = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    given_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    reason = models.CharField(gettext_lazy("why it was taken back"), max_length=300, blank=True, editable=False)

    class Meta:
        abstract = True
        ordering = ["-given_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True, reason="")
                | (Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(reason="")),
                name="%(class)s_withdrawn_by_whom_and_why",
            )
        ]


class GivenAttestation(Given):
    """A manager attested a statement of one of their people. Personal data: who said what of whom."""

    attestation = models.ForeignKey(Attestation, models.PROTECT, related_name="given")

    class Meta(Given.Meta):
        constraints = [
            *Given.Meta.constraints,
            models.UniqueConstraint(
                fields=["attestation", "learner", "performed_on"],
                condition=Q(withdrawn_at__isnull=True),
                name="given_attestation_once_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attestation}: {self.learner}, {self.performed_on}"


class GivenCredit(Given):
    """A credit from elsewhere that enablement saw and entered. `valid_until` as its body says. Personal data: who holds what."""

    credit = models.ForeignKey(ExternalCredit, models.PROTECT, related_name="given")
    reference = models.CharField(
        max_length=300, help_text=gettext_lazy("Its number or address, so that anybody can look it up again.")
    )
    valid_until = models.DateField(null=True, blank=True)

    class Meta(Given.Meta):
        constraints = [
            *Given.Meta.constraints,
            models.UniqueConstraint(
                fields=["credit", "learner", "performed_on"],
                condition=Q(withdrawn_at__isnull=True),
                name="given_credit_once_a_day",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=models.F("performed_on")),
                name="given_credit_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.credit}: {self.learner}, {self.performed_on}"
