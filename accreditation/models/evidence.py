"""Evidence: the append-only facts that standing is computed from, and what was computed last."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from assessments.models.practicals import Supervision


class EvidenceKind(models.TextChoices):
    """What was done."""

    COURSE = "course", gettext_lazy("course completed")
    EXAM = "exam", gettext_lazy("written exam passed")
    PRACTICAL = "practical", gettext_lazy("practical passed")
    ATTESTATION = "attestation", gettext_lazy("attested by the manager")
    CREDIT = "credit", gettext_lazy("credit from elsewhere")
    UPDATE = "update", gettext_lazy("caught up with a change")
    REVOCATION = "revocation", gettext_lazy("credential revoked")
    WITHDRAWAL = "withdrawal", gettext_lazy("evidence withdrawn")


class Evidence(models.Model):
    """Who, what, when. Never changed or deleted: undoing is a new row in `withdraws`. `source` names the row it stands on.

    Personal data: who proved what, when, with which score.
    """

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=12, choices=EvidenceKind)
    source = models.CharField(
        max_length=120, unique=True, help_text=gettext_lazy("app.model:id of the row it stands on")
    )
    course = models.ForeignKey("courses.Course", models.PROTECT, null=True, blank=True)
    exam = models.ForeignKey("assessments.Exam", models.PROTECT, null=True, blank=True)
    practical = models.ForeignKey("assessments.Practical", models.PROTECT, null=True, blank=True)
    program = models.ForeignKey("accreditation.Program", models.PROTECT, null=True, blank=True)
    attestation = models.ForeignKey("accreditation.Attestation", models.PROTECT, null=True, blank=True)
    credit = models.ForeignKey("accreditation.ExternalCredit", models.PROTECT, null=True, blank=True)
    update_part = models.ForeignKey("accreditation.UpdatePart", models.PROTECT, null=True, blank=True, related_name="+")
    performed_on = models.DateField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    supervision = models.CharField(max_length=8, choices=Supervision, default=Supervision.NONE, blank=True)
    use_case = models.ForeignKey("courses.UseCase", models.PROTECT, null=True, blank=True)
    product = models.ForeignKey("courses.Product", models.PROTECT, null=True, blank=True)
    persona = models.ForeignKey("courses.Persona", models.PROTECT, null=True, blank=True)
    vertical = models.ForeignKey("courses.Vertical", models.PROTECT, null=True, blank=True)
    is_complex = models.BooleanField(gettext_lazy("complex solution"), default=False, db_default=False)
    score = models.DecimalField(max_digits=8, decimal_places=3, null=True, blank=True)
    maximum = models.DecimalField(max_digits=8, decimal_places=3, null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    withdraws = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="withdrawn_by")
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["performed_on", "pk"]
        verbose_name_plural = gettext_lazy("evidence")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=EvidenceKind.WITHDRAWAL, withdraws__isnull=False)
                | (~Q(kind=EvidenceKind.WITHDRAWAL) & Q(withdraws__isnull=True)),
                name="evidence_withdrawal_names_its_row",
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True, maximum__isnull=True)
                | Q(score__gte=0, maximum__isnull=False, score__lte=models.F("maximum")),
                name="evidence_score_within_maximum",
            ),
        ]
        indexes = [models.Index(fields=["learner", "kind"], name="evidence_by_learner")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.performed_on}"


class Reassessment(models.Model):
    """A learner's standing is to be computed again: a task hurries the row, a sweep finds it. Personal data: the learner."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="reassessments")
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["due_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["learner"], condition=Q(done_at__isnull=True), name="reassessment_one_open_per_learner"
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(done_at__isnull=True), name="reassessment_open_by_due_at")
        ]

    def __str__(self) -> str:
        return f"{self.learner_id} at {self.due_at}"


class ProgramReassessment(models.Model):
    """Everybody's standing in a program is to be computed again: its rules changed, or many ran out. No personal data."""

    program = models.ForeignKey("accreditation.Program", models.PROTECT, related_name="reassessments")
    due_at = models.DateTimeField()
    began_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    learners = models.PositiveIntegerField(null=True, blank=True, help_text=gettext_lazy("How many were looked at."))
    changed = models.PositiveIntegerField(
        null=True, blank=True, help_text=gettext_lazy("How many standings are others now.")
    )

    class Meta:
        ordering = ["-due_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["program"], condition=Q(done_at__isnull=True), name="program_reassessment_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.program} at {self.due_at}"


class StandingState(models.TextChoices):
    """Where a learner stands in a program."""

    NOT_STARTED = "not_started", gettext_lazy("not started")
    IN_PROGRESS = "in_progress", gettext_lazy("in progress")
    ACCREDITED = "accredited", gettext_lazy("accredited")
    FADING = "fading", gettext_lazy("fading")
    LAPSED = "lapsed", gettext_lazy("lapsed")
    REVOKED = "revoked", gettext_lazy("revoked")


IN_FORCE = (StandingState.ACCREDITED, StandingState.FADING)


class Accreditation(models.Model):
    """What a learner holds from a program, as last computed. Never edited: `reassess()` writes it at any time.

    Who enrols has one from then on, not started. `cycles`: first and last day of each time that it was held, both
    inclusive; a renewal begins another one. `steps`: each day on which a proof counted, with the last day that it was held
    to by then. `met` of `asked` requirements, as they are asked now; `open_requirements`: primary keys of those that would
    help. Written in one statement with the state, so that reports only count.
    Personal data: the learner's standing.
    """

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="accreditations")
    program = models.ForeignKey("accreditation.Program", models.PROTECT, related_name="accreditations")
    version = models.ForeignKey("accreditation.ProgramVersion", models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=StandingState)
    completed_on = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    cycles = ArrayField(ArrayField(models.DateField(), size=2), default=list, db_default=[], editable=False)
    steps = ArrayField(ArrayField(models.DateField(), size=2), default=list, db_default=[], editable=False)
    met = models.PositiveSmallIntegerField(gettext_lazy("requirements met"), default=0, db_default=0)
    asked = models.PositiveSmallIntegerField(gettext_lazy("requirements asked"), default=0, db_default=0)
    open_requirements = ArrayField(models.BigIntegerField(), default=list, db_default=[], editable=False)
    credential = models.ForeignKey("badges.Credential", models.PROTECT, null=True, blank=True, related_name="+")
    computed_at = models.DateTimeField()
    award_refused_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text=gettext_lazy("Its badge waits from then on for newer evidence."),
    )

    class Meta:
        ordering = ["program", "learner"]
        constraints = [
            models.UniqueConstraint(fields=["learner", "program"], name="accreditation_one_per_learner_and_program"),
            models.CheckConstraint(
                condition=~Q(state__in=IN_FORCE) | Q(completed_on__isnull=False, valid_until__isnull=False),
                name="accreditation_in_force_has_dates",
            ),
        ]
        indexes = [
            models.Index(fields=["valid_until"], name="accreditation_by_valid_until"),
            models.Index(fields=["program", "state"], name="accreditation_by_program_state"),
        ]

    def __str__(self) -> str:
        return f"{self.learner_id}: {self.program}, {self.get_state_display()}"
