"""Tiers: from how many use cases on crawl, walk and run are held, and what was computed of that last."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy


class Tier(models.Model):
    """A step of depth: so many distinct use cases, or one complex solution where that is enough. Data, from a program file.

    A higher one asks for more use cases, so that their number is the order. Its achievement is its own. No personal data.
    """

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=120)
    use_cases = models.PositiveSmallIntegerField(help_text=gettext_lazy("From how many distinct ones on it is held."))
    organisation_use_cases = models.PositiveSmallIntegerField(
        gettext_lazy("use cases of an organisation"),
        null=True,
        blank=True,
        help_text=gettext_lazy(
            "From how many distinct ones of its people on an organisation holds it. Empty: as many as for a person."
        ),
    )
    complex_is_enough = models.BooleanField(
        default=False, db_default=False, help_text=gettext_lazy("One certified complex solution does as well.")
    )
    achievement = models.OneToOneField("badges.Achievement", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["use_cases"]
        constraints = [
            models.CheckConstraint(condition=Q(use_cases__gte=1), name="tier_asks_for_a_use_case"),
            models.CheckConstraint(
                condition=Q(organisation_use_cases__isnull=True) | Q(organisation_use_cases__gte=1),
                name="tier_asks_organisations_for_a_use_case",
            ),
            models.UniqueConstraint(
                fields=["use_cases"], name="tier_higher_asks_for_more", deferrable=models.Deferrable.DEFERRED
            ),
        ]

    def __str__(self) -> str:
        return self.title


class TierHolding(models.Model):
    """The tier that a person holds, as last computed with their standing. Never edited, never counted up.

    `tier` is a slug, empty for none. `use_cases`: primary key as text → last day. `changes_after`: the first of all those
    days, after which it has to be computed again. `verticals`: vertical → use case → last day. `revoked`: slugs of tiers whose
    badge was revoked, which are not held. Personal data: what the person has shown.
    """

    learner = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="tier_holding")
    tier = models.SlugField(max_length=80, blank=True, db_default="")
    valid_until = models.DateField(null=True, blank=True)
    use_cases = models.JSONField(default=dict, db_default={}, blank=True)
    complex_until = models.DateField(null=True, blank=True)
    verticals = models.JSONField(default=dict, db_default={}, blank=True)
    revoked = models.JSONField(default=list, db_default=[], blank=True)
    changes_after = models.DateField(null=True, blank=True)
    credential = models.ForeignKey("badges.Credential", models.PROTECT, null=True, blank=True, related_name="+")
    computed_at = models.DateTimeField()
    award_refused_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text=gettext_lazy("Its badge waits from then on for newer evidence."),
    )

    class Meta:
        ordering = ["learner"]
        constraints = [
            models.CheckConstraint(
                condition=Q(tier="", valid_until__isnull=True) | (~Q(tier="") & Q(valid_until__isnull=False)),
                name="tier_holding_has_its_last_day",
            ),
        ]
        indexes = [
            models.Index(fields=["changes_after"], name="tier_holding_by_change"),
            models.Index(fields=["valid_until"], name="tier_holding_by_valid_until"),
        ]

    def __str__(self) -> str:
        return f"{self.learner_id}: {self.tier or 'no tier'}"
