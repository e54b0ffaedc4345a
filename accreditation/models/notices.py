"""Notices: in the app always, by e-mail where the person wants it. The row is the outbox."""

from django.conf import settings
from django.db import models
from django.db.models import Count, Q, Window
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_lazy as _

from courses.lib.people import Person
from courses.lib.words import said_again


class NoticeKind(models.TextChoices):
    """What a notice tells."""

    EXAM_PASSED = "exam_passed", gettext_lazy("An exam was passed")
    EXAM_FAILED = "exam_failed", gettext_lazy("An exam was not passed")
    EXAM_RECEIVED = "exam_received", gettext_lazy("An exam arrived and waits to be scored")
    SITTING = "sitting", gettext_lazy("A sitting was planned for you or reopened")
    PRACTICAL_OPEN = "practical_open", gettext_lazy("A practical opens")
    SESSION = "session", gettext_lazy("A live session was booked or called off")
    SUBMISSION_RECEIVED = "submission_received", gettext_lazy("A hand-in arrived")
    RECORDING_REJECTED = "recording_rejected", gettext_lazy("A recording can't be used")
    UPLOAD_WAITS = "upload_waits", gettext_lazy("An upload waits to be finished")
    REVIEW_DUE = "review_due", gettext_lazy("A review is due")
    DECISION = "decision", gettext_lazy("A decision was made")
    JUDGING = "judging", gettext_lazy("You are asked to judge an exam's standard")
    BADGE = "badge", gettext_lazy("A badge was issued")
    BADGE_REVOKED = "badge_revoked", gettext_lazy("A badge was revoked")
    FADING = "fading", gettext_lazy("Something runs out")
    DUE_DATE = "due_date", gettext_lazy("A due date comes near")
    UPDATE = "update", gettext_lazy("Something you proved has changed")
    WITHDRAWN = "withdrawn", _("Something you are learning was withdrawn")
    ATTESTED = "attested", gettext_lazy("Your manager attested something of you")
    ENROLLED = "enrolled", gettext_lazy("Somebody enrolled you")
    ANSWER = "answer", gettext_lazy("Your remark was answered")
    ORGANISATION = "organisation", gettext_lazy("Something about your organisation or its people")
    APPLICATION = "application", gettext_lazy("An application may read your badges, or no longer may")
    ACCOUNT = "account", _("An account was made for you")
    FRESH = "fresh", _("Content that you keep needs a look")
    MESSAGE = "message", _("Field Enablement wrote to you")


class Manner(models.TextChoices):
    """How the e-mail of one kind of notice comes."""

    AT_ONCE = "at_once", _("At once")
    DAILY = "daily", _("Once a day")
    WEEKLY = "weekly", _("Once a week")
    NEVER = "never", _("Not by e-mail")


URGENT = frozenset({NoticeKind.SITTING, NoticeKind.SESSION})
"""Kinds that would come too late in a digest or after a night: they are mailed at once or not at all."""
DAILY_KINDS = frozenset({NoticeKind.ANSWER, NoticeKind.ATTESTED, NoticeKind.EXAM_RECEIVED})
"""Kinds that ask for nothing: gathered, unless the person chooses otherwise."""


def usual_manner(kind: str) -> str:
    """How the e-mail of this kind comes to somebody who chose nothing."""
    return Manner.DAILY if kind in DAILY_KINDS else Manner.AT_ONCE


class MailState(models.TextChoices):
    """Where the e-mail of a notice or a digest stands."""

    NONE = "none", _("no e-mail wanted")
    DAILY = "daily", _("waits for the daily digest")
    WEEKLY = "weekly", _("waits for the weekly digest")
    DIGEST = "digest", _("in a digest")
    WAITING = "waiting", _("waiting")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("given up")


MAILING = ("waiting", "sending")
GATHERING = ("daily", "weekly")


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


class Mailed(models.Model):
    """A row that is the outbox of one e-mail: where it stands, when to try next, and what went wrong."""

    mail_state = models.CharField(max_length=8, choices=MailState, default=MailState.NONE)
    mail_due_at = models.DateTimeField(null=True, blank=True)
    mail_attempts = models.PositiveSmallIntegerField(default=0)
    mail_problem = models.TextField(blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class Digest(Mailed):
    """One e-mail with several notices, at most one a person and day or week. Personal data: who was told when."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="digests")
    period = models.CharField(max_length=6, choices=[(one, one.label) for one in (Manner.DAILY, Manner.WEEKLY)])
    period_on = models.DateField(help_text=gettext_lazy("The day on which it falls due, in the person's time zone."))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["person", "period", "period_on"], name="digest_once_per_period"),
            models.CheckConstraint(
                condition=Q(mail_state="sent", mailed_at__isnull=False)
                | (Q(mail_state__in=["none", "waiting", "sending", "failed"]) & Q(mailed_at__isnull=True)),
                name="digest_mailed_at_when_sent",
            ),
        ]
        indexes = [
            models.Index(fields=["mail_due_at"], condition=Q(mail_state__in=MAILING), name="digest_mail_by_due_at")
        ]

    def __str__(self) -> str:
        return f"{self.get_period_display()}, {self.period_on}"


class Notice(Mailed):
    """One message to one person; `key` makes it unique per fact: nothing is told twice.

    Its texts stand in English, to look for; `words` says them in any language. Personal data: who was told what.
    """

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=24, choices=NoticeKind)
    key = models.CharField(max_length=160)
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    link = models.CharField(max_length=300, blank=True)
    link_text = models.CharField(max_length=80, blank=True)
    words = models.JSONField(default=dict, db_default={}, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    digest = models.ForeignKey(Digest, models.PROTECT, null=True, blank=True, related_name="notices")

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
            models.CheckConstraint(
                condition=Q(mail_state=MailState.DIGEST, digest__isnull=False)
                | (~Q(mail_state=MailState.DIGEST) & Q(digest__isnull=True)),
                name="notice_in_a_digest_when_it_says_so",
            ),
        ]
        indexes = [
            models.Index(fields=["recipient", "-created_at"], name="notice_by_recipient"),
            models.Index(fields=["recipient"], condition=Q(read_at__isnull=True), name="notice_unread_by_recipient"),
            models.Index(
                fields=["mail_due_at"], condition=Q(mail_state__in=["waiting", "sending"]), name="notice_mail_by_due_at"
            ),
            models.Index(fields=["mail_due_at"], condition=Q(mail_state__in=GATHERING), name="notice_gather_by_due_at"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def said_title(self) -> str:
        """Its title in the reader's language."""
        return self._said("title", self.title)

    @property
    def said_text(self) -> str:
        """Its text in the reader's language; empty where it has none."""
        return self._said("text", self.text)

    @property
    def said_link_text(self) -> str:
        """What leads on, in the reader's language."""
        return self._said("link_text", self.link_text)

    def _said(self, name: str, english: str) -> str:
        return said_again(self.words[name]) if name in self.words else english


class MailPreference(models.Model):
    """How a person wants the e-mail of one kind, where it isn't the usual. Personal data: the person's choice."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mail_preferences")
    kind = models.CharField(max_length=24, choices=NoticeKind)
    manner = models.CharField(max_length=7, choices=Manner, default=Manner.NEVER, db_default=Manner.NEVER)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "kind"], name="mail_preference_once"),
            models.CheckConstraint(
                condition=~Q(kind__in=sorted(URGENT)) | Q(manner__in=["at_once", "never"]),
                name="mail_preference_urgent_not_gathered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.kind} {self.manner}"


class MailTimes(models.Model):
    """When a person's e-mails may come, in whole hours of their time zone. Personal data: the person's choice."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mail_times")
    quiet_from = models.PositiveSmallIntegerField(null=True, blank=True)
    quiet_until = models.PositiveSmallIntegerField(null=True, blank=True)
    digest_hour = models.PositiveSmallIntegerField(default=8)
    digest_weekday = models.PositiveSmallIntegerField(default=0, help_text=gettext_lazy("0 is Monday."))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | (
                    Q(quiet_from__isnull=False, quiet_until__isnull=False, quiet_from__lte=23, quiet_until__lte=23)
                    & ~Q(quiet_from=models.F("quiet_until"))
                ),
                name="mail_times_quiet_hours_whole",
            ),
            models.CheckConstraint(
                condition=Q(digest_hour__lte=23, digest_weekday__lte=6), name="mail_times_digest_in_the_week"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.digest_hour}:00"
