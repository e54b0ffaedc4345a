"""What people told us, what became of it, and how they found the courses that they completed."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from courses.lib.people import Person
from courses.lib.states import Transitions


class FeedbackState(models.TextChoices):
    """Where a remark stands."""

    OPEN = "open", _("new")
    LOOKED_AT = "looked_at", _("looked at")
    PLANNED = "planned", _("planned")
    DONE = "done", _("done")
    DECLINED = "declined", _("declined")
    DUPLICATE = "duplicate", _("said before")


WAITING = (FeedbackState.OPEN, FeedbackState.LOOKED_AT, FeedbackState.PLANNED)
"""States of remarks that something is still to be done about."""
SETTLED = (FeedbackState.DONE, FeedbackState.DECLINED, FeedbackState.DUPLICATE)
_AHEAD = frozenset({*WAITING, FeedbackState.DONE, FeedbackState.DECLINED})
FEEDBACK_TRANSITIONS: Transitions = {
    FeedbackState.OPEN: (_AHEAD | {FeedbackState.DUPLICATE}) - {FeedbackState.OPEN},
    FeedbackState.LOOKED_AT: (_AHEAD | {FeedbackState.DUPLICATE}) - {FeedbackState.OPEN, FeedbackState.LOOKED_AT},
    FeedbackState.PLANNED: frozenset({FeedbackState.DONE, FeedbackState.DECLINED, FeedbackState.DUPLICATE}),
    FeedbackState.DONE: frozenset({FeedbackState.PLANNED}),
    FeedbackState.DECLINED: frozenset({FeedbackState.PLANNED}),
    FeedbackState.DUPLICATE: frozenset(),
}


class FeedbackKind(models.TextChoices):
    """What a remark is about."""

    MISTAKE = "mistake", _("Something is wrong")
    OUTDATED = "outdated", _("It is out of date")
    UNCLEAR = "unclear", _("I don't understand it")
    IDEA = "idea", _("I have an idea")
    QUESTION = "question", _("I have a question")


class ShownTo(models.TextChoices):
    """Who reads a remark's public line, besides its author."""

    NOBODY = "nobody", _("nobody else")
    PEOPLE = "people", _("everybody who is signed in")
    EVERYBODY = "everybody", _("everybody, without an account too")


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    """Remarks, by author and by who may read of them."""

    def visible_to(self, user: Person) -> "FeedbackQuerySet":
        """One's own."""
        return self.filter(author_id=user.pk)

    def waiting(self) -> "FeedbackQuerySet":
        """Those that something is still to be done about."""
        return self.filter(state__in=WAITING)

    def shown_to(self, *, is_signed_in: bool) -> "FeedbackQuerySet":
        """Those whose public line is for this reader."""
        wide = [ShownTo.EVERYBODY, ShownTo.PEOPLE] if is_signed_in else [ShownTo.EVERYBODY]
        return self.filter(shown_to__in=wide)


class Feedback(models.Model):
    """A "tell us" remark with its answer. Personal data: the author, what they wrote and where.

    `page`, `page_title`, `about_kind` and `about_id` say where it was written, as the portal found it, not as the browser
    said. `public_title` and `done_sentence` are enablement's words; the author's own are shown to others only where
    `may_quote`. `promised_at`: until when the first reply was promised. `forgotten_at`: when the words were deleted.
    """

    lesson = models.ForeignKey("courses.Lesson", models.PROTECT, null=True, blank=True, related_name="feedback")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="feedback")
    kind = models.CharField(max_length=12, choices=FeedbackKind)
    text = models.TextField(max_length=4000)
    page = models.CharField(max_length=300, help_text=_("The address it was written on."))
    page_title = models.CharField(max_length=200, blank=True, db_default="")
    about_kind = models.CharField(max_length=40, blank=True, db_default="")
    about_id = models.CharField(max_length=120, blank=True, db_default="")
    may_quote = models.BooleanField(
        default=False, db_default=False, help_text=_("The author agreed that others read these words, without a name.")
    )
    state = models.CharField(max_length=12, choices=FeedbackState, default=FeedbackState.OPEN)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="feedback_owned"
    )
    tags = models.CharField(max_length=200, blank=True, db_default="", help_text=_("Words apart by commas."))
    answer = models.TextField(blank=True, max_length=4000, help_text=_("The author reads it."))
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="feedback_answered"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    duplicate_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="duplicates")
    shown_to = models.CharField(max_length=9, choices=ShownTo, default=ShownTo.NOBODY, db_default=ShownTo.NOBODY)
    public_title = models.CharField(
        max_length=200, blank=True, db_default="", help_text=_("What was asked, in your words, without a name.")
    )
    done_sentence = models.CharField(
        max_length=300, blank=True, db_default="", help_text=_("What was done about it; shown once it is done.")
    )
    created_at = models.DateTimeField(auto_now_add=True)
    promised_at = models.DateTimeField(null=True, blank=True)
    first_reply_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    forgotten_at = models.DateTimeField(null=True, blank=True)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        db_table = "courses_lessonfeedback"
        ordering = ["-created_at"]
        verbose_name = _("remark")
        verbose_name_plural = _("remarks")
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True)
                | Q(answered_at__isnull=False, answered_by__isnull=False),
                name="feedback_answered_by_and_at_together",
            ),
            models.CheckConstraint(
                condition=Q(state__in=SETTLED, settled_at__isnull=False)
                | (~Q(state__in=SETTLED) & Q(settled_at__isnull=True)),
                name="feedback_settled_at_when_settled",
            ),
            models.CheckConstraint(
                condition=Q(state="duplicate", duplicate_of__isnull=False)
                | (~Q(state="duplicate") & Q(duplicate_of__isnull=True)),
                name="feedback_duplicate_names_the_other",
            ),
            models.CheckConstraint(
                condition=Q(duplicate_of__isnull=True) | ~Q(duplicate_of=F("pk")), name="feedback_not_its_own_duplicate"
            ),
            models.CheckConstraint(
                condition=Q(shown_to="nobody") | ~Q(public_title=""), name="feedback_shown_under_a_title"
            ),
            models.CheckConstraint(
                condition=Q(forgotten_at__isnull=True) | Q(text=""), name="feedback_forgotten_is_gone"
            ),
        ]
        indexes = [
            models.Index(fields=["promised_at"], condition=Q(first_reply_at__isnull=True), name="feedback_by_promise"),
            models.Index(fields=["settled_at"], condition=Q(forgotten_at__isnull=True), name="feedback_by_settled_at"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.lesson or self.page_title or self.page}"


class FeedbackStep(models.Model):
    """One step of a remark, appended: what was done, from what to what. Personal data: who did it."""

    feedback = models.ForeignKey(Feedback, models.PROTECT, related_name="steps")
    what = models.CharField(
        max_length=10,
        choices=[
            ("told", _("told")),
            ("state", _("state")),
            ("answer", _("answer")),
            ("owner", _("owner")),
            ("tags", _("tags")),
            ("duplicate", _("said before")),
            ("public", _("public line")),
            ("forgotten", _("words deleted")),
        ],
    )
    before = models.CharField(max_length=300, blank=True)
    after = models.CharField(max_length=300, blank=True)
    answer = models.TextField(blank=True, help_text=_("The answer as it was written then."))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    happened_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("step")
        verbose_name_plural = _("steps")

    def __str__(self) -> str:
        return f"{self.get_what_display()}: {self.after}"


class FeedbackVote(models.Model):
    """Somebody else wants the same. Personal data: who wants it."""

    feedback = models.ForeignKey(Feedback, models.CASCADE, related_name="votes")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="feedback_votes")
    voted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["feedback", "person"], name="feedback_vote_once")]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.feedback_id}"


class CourseRating(models.Model):
    """How a learner found a course that they completed, 1 to 5. Personal data: who found it how.

    It may be changed until somebody has read it: `read_at` and `read_by`.
    """

    completion = models.OneToOneField("courses.CourseCompletion", models.PROTECT, related_name="rating")
    stars = models.PositiveSmallIntegerField(choices=[(n, str(n)) for n in range(1, 6)])
    text = models.TextField(max_length=2000, blank=True)
    rated_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    read_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-rated_at", "-pk"]
        verbose_name = _("rating of a course")
        verbose_name_plural = _("ratings of courses")
        constraints = [
            models.CheckConstraint(condition=Q(stars__range=(1, 5)), name="course_rating_one_to_five"),
            models.CheckConstraint(
                condition=Q(read_at__isnull=True, read_by__isnull=True)
                | Q(read_at__isnull=False, read_by__isnull=False),
                name="course_rating_read_by_and_at_together",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stars}: {self.completion.course}"
