"""Practicals, what learners hand in for them, and what was decided."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from assessments.models.conflicts import clashes
from assessments.models.graders import check_languages
from assessments.models.handins import Disclosure
from assessments.models.sessions import SessionUse
from courses.lib.people import Person
from courses.lib.states import Transitions
from courses.models.content import ContentState

GIBIBYTE = 1 << 30


def one_language() -> list[str]:
    """What practicals are done in unless they say otherwise."""
    return ["en"]


class PracticalKind(models.TextChoices):
    """What a learner shows: a name for people. What is asked for stands in the practical's own fields, never here."""

    RECORDED_DEMO = "recorded_demo", _("recorded demo")
    CALL_LISTENING = "call_listening", _("call listening")
    ROLE_PLAY = "role_play", _("role-play")
    CUSTOMER_CALLS = "customer_calls", _("recorded customer calls")
    ROI_CASE = "roi_case", _("ROI case")
    SANDBOX_BUILD = "sandbox_build", _("sandbox build")
    CAPSTONE = "capstone", _("capstone deal simulation")
    CUSTOMER_ENGAGEMENT = "customer_engagement", _("customer engagement")
    ACCOUNT_PLAN_DEFENCE = "account_plan_defence", _("account plan defence")
    CAMPAIGN_PLAN = "campaign_plan", _("campaign plan")
    WORKSHOP = "workshop", _("workshop")


class Supervision(models.TextChoices):
    """How alone the learner was."""

    NONE = "", _("not applicable")
    OBSERVED = "observed", _("observed")
    SHADOWED = "shadowed", _("shadowed")
    ALONE = "alone", _("alone")


class PracticalQuerySet(models.QuerySet):
    """Practicals that a person may see."""

    def visible_to(self, user: Person) -> "PracticalQuerySet":
        """Published ones; drafts and withdrawn ones too for those who edit practicals."""
        if user.has_perm("assessments.change_practical"):
            return self
        return self.filter(state=ContentState.PUBLISHED)


class Practical(models.Model):
    """A skill task behind an exam, with its limits. Minutes are those of the recording. No personal data."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    kind = models.CharField(max_length=24, choices=PracticalKind)
    state = models.CharField(max_length=12, choices=ContentState, default=ContentState.DRAFT)
    exam = models.ForeignKey("assessments.Exam", models.PROTECT, related_name="practicals", help_text=_("Opens it."))
    rubric_version = models.ForeignKey("assessments.RubricVersion", models.PROTECT, related_name="practicals")
    brief_pool = models.ForeignKey("assessments.BriefPool", models.PROTECT, null=True, blank=True)
    instructions = models.TextField(blank=True, help_text=_("Markdown."))
    parts = models.JSONField(default=list, blank=True, help_text=_("A list of {name, minutes, text}."))
    recordings_required = models.PositiveSmallIntegerField(default=1, help_text=_("How many; 0 for none."))
    min_minutes = models.PositiveSmallIntegerField(default=30)
    max_minutes = models.PositiveSmallIntegerField(default=45)
    max_bytes = models.PositiveBigIntegerField(default=3 * GIBIBYTE)
    screen_required = models.BooleanField(
        default=True,
        db_default=True,
        help_text=_("Whether a recording in the browser must show the screen."),
    )
    notes_required = models.BooleanField(default=False)
    notes_prompt = models.TextField(blank=True, help_text=_("Markdown: what the written part asks for."))
    calls = models.ManyToManyField(
        "courses.Lesson", blank=True, related_name="practicals", help_text=_("Call recordings to hear.")
    )
    assets = models.ManyToManyField(
        "courses.Asset", blank=True, related_name="practicals", verbose_name=_("items of the library"),
        help_text=_("To use for it. Shown to those for whom they are."),
    )  # fmt: skip
    worksheet = models.JSONField(default=list, blank=True, help_text=_("A list of fields, see rules/worksheets.py."))
    links_required = models.PositiveSmallIntegerField(default=0, help_text=_("How many links at least."))
    files_required = models.PositiveSmallIntegerField(default=0, help_text=_("How many files at least."))
    languages = models.JSONField(
        default=one_language, db_default=["en"], validators=[check_languages],
        help_text=_('What it may be done in, e.g. ["en", "de"]: with more than one, the learner chooses.'),
    )  # fmt: skip
    takes_evidence = models.BooleanField(_("takes links and files"), default=False)
    evidence_prompt = models.TextField(blank=True, help_text=_("Markdown: what links and files should show."))
    self_assessment = models.BooleanField(_("asks for own marks"), default=False, help_text=_("With pinned moments."))
    session = models.CharField(_("live session"), max_length=10, choices=SessionUse, default=SessionUse.NONE)
    disclosure = models.CharField(
        max_length=10,
        choices=Disclosure,
        default=Disclosure.NONE,
        help_text=_("Whose agreement recordings need."),
    )
    reviewer_pool = models.ForeignKey(
        "assessments.ReviewerPool", models.PROTECT, null=True, blank=True, related_name="practicals",
        help_text=_("Who reads it; empty for every grader."),
    )  # fmt: skip
    supervision = models.CharField(
        max_length=8, choices=Supervision, default=Supervision.NONE, db_default="", blank=True,
        help_text=_("How alone a learner is who passes it."),
    )  # fmt: skip
    max_attempts = models.PositiveSmallIntegerField(default=5)
    cool_down_hours = models.PositiveSmallIntegerField(default=24)
    marks_required = models.PositiveSmallIntegerField(default=1)
    review_days = models.PositiveSmallIntegerField(default=5, help_text=_("Promised days from hand-in to decision."))
    original_kept_days = models.PositiveSmallIntegerField(
        default=60,
        db_default=60,
        help_text=_("Days after the result; then only the version to play is kept."),
    )
    kept_months = models.PositiveSmallIntegerField(
        default=24,
        db_default=24,
        help_text=_("Months after the result; then recordings and files are deleted."),
    )
    history = HistoricalRecords()

    objects = PracticalQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        constraints = [
            models.CheckConstraint(
                condition=Q(recordings_required__gte=1)
                | Q(notes_required=True)
                | Q(links_required__gte=1)
                | Q(files_required__gte=1)
                | ~Q(worksheet=[]),
                name="practical_asks_for_something",
            ),
            models.CheckConstraint(
                condition=Q(takes_evidence=True) | Q(links_required=0, files_required=0),
                name="practical_takes_the_evidence_it_requires",
            ),
            models.CheckConstraint(condition=Q(min_minutes__lte=F("max_minutes")), name="practical_minutes_in_order"),
            models.CheckConstraint(condition=Q(kept_months__range=(1, 120)), name="practical_keeps_up_to_ten_years"),
            models.CheckConstraint(
                condition=Q(max_attempts__gte=1, marks_required__gte=1, review_days__gte=1, max_bytes__gte=1),
                name="practical_limits_from_one",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The practical's page."""
        return reverse("assessments:practical", args=[self.slug])


class SubmissionState(models.TextChoices):
    """Where a try stands. In review: a grader has had it; returned: the learner may replace and hand in again."""

    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("handed in")
    IN_REVIEW = "in_review", _("in review")
    DECIDED = "decided", _("decided")
    RETURNED = "returned", _("returned")
    WITHDRAWN = "withdrawn", _("withdrawn")


OPEN_STATES = (SubmissionState.DRAFT, SubmissionState.SUBMITTED, SubmissionState.IN_REVIEW, SubmissionState.RETURNED)
EDITABLE_STATES = (SubmissionState.DRAFT, SubmissionState.RETURNED)
TRANSITIONS: Transitions = {
    SubmissionState.DRAFT: frozenset({SubmissionState.SUBMITTED, SubmissionState.WITHDRAWN}),
    SubmissionState.SUBMITTED: frozenset(
        {SubmissionState.IN_REVIEW, SubmissionState.RETURNED, SubmissionState.WITHDRAWN}
    ),
    SubmissionState.IN_REVIEW: frozenset({SubmissionState.DECIDED, SubmissionState.RETURNED}),
    SubmissionState.RETURNED: frozenset({SubmissionState.SUBMITTED, SubmissionState.WITHDRAWN}),
    SubmissionState.DECIDED: frozenset(),
    SubmissionState.WITHDRAWN: frozenset(),
}


class SubmissionQuerySet(models.QuerySet):
    """Submissions by state and by who may see them."""

    def open(self) -> "SubmissionQuerySet":
        """Tries that are neither decided nor withdrawn."""
        return self.filter(state__in=OPEN_STATES)

    def free_of_conflict(self, grader: Person) -> "SubmissionQuerySet":
        """Leaves out what this grader may not read, if it were handed in now. Source: rules.md 5.2."""
        return self.exclude(clashes(grader, "learner", Now()))

    def visible_to(self, user: Person) -> "SubmissionQuerySet":
        """One's own alone, whatever else a person may: graders see work at the desk, staff in the administration."""
        return self.filter(learner=user)


class Submission(models.Model):
    """One try of a learner at a practical, with the brief and rubric that it was opened with.

    Personal data: who tried what, when, and the learner's notes.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practical = models.ForeignKey(Practical, models.PROTECT, related_name="submissions")
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="submissions")
    number = models.PositiveSmallIntegerField()
    brief = models.ForeignKey("assessments.Brief", models.PROTECT, null=True, blank=True, related_name="submissions")
    rubric_version = models.ForeignKey("assessments.RubricVersion", models.PROTECT, related_name="submissions")
    state = models.CharField(max_length=12, choices=SubmissionState, default=SubmissionState.DRAFT)
    notes = models.TextField(blank=True, max_length=50_000)
    worksheet = models.JSONField(default=dict, blank=True, help_text=_("What was typed, by field."))
    self_assessment = models.JSONField(default=dict, blank=True, help_text=_("Own marks as typed, by criterion."))
    revision = models.PositiveIntegerField(default=0, help_text=_("Of notes, worksheet and own marks together."))
    language = models.CharField(
        max_length=16, default="en", db_default="en", help_text=_("What it is done in: a code.")
    )
    supervision = models.CharField(
        max_length=8, choices=Supervision, default=Supervision.NONE, db_default="", blank=True, editable=False,
        help_text=_("How alone the learner was, as its practical said when it was opened."),
    )  # fmt: skip
    opened_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    promised_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    receipt = models.CharField(max_length=20, blank=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at"]
        indexes = [models.Index(fields=["state", "promised_at"], name="submission_by_promise")]
        constraints = [
            models.UniqueConstraint(
                fields=["learner", "practical"],
                condition=Q(state__in=OPEN_STATES),
                name="submission_one_open_per_learner",
            ),
            models.UniqueConstraint(fields=["learner", "practical", "number"], name="submission_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="submission_number_from_one"),
            models.CheckConstraint(
                condition=Q(state=SubmissionState.DECIDED, decided_at__isnull=False)
                | (~Q(state=SubmissionState.DECIDED) & Q(decided_at__isnull=True)),
                name="submission_decided_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(state=SubmissionState.WITHDRAWN, withdrawn_at__isnull=False)
                | (~Q(state=SubmissionState.WITHDRAWN) & Q(withdrawn_at__isnull=True)),
                name="submission_withdrawn_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=(*EDITABLE_STATES, SubmissionState.WITHDRAWN))
                | (Q(submitted_at__isnull=False, promised_at__isnull=False) & ~Q(receipt="")),
                name="submission_handed_in_has_receipt_and_promise",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.practical}, try {self.number}"

    def get_absolute_url(self) -> str:
        """The learner's page of this try."""
        return reverse("assessments:submission", args=[self.pk])


class SubmissionVersion(models.Model):
    """What was handed in, as it was handed in: append-only. Personal data: the learner's notes and recordings."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    recordings = models.ManyToManyField("assessments.Recording", related_name="versions", blank=True)
    notes = models.TextField(blank=True)
    worksheet = models.JSONField(default=dict, blank=True)
    worksheet_fields = models.JSONField(
        default=list, db_default=[], blank=True, help_text=_("The fields as they were asked.")
    )
    self_assessment = models.JSONField(default=list, blank=True, help_text=_("Own marks with their moments."))
    links = models.JSONField(default=list, blank=True, help_text=_("A list of {url, title}."))
    files = models.ManyToManyField("assessments.SubmissionFile", related_name="versions", blank=True)
    disclosures = models.JSONField(default=list, blank=True, help_text=_("As they were declared, by place."))
    handed_in_at = models.DateTimeField()
    receipt = models.CharField(max_length=20)

    class Meta:
        ordering = ["submission", "-number"]
        constraints = [models.UniqueConstraint(fields=["submission", "number"], name="submission_version_once")]

    def __str__(self) -> str:
        return f"{self.submission}, version {self.number}"


class SubmissionEvent(models.Model):
    """One step of a submission from state to state: append-only. Personal data: who did it."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="events")
    happened_at = models.DateTimeField()
    old = models.CharField(max_length=12, choices=SubmissionState, blank=True)
    new = models.CharField(max_length=12, choices=SubmissionState)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["happened_at", "pk"]

    def __str__(self) -> str:
        return f"{self.submission}: {self.new}"


class Decision(models.Model):
    """The outcome of one version by its rubric's rule: append-only; one, and one more where an appeal was answered.

    `mean` is the mean of the counted totals, `total` the same rounded half up: the number that decides. Personal data: a
    learner's result.
    """

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="decisions")
    version = models.ForeignKey(SubmissionVersion, models.PROTECT, related_name="decisions")
    appeal = models.OneToOneField(
        "assessments.Appeal",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="answer",
        help_text=_("Which it answers."),
    )
    mean = models.DecimalField(max_digits=6, decimal_places=2)
    total = models.DecimalField(max_digits=4, decimal_places=0)
    maximum = models.PositiveSmallIntegerField()
    pass_points = models.PositiveSmallIntegerField()
    passed = models.BooleanField()
    decided_at = models.DateTimeField()
    reason = models.CharField(max_length=200)

    class Meta:
        ordering = ["-decided_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(passed=True, total__gte=F("pass_points")) | Q(passed=False, total__lt=F("pass_points")),
                name="decision_passed_by_its_total",
            ),
            models.CheckConstraint(condition=Q(total__lte=F("maximum")), name="decision_total_within_maximum"),
            models.UniqueConstraint(
                fields=["version"], condition=Q(appeal__isnull=True), name="decision_one_per_version_without_appeal"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.total} of {self.maximum}"
