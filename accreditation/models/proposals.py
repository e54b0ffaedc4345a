"""Rules that are proposed: what they would change for whom, before they go live."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from accreditation.models.evidence import StandingState


class Grandfather(models.TextChoices):
    """What becomes of those who hold an accreditation when its rules change."""

    UNTIL_END = "until_end", gettext_lazy("keep it to the date that it has")
    NONE = "none", gettext_lazy("go by the new rules at once")


class ProposalState(models.TextChoices):
    """Where a proposal stands."""

    PROPOSED = "proposed", gettext_lazy("proposed")
    LIVE = "live", gettext_lazy("live")
    DISCARDED = "discarded", gettext_lazy("discarded")


TRANSITIONS = {
    ProposalState.PROPOSED: (ProposalState.LIVE, ProposalState.DISCARDED),
    ProposalState.LIVE: (),
    ProposalState.DISCARDED: (),
}


class Proposal(models.Model):
    """A version of a program's rules that is to go live, with the preview of what that changes.

    `preview_due_at`: a preview is wanted, a task hurries it and a sweep finds it. `previewed_at`: what the list knows
    everything up to. `approved_at`: it goes live by itself on its day, if the list still holds. `before`: when live, the
    rules that were replaced, for those who keep what they had by them.
    Personal data: who proposed, approved and published it.
    """

    program = models.ForeignKey("accreditation.Program", models.PROTECT, related_name="proposals")
    version = models.OneToOneField("accreditation.ProgramVersion", models.PROTECT, related_name="proposal")
    replaces = models.ForeignKey("accreditation.ProgramVersion", models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=ProposalState, default=ProposalState.PROPOSED)
    grandfather = models.CharField(
        gettext_lazy("who holds it"),
        max_length=9,
        choices=Grandfather,
        default=Grandfather.UNTIL_END,
        help_text=gettext_lazy("On that day."),
    )
    goes_live_on = models.DateField(
        gettext_lazy("goes live on"), help_text=gettext_lazy("A day in the program's time zone.")
    )
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    preview_due_at = models.DateTimeField(null=True, blank=True)
    previewed_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict, blank=True)
    rules_digest = models.CharField(max_length=64, blank=True, editable=False)
    before = models.JSONField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    told_at = models.DateTimeField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-proposed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["program"], condition=Q(state=ProposalState.PROPOSED), name="proposal_one_open_per_program"
            ),
            models.CheckConstraint(
                condition=Q(state=ProposalState.LIVE, published_at__isnull=False)
                | (~Q(state=ProposalState.LIVE) & Q(published_at__isnull=True, before__isnull=True)),
                name="proposal_published_at_when_live",
            ),
        ]

    def __str__(self) -> str:
        return str(self.version)


class Outcome(models.TextChoices):
    """What new rules change for a person."""

    GAINS = "gains", gettext_lazy("becomes accredited")
    LOSES = "loses", gettext_lazy("no longer in force")
    KEPT = "kept", gettext_lazy("keeps it by the rules that were met")
    EARLIER = "earlier", gettext_lazy("ends earlier")
    LATER = "later", gettext_lazy("ends later")
    TIER = "tier", gettext_lazy("another tier")


class Effect(models.Model):
    """What a proposal changes for one person in one program, its own or one that asks for it.

    Whoever is not listed stays as they are. `tier_before`, `tier_after`: slugs, where their tier is another one then.
    Personal data: their standing.
    """

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="effects")
    program = models.ForeignKey("accreditation.Program", models.PROTECT, related_name="+")
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=7, choices=Outcome)
    state_before = models.CharField(gettext_lazy("standing now"), max_length=12, choices=StandingState)
    until_before = models.DateField(gettext_lazy("until, now"), null=True, blank=True)
    state_after = models.CharField(gettext_lazy("standing then"), max_length=12, choices=StandingState)
    until_after = models.DateField(gettext_lazy("until, then"), null=True, blank=True)
    tier_before = models.CharField(gettext_lazy("tier now"), max_length=80, blank=True, db_default="")
    tier_after = models.CharField(gettext_lazy("tier then"), max_length=80, blank=True, db_default="")

    class Meta:
        ordering = ["outcome", "learner", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "program", "learner"], name="effect_once_per_person_and_program"
            )
        ]

    def __str__(self) -> str:
        return f"{self.learner_id}: {self.get_outcome_display()}"
