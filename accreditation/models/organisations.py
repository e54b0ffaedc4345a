"""How people come to a partner organisation and leave it: proven mail domains, who asks to join, and moves."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy
from simple_history.models import HistoricalRecords

from accreditation.models.people import Organisation


class DomainQuerySet(models.QuerySet):
    """Mail domains by whether they count."""

    def proven(self) -> "DomainQuerySet":
        """Those of which enablement saw the proof."""
        return self.filter(proven_at__isnull=False)


class OrganisationDomain(models.Model):
    """A mail domain of an organisation, in ASCII as mail servers know it. It counts once enablement has seen its proof.

    No personal data.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="domains")
    domain = models.CharField(max_length=253, unique=True)
    with_subdomains = models.BooleanField(
        default=False, help_text=gettext_lazy("mail.example.com counts for example.com too.")
    )
    proven_at = models.DateTimeField(null=True, blank=True, editable=False)
    proven_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    history = HistoricalRecords()

    objects = DomainQuerySet.as_manager()

    class Meta:
        ordering = ["domain"]
        constraints = [
            models.CheckConstraint(
                condition=Q(proven_at__isnull=True, proven_by__isnull=True)
                | Q(proven_at__isnull=False, proven_by__isnull=False),
                name="organisation_domain_proven_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(domain__regex=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$"), name="organisation_domain_in_ascii"
            ),
        ]

    def __str__(self) -> str:
        return self.domain


class JoinRequestQuerySet(models.QuerySet):
    """Who asks to join, by whether it was answered."""

    def open(self) -> "JoinRequestQuerySet":
        """Those that wait for an answer."""
        return self.filter(answered_at__isnull=True)


class JoinRequest(models.Model):
    """A person whose confirmed address is of an organisation's domain waits for its manager. Personal data: who asks."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="join_requests")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="join_requests")
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    accepted = models.BooleanField(null=True, blank=True)

    objects = JoinRequestQuerySet.as_manager()

    class Meta:
        ordering = ["asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(answered_at__isnull=True), name="join_request_one_open_per_person"
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, accepted__isnull=True, answered_by__isnull=True)
                | Q(answered_at__isnull=False, accepted__isnull=False),
                name="join_request_answered_has_its_answer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} to {self.organisation}"


class Move(models.Model):
    """A person came to an organisation, left one, or both; never changed. Personal data: who belonged where, and why not now."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="moves")
    old = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="departures")
    new = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="arrivals")
    moved_on = models.DateField()
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-recorded_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(old__isnull=False, new__isnull=True)
                | Q(old__isnull=True, new__isnull=False)
                | (Q(old__isnull=False, new__isnull=False) & ~Q(old=F("new"))),
                name="move_leads_elsewhere",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.old or 'no organisation'} to {self.new or 'no organisation'}"
