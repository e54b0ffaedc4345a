"""Notices: in the app always, by e-mail where the person wants it. The row is the outbox."""

from django.conf import settings
from django.db import models
from django.db.models import Count, Q, Window

from courses.lib.people import Person


class NoticeKind(models.TextChoices):
    """What a notice tells."""

    EXAM_PASSED = "exam_passed", "An exam was passed"
    EXAM_FAILED = "exam_failed", "An exam was not passed"
    EXAM_RECEIVED = "exam_received", "An exam arrived and waits to be scored"
    SITTING = "sitting", "A sitting was planned for you or reopened"
    PRACTICAL_OPEN = "practical_open", "A practical opens"
    SESSION = "session", "A live session was booked or called off"
    SUBMISSION_RECEIVED = "submission_received", "A hand-in arrived"
    RECORDING_REJECTED = "recording_rejected", "A recording can't be used"
    UPLOAD_WAITS = "upload_waits", "An upload waits to be finished"
    REVIEW_DUE = "review_due", "A review is due"
    DECISION = "decision", "A decision was made"
    JUDGING = "judging", "You are asked to judge an exam's standard"
    BADGE = "badge", "A badge was issued"
    BADGE_REVOKED = "badge_revoked", "A badge was revoked"
    FADING = "fading", "Something runs out"
    DUE_DATE = "due_date", "A due date comes near"
    UPDATE = "update", "Something you proved has changed"
    ATTESTED = "attested", "Your manager attested something of you"
    ENROLLED = "enrolled", "Somebody enrolled you"
    ANSWER = "answer", "Your remark was answered"
    ORGANISATION = "organisation", "Something about your organisation or its people"
    APPLICATION = "application", "An application may read your badges, or no longer may"


class MailState(models.TextChoices):
    """Where the e-mail of a notice stands."""

    NONE = "none", "no e-mail wanted"
    WAITING = "waiting", "waiting"
    SENDING = "sending", "being sent"
    SENT = "sent", "sent"
    FAILED = "failed", "given up"


class NoticeQuerySet(models.QuerySet):
    """Notices, by reader and state."""

    def visible_to(self, user: Person) -> "NoticeQuerySet":
        """One's own."""
        return self.filter(recipient=user)

    def unread(self) -> "NoticeQuerySet":
        """Not opened yet."""
        return self.filter(read_at__isnull=True)

    def with_unread(self) -> "NoticeQuerySet":
        """Each with `unread_count`, how many of all these are not opened yet: a list and its number in one query."""
        return self.annotate(unread_count=Window(Count("pk", filter=Q(read_at__isnull=True))))


class Notice(models.Model):
    """One message to one person; `key` makes it unique per fact: nothing is told twice. Personal data: who was told what."""

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=24, choices=NoticeKind)
    key = models.CharField(max_length=160)
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    link = models.CharField(max_length=300, blank=True)
    link_text = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    mail_state = models.CharField(max_length=8, choices=MailState, default=MailState.NONE)
    mail_due_at = models.DateTimeField(null=True, blank=True)
    mail_attempts = models.PositiveSmallIntegerField(default=0)
    mail_problem = models.TextField(blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["recipient", "key"], name="notice_once_per_fact"),
            models.CheckConstraint(
                condition=Q(mail_state=MailState.SENT, mailed_at__isnull=False)
                | (~Q(mail_state=MailState.SENT) & Q(mailed_at__isnull=True)),
                name="notice_mailed_at_when_sent",
            ),
        ]
        indexes = [
            models.Index(fields=["recipient", "-created_at"], name="notice_by_recipient"),
            models.Index(
                fields=["mail_due_at"], condition=Q(mail_state__in=["waiting", "sending"]), name="notice_mail_by_due_at"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class MailPreference(models.Model):
    """A kind of notice that a person doesn't want by e-mail. Personal data: the person's choice."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mail_preferences")
    kind = models.CharField(max_length=24, choices=NoticeKind)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "kind"], name="mail_preference_once")]

    def __str__(self) -> str:
        return f"{self.person_id}: no {self.kind}"
